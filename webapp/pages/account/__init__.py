"""What a reader sets for himself: language, look, text size, his village."""
