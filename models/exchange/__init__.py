"""Documents of other systems, as pure mappings."""
