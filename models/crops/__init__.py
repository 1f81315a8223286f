"""What is grown where, and how far it has grown."""
