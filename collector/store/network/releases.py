"""Programs for nodes, as they were signed; what is kept is never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from firmware.wire import update
from firmware.wire.update import Head

SQL = queries.load("releases")


class OtherRelease(StoreError):  # noqa: N818 - named for what is so
    """Another program was offered under the same number before."""

    def __init__(self, head: Head) -> None:
        super().__init__(
            f"{head.target} {head.version}: another program was offered under this version before; "
            "raise VERSION in firmware/__init__.py, build and sign it anew"
        )


@dataclass(frozen=True)
class Offer:
    """What the command ``update`` says of a release."""

    head: bytes
    signature: bytes
    number: int
    version: str
    target: str


def keep(
    conn: Connection,
    head: bytes,
    signature: bytes,
    manifest: bytes,
    travels: Sequence[bytes],
    *,
    by: str,
    at: datetime,
) -> int:
    """Keep a release, or find it where it is kept already; return its id.

    Parameters
    ----------
    conn : Connection
    head, signature, manifest : bytes
        As they were signed; whoever calls has checked them.
    travels : sequence of bytes
        What travels of the manifest, and of each of its files, in its order.
    by : str
    at : datetime
        Aware.

    Raises
    ------
    OtherRelease
        When another one has this target and number.
    DecodeError
        When head or manifest is none.
    """
    said = update.decode_head(head)
    listed = update.decode_manifest(manifest)
    rows = queries.fetch(
        conn,
        SQL["put"],
        target=said.target,
        number=said.number,
        version=said.version,
        head=head,
        signature=signature,
        manifest=travels[0],
        at=at,
        by=by,
    )
    if rows:
        release = int(rows[0][0])
        found = enumerate(listed, 1)
        kept = [(release, number, each.path, travels[number]) for number, each in found]
        queries.put(conn, SQL["put_files"], kept)
        return release
    ((release, kept_head, _),) = queries.fetch(
        conn, SQL["there"], target=said.target, number=said.number
    )
    if bytes(kept_head) != head:
        raise OtherRelease(said)
    return int(release)


def content(conn: Connection, release: int, file: int) -> bytes | None:
    """Return what travels of a file by its place in the manifest (0: that itself), or None."""
    name = "file" if file else "manifest"
    rows = queries.fetch(conn, SQL[name], release=release, file=file)
    return bytes(rows[0][0]) if rows else None


def offer(conn: Connection, release: int) -> Offer:
    """Return what nodes are told of a release."""
    ((head, signature, *rest),) = queries.fetch(conn, SQL["offer"], release=release)
    return Offer(bytes(head), bytes(signature), *rest)
