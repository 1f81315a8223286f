"""The commands `contacts`: whom the pages of villages name to be called."""

from __future__ import annotations

import click

from collector.commands.parts import Parts, plain_errors
from collector.store.network import contacts, registry
from collector.store.network.contacts import Contact
from collector.store.postgres.db import Connection, StoreError
from firmware.wire.quantities import nearest


class UnknownDivision(StoreError, KeyError):  # noqa: N818 - named for what happened
    """Neither a village's id nor the code of a division that has one."""

    def __init__(self, of: str, known: set[str]) -> None:
        near = nearest(of, sorted(known)) if known else None
        hint = f' (did you mean "{near}"?)' if near else ""
        self.message = (
            f"{of}: no village of the registry has this id, township or county code{hint}"
        )
        super().__init__(self.message)

    def __str__(self) -> str:
        """Return the message without a KeyError's quotes."""
        return self.message


@click.group("contacts")
def contacts_group() -> None:
    """Whom a village's page names: the plant protection station or officer, and the number.

    None is shipped. Until one is entered, pages send readers to the township's agricultural
    station and the national hotline 12316.

    \b
    Example:
      nongqing contacts list
    """


def _check(conn: Connection, of: str) -> None:
    known: set[str] = set()
    for village in registry.villages(conn):
        known |= {village.id, village.county} | ({village.township} if village.township else set())
    if of not in known:
        raise UnknownDivision(of, known)


@contacts_group.command("list")
@click.pass_obj
def list_command(parts: Parts) -> None:
    """List the contacts. Exit code 1 when there are none.

    \b
    Example:
      nongqing contacts list
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = contacts.everything(conn)
    for of, each in sorted(found.items()):
        click.echo(f"{of:<12} {each.phone:<16} {each.zh} / {each.en}")
    if not found:
        click.echo("no contact is entered: pages name the hotline 12316")
    raise SystemExit(0 if found else 1)


@contacts_group.command("set")
@click.argument("of")
@click.option("--zh", required=True, help="Its Chinese name.")
@click.option("--en", required=True, help="Its English name.")
@click.option("--phone", required=True, help="Number to call.")
@click.option("--address-zh", default="", help="Where it is, in Chinese, for the printed notice.")
@click.option("--address-en", default="", help="Where it is, in English.")
@click.pass_obj
def set_command(parts: Parts, /, of: str, **given: str) -> None:
    """Name whom to call in OF: a village (id), a township or a county (code).

    A village's own contact goes before its township's, and that before its county's.

    \b
    Example:
      nongqing contacts set 410922 --zh 清丰县植保站 --en "Qingfeng station" --phone 0393-0000000
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        _check(conn, of)
        contacts.put(conn, of, Contact(**given), parts.clock().now())
    click.echo(f"{of}: {given['zh']}, {given['phone']}")


@contacts_group.command("remove")
@click.argument("of")
@click.pass_obj
def remove(parts: Parts, of: str) -> None:
    """Name the contact of OF no more.

    \b
    Example:
      nongqing contacts remove 410922
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        _check(conn, of)
        contacts.take_back(conn, of, parts.clock().now())
    click.echo(f"{of}: no contact")
