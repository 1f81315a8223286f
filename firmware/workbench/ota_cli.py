"""The commands `node ota`: updates over the air."""

from __future__ import annotations

import click


@click.group()
def ota() -> None:
    """Update nodes over the air: offer a signed program, ring by ring, and see what comes of it.

    \b
    Example:
      nongqing node ota status
    """
