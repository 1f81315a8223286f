"""The audit log's chain, the heads kept outside the database, and how both are checked."""
