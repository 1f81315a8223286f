"""The XML binding of EPCIS 2.0 (and what 1.x documents hold), as a mapping to and from our JSON."""
