"""`/epcis`: the REST interface of GS1 EPCIS 2.0, for parties that show a token."""
