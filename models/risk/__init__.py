"""The engine: from hours to features, windows and answers, for any hazard."""
