"""Pages for farmers: the list of villages, and a village."""
