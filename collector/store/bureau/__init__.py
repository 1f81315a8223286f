"""What the bureau decides and sends: desk, decisions, deliveries, bulletins, the region."""
