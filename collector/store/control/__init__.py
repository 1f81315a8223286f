"""What nodes with outputs were ordered and what they said, and the water that flowed."""
