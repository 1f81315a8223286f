"""The commands `node ota keygen` and `node ota sign`."""

from __future__ import annotations

from pathlib import Path

import click

from firmware.workbench import release
from firmware.workbench.bundle import BundleError
from firmware.workbench.words import both, unwritable


def hex_of(path: Path | None) -> str | None:
    """Return the public key in a file as node.json has it; a ClickException says what is wrong."""
    try:
        return None if path is None else release.public_key(path).hex()
    except release.KeyFileError as error:
        raise click.ClickException(str(error)) from error


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def keygen(file: Path) -> None:
    """Make the key that updates are signed with: the private one in FILE, the public in FILE.pub.

    Whoever has FILE can put programs on every node that knows FILE.pub, and without it no node of
    yours takes an update any more: keep it off the server, and a copy of it in a safe.

    \b
    Example:
      nongqing node ota keygen update.key
    """
    try:
        public = release.keygen(file)
    except release.KeyFileError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise unwritable(file, error) from error
    click.echo(
        f"{file}: {both('私钥，请保密并另存一份', 'private key; keep it secret, and a copy')}"
    )
    click.echo(f"{file}.pub: {both('公钥', 'public key')} {public.hex()}")
    click.echo(
        both(
            f"写进设备：nongqing node enroll NODE --update-key {file}.pub",
            f"onto a node: nongqing node enroll NODE --update-key {file}.pub",
        )
    )


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--key",
    required=True,
    type=click.Path(path_type=Path),
    help="Private key that `nongqing node ota keygen` made.",
)
def sign(folder: Path, key: Path) -> None:
    """Sign the program in FOLDER, as `nongqing node build` made it, for an update over the air.

    \b
    Example:
      nongqing node ota sign bundle --key update.key
    """
    try:
        made = release.sign(folder, key)
    except (BundleError, release.KeyFileError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or folder}: {error.strerror}") from error
    head = made.head
    size = sum(map(len, made.files.values()))
    said = both(
        f"已签名：{head.target} 版本 {head.version}（编号 {head.number}），{size} 字节",
        f"signed: {head.target}, version {head.version} (number {head.number}), {size} bytes",
    )
    click.echo(f"{folder}: {said}")
