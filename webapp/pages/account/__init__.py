"""What a reader sets for himself: the language."""
