"""Pages for the agriculture bureau: drafts, skill, model cards."""
