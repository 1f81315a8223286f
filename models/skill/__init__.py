"""How good answers were: scores, matching of reports, the ledger and its rules."""
