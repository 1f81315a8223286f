"""Names that people give on the command line."""

from __future__ import annotations

from typing import Any

import click

from field_configs.names import unseen


class Name(click.ParamType):  # type: ignore[type-arg]
    """A name of a person or a reason: not blank, and of characters that others can see.

    Parameters
    ----------
    blank : bool
        Whether it may be left out.
    """

    name = "text"

    def __init__(self, *, blank: bool = False) -> None:
        self._blank = blank

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name with single blanks, or refuse it with the mend."""
        text = " ".join(str(value).split())
        if found := unseen(str(value).strip(" ")):
            self.fail(f"it holds {found}, a character that nobody sees; type it anew", param, ctx)
        if not (text or self._blank):
            self.fail("it is blank; write a name", param, ctx)
        return text


NAME = Name()
MAY_BE_BLANK = Name(blank=True)
