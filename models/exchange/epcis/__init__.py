"""EPCIS 2.0 in its JSON binding: what an event may hold, what makes it the same event, what is
asked of it.
"""
