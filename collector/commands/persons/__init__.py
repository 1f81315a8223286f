"""Commands about people: who they are, what they did, what they are told."""
