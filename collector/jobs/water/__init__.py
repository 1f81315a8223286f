"""The water account: weather of fields by day, the balance, what is said of each."""
