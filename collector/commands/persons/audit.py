"""The commands `audit`: who saw or changed what, and whether the log of it is whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from collector.audit.chain import ACTIONS
from collector.audit.checking import Verdict, verify
from collector.audit.heads import HeadFile, HeadFileBroken, HeadFileError
from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import USED_WRONGLY, Parts, moment, plain_errors
from collector.jobs.audit_head import head_file, look
from collector.store import audit as store
from field_configs.events import event


@click.group()
def audit() -> None:
    """The audit log: list it, prove that it is whole, take its head elsewhere.

    \b
    Example:
      nongqing audit verify
    """


@audit.command("list")
@click.option("--since", callback=moment, help="Only entries from then on.")
@click.option("--actor", help="Only what this one did, as the list writes it.")
@click.option("--action", type=click.Choice(ACTIONS), help="Only this action.")
@click.option("--object", "object_", help="Only what was done to this.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(
    parts: Parts,
    since: datetime | None,
    actor: str | None,
    action: str | None,
    object_: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List entries, the newest first. Exit code 1 when there are none.

    \b
    Example:
      nongqing audit list --action node_revoked --since 2016-05-01T00:00+08:00
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = store.entries(
            conn, since=since, actor=actor, action=action, object_=object_, limit=limit
        )
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], default=str, ensure_ascii=False))
    for one in () if as_json else found:
        detail = json.dumps(one.detail, ensure_ascii=False) if one.detail else ""
        words = f"{one.actor}  {one.action}  {one.object}  {detail}".rstrip()
        click.echo(f"{one.number:>8}  {one.at:%Y-%m-%d %H:%M:%S}  {printable(words)}")
    if not found and not as_json:
        click.echo("no entry like this")
    raise SystemExit(0 if found else 1)


def printable(text: str) -> str:
    """Write characters that would move or hide what stands around them as their code."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


@audit.command("head")
@click.pass_obj
def head(parts: Parts) -> None:
    """Print the head of the log and add it to the file of heads.

    Keep the line on paper or on another machine: `nongqing audit verify --head FILE` holds the
    log against it. Exit code 1 when the log does not follow from the last head; nothing is
    written then.

    \b
    Example:
      nongqing audit head | ssh other 'cat >> nongqing.heads'
    """
    with plain_errors(), parts.store() as pool, _head_errors():
        file = head_file(parts.settings())
        said, newest = look(pool, file)
        if said is not None:
            raise click.ClickException(str(said))
        if newest is None:
            raise click.ClickException("the audit log is empty; it has no head yet")
    click.echo(newest.line(file.key))


@audit.command("begin-again")
@click.option("--by", type=NAME, required=True, help="Who says so; kept.")
@click.option(
    "--reason", type=NAME, required=True, help="Why: the database was restored, say; kept."
)
@click.pass_obj
def begin_again(parts: Parts, by: str, reason: str) -> None:
    """Lay the file of heads aside and begin a new one, after a database was restored.

    The log itself tells of it, with the head that was given up. The old file stays beside the new
    one; what it says can still be proved with `nongqing audit verify --head FILE`.

    \b
    Example:
      nongqing audit begin-again --by "Li" --reason "restored from the dump of 1 May"
    """
    now = parts.clock().now()
    with plain_errors(), parts.store() as pool, _head_errors():
        file = head_file(parts.settings())
        with pool.connection() as conn:
            aside, given_up = file.lay_aside(now)
            told = {"given_up": given_up, "aside": aside.name, "by": by, "reason": reason}
            actor = by_command("audit begin-again")
            store.append(conn, actor, "log_begun_again", file.path.name, told, at=now)
        with pool.connection() as conn:
            newest = store.head(conn)
        assert newest is not None
        file.add(newest)
    click.echo(f"{file.path}: begins with head {newest.number}; the old one is {aside}")


class _head_errors:  # noqa: N801 - used as a function
    """Turn what is wrong with a file of heads into one line: 1 where it was changed, else 2."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, HeadFileBroken):
            raise click.ClickException(str(error)) from error
        if isinstance(error, HeadFileError):
            click.echo(f"Error: {error}", err=True)
            raise SystemExit(USED_WRONGLY) from error


@audit.command("verify")
@click.option(
    "--head",
    "heads",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of heads kept elsewhere, instead of the one here.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def verify_(parts: Parts, heads: Path | None, as_json: bool) -> None:
    """Prove that no entry was edited, removed, added in between, moved or cut off.

    Names the first entry that is wrong. Exit code 0: the log is whole; 1: it is not; 2: the file
    of heads, or the database, cannot be used. What a head vouches for, and what only the chain,
    docs/audit.md says.

    \b
    Example:
      nongqing audit verify --head /media/stick/nongqing.heads
    """
    with plain_errors(), parts.store() as pool, _head_errors():
        file = head_file(parts.settings())
        file = file if heads is None else HeadFile(heads, file.key)
        there = heads is not None or file.path.exists()
        # The file first: what it tells of is in the database before.
        known = file.read() if there else iter(())
        with pool.connection() as conn:
            found = verify(store.chain(conn), known)
    if as_json:
        click.echo(json.dumps(asdict(found) | {"whole": found.fault is None}))
    else:
        click.echo("\n".join(_lines(found, file.path)))
    raise SystemExit(0 if found.fault is None else 1)


def _lines(found: Verdict, path: Path) -> Iterator[str]:
    fault = found.fault
    if fault is not None:
        yield str(event("audit_broken", fault=fault.kind, first=fault.first, last=fault.last))
        return
    yield f"the audit log is whole: {found.entries} entries, {found.heads} heads agree ({path})"
    if found.covered < found.entries:
        yield (
            f"no head vouches for entries {found.covered + 1} to {found.entries}: that none is "
            "missing behind them cannot be told; to write a head: nongqing audit head"
        )
