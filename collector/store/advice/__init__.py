"""What follows from it: answers, their kept state, the outlook, and the ledger."""
