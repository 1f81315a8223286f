"""What devices of other makers and their servers send, as pure mappings to one form."""
