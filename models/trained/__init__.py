"""Trained artefacts: read and checked, and the estimators they hold."""
