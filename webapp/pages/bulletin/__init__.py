"""Pages of bulletins: the archive, one as it was issued and its files, drafts of officers."""
