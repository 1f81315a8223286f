"""One module per family of tables; SQL lives in ``sql/``."""
