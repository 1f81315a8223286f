"""The group `node ota`: updates of nodes over the air."""

from __future__ import annotations

import click

from firmware.workbench.release_cli import keygen, sign


@click.group()
def ota() -> None:
    """Updates over the air: make the key, sign a program, offer it to nodes.

    \b
    Example:
      nongqing node ota keygen update.key
      nongqing node build soilair-1 --out bundle
      nongqing node ota sign bundle --key update.key
    """


ota.add_command(keygen)
ota.add_command(sign)
