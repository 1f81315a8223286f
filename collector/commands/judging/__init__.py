"""Commands about what is judged and said: risk, advice, the ledger of skill."""
