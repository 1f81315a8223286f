"""The application itself: database, errors, answers, menu, server."""
