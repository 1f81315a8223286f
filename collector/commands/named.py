"""Names that people give on the command line."""

from __future__ import annotations

from typing import Any

import click

from collector.store.network import registry
from collector.store.postgres.db import Connection
from field_configs.names import unseen
from firmware.wire.quantities import nearest

#: More villages than these are not named one by one.
LISTED = 10


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


def no_village(conn: Connection, asked: str) -> click.UsageError:
    """Say that there is no such village, and which there are; among many, which is near."""
    names = [row.id for row in registry.villages(conn)]
    if len(names) <= LISTED:
        return click.UsageError(
            f'no village "{asked}" in the registry (known: {", ".join(names) or "none"})'
        )
    near = nearest(asked, names)
    hint = f'; did you mean "{near}"?' if near else ""
    return click.UsageError(f'no village "{asked}" among {len(names)} in the registry{hint}')
