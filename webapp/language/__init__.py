"""Words, formats and sentences in the language of the reader."""
