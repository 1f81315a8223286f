"""People, for those in charge of them: found, added, given rights, locked; deputies."""
