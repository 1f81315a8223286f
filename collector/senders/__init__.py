"""What goes out to people: text messages, and by what way."""
