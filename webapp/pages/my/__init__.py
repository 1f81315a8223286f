"""People's own fields: what they keep of them, and what they answer."""
