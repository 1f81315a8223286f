"""The commands `people`: who there is, what they may do where, and the ways back in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import click

from collector.clock import SystemClock
from collector.commands.actor import by_command
from collector.commands.parts import Parts, moment, plain_errors
from collector.permissions import LEVELS, ROLE_SETTING, ROLES, check_permissions
from collector.permissions import RoleError as NoSuchPermission
from collector.phone import PhoneError, normalise_phone
from collector.store import audit, settings_table
from collector.store import people as store
from collector.store.people import Person
from collector.store.postgres.db import Connection

BY = "command line"  # in the tables of rights; the audit log knows which user
DEFAULT_URL = "http://127.0.0.1:8080"


@click.group()
def people() -> None:
    """People: add and list them, what they may do where, links that sign in once.

    \b
    Example:
      nongqing people add "李娜" --username lina --role officer --in county:410922
    """


@contextmanager
def _phone_errors() -> Iterator[None]:
    try:
        yield
    except PhoneError as error:
        raise click.UsageError(str(error)) from error


@contextmanager
def _opened(parts: Parts) -> Iterator[tuple[Connection, datetime]]:
    with _phone_errors(), plain_errors(), parts.store() as pool, pool.connection() as conn:
        # Not the installation's clock: sessions do not live on a simulated one.
        yield conn, SystemClock().now()


def _by(command: str) -> str:
    return by_command(f"people {command}")


def _grant(
    conn: Connection,
    command: str,
    person: Person,
    role: str,
    where: tuple[str, str],
    now: datetime,
) -> None:
    store.grant(conn, person, role, *where, now, BY)
    detail = {"role": role, "level": where[0], "scope": where[1]}
    audit.append(conn, _by(command), "rights_given", str(person.id), detail, at=now)


def scope_of(text: str) -> tuple[str, str]:
    """Read where a role holds: ``city`` or ``county:410922``; level and code.

    Raises
    ------
    ValueError
        When it is of no such form.
    """
    level, colon, scope = text.partition(":")
    if level not in LEVELS or (level == "city") != (not colon) or (colon and not scope):
        raise ValueError(
            f'"{text}": write city, county:410922, township:410922100 or village:qf-chengguan'
        )
    return level, scope


def _scope(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[str, str] | None:
    try:
        return None if text is None else scope_of(text)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from error


def _line(person: Person, held: list[str]) -> str:
    state = "active" if person.active else "locked"
    ways = ", ".join(filter(None, (person.username, person.phone)))
    return f"{person.id:>6}  {state:<7} {person.name}  ({ways})  {'; '.join(held) or 'no role'}"


IN = click.option(
    "--in", "where", callback=_scope, help="city, county:CODE, township:CODE or village:ID."
)


@people.command("add")
@click.argument("name")
@click.option("--username", help="By which staff sign in.")
@click.option("--phone", help="Mobile number by which a farmer signs in.")
@click.option("--role", help="What the person may do.")
@IN
@click.pass_obj
def add(
    parts: Parts,
    name: str,
    username: str | None,
    phone: str | None,
    role: str | None,
    where: tuple[str, str] | None,
) -> None:
    """Add the person NAME; staff then get in by `nongqing people link`.

    \b
    Example:
      nongqing people add "李娜" --username lina --role officer --in county:410922
    """
    if not username and not phone:
        raise click.UsageError("name --username or --phone: by one of them a person signs in")
    if (role is None) != (where is None):
        raise click.UsageError("--role and --in belong together")
    with _opened(parts) as (conn, now):
        kept = None if phone is None else normalise_phone(phone)
        person = store.add(conn, name, now, username=username, phone=kept)
        audit.append(conn, _by("add"), "person_added", str(person.id), at=now)
        if role is not None and where is not None:
            _grant(conn, "add", person, role, where, now)
    click.echo(f"person {person.id}: added")


@people.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(parts: Parts, as_json: bool) -> None:
    """List people and what they may do. Exit code 1 when there is nobody.

    \b
    Example:
      nongqing people list --json
    """
    with _opened(parts) as (conn, now):
        found = [(person, store.grants(conn, person, now)) for person in store.everyone(conn)]
        audit.append(conn, _by("list"), "people_seen", at=now)
    rows = []
    for person, grants in found:
        held = [
            f"{one.role} in {one.level}{':' if one.scope else ''}{one.scope}"
            + (f" for person {one.stands_for}" if one.stands_for else "")
            for one in grants
        ]
        row = {"id": person.id, "name": person.name, "username": person.username}
        row |= {"phone": person.phone, "active": person.active, "grants": held}
        rows.append(row)
        if not as_json:
            click.echo(_line(person, held))
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        click.echo("nobody is there yet; the first start of the web makes an administrator")
    raise SystemExit(0 if rows else 1)


@people.command("link")
@click.argument("who")
@click.option("--url", help=f"Address of the pages; else that of NONGQING_URL, else {DEFAULT_URL}.")
@click.pass_obj
def link(parts: Parts, who: str, url: str | None) -> None:
    """Print a link that signs WHO in once within a day: also the way back after a lost password.

    WHO is a number, a user name or a phone number.

    \b
    Example:
      nongqing people link lina --url https://nongqing.example
    """
    with _opened(parts) as (conn, now):
        person = store.named(conn, who)
        if not person.active:
            raise click.ClickException(
                f"person {person.id}: is locked; first: nongqing people unlock {person.id}"
            )
        token = store.make_link(conn, person, now)
        audit.append(conn, _by("link"), "sign_in_link_made", str(person.id), at=now)
    url = url or parts.settings().url or DEFAULT_URL
    click.echo(f"{url.rstrip('/')}{store.LINK_PATH}{token}")


@people.command("lock")
@click.argument("who")
@click.pass_obj
def lock(parts: Parts, who: str) -> None:
    """Keep WHO out: ends their sessions and voids their links.

    \b
    Example:
      nongqing people lock lina
    """
    with _opened(parts) as (conn, now):
        person = store.named(conn, who)
        store.lock(conn, person, now)
        audit.append(conn, _by("lock"), "person_locked", str(person.id), at=now)
    click.echo(f"person {person.id}: locked")


@people.command("unlock")
@click.argument("who")
@click.pass_obj
def unlock(parts: Parts, who: str) -> None:
    """Let WHO in again.

    \b
    Example:
      nongqing people unlock lina
    """
    with _opened(parts) as (conn, now):
        person = store.named(conn, who)
        store.lock(conn, person, now, locked=False)
        audit.append(conn, _by("unlock"), "person_unlocked", str(person.id), at=now)
    click.echo(f"person {person.id}: may sign in again")


@people.command("grant")
@click.argument("who")
@click.argument("role")
@IN
@click.option("--withdraw", is_flag=True, help="Take it back instead.")
@click.pass_obj
def grant(parts: Parts, who: str, role: str, where: tuple[str, str] | None, withdraw: bool) -> None:
    """Give WHO a ROLE in a part of the city, or take it back.

    \b
    Example:
      nongqing people grant lina officer --in county:410922
    """
    if where is None:
        raise click.UsageError("--in is missing: a role holds somewhere; write --in city for all")
    with _opened(parts) as (conn, now):
        person = store.named(conn, who)
        if not withdraw:
            _grant(conn, "grant", person, role, where, now)
        elif store.withdraw(conn, person, role, *where):
            detail = {"role": role, "level": where[0], "scope": where[1]}
            audit.append(conn, _by("grant"), "rights_taken", str(person.id), detail, at=now)
        else:
            raise click.ClickException(f"person {person.id}: has no such role there")
    click.echo(f"person {person.id}: {role} {'withdrawn' if withdraw else 'granted'}")


@people.command("deputy")
@click.argument("who")
@click.argument("stands_for")
@click.option("--until", required=True, callback=moment, help="Time with zone.")
@click.pass_obj
def deputy(parts: Parts, who: str, stands_for: str, until: datetime) -> None:
    """Let WHO do what STANDS_FOR may, until a time.

    \b
    Example:
      nongqing people deputy wang lina --until 2026-05-10T18:00+08:00
    """
    with _opened(parts) as (conn, now):
        person, other = store.named(conn, who), store.named(conn, stands_for)
        store.name_deputy(conn, person, other, until, now, BY)
        detail = {"deputy_of": other.id, "until": until.isoformat()}
        audit.append(conn, _by("deputy"), "rights_given", str(person.id), detail, at=now)
    click.echo(f"person {person.id}: stands for person {other.id} until {until.isoformat()}")


@people.command("phone")
@click.argument("who")
@click.argument("number", required=False)
@click.pass_obj
def phone(parts: Parts, who: str, number: str | None) -> None:
    """Give WHO another phone NUMBER, or none: after it changed, or was given to somebody else.

    Ends the person's sessions.

    \b
    Example:
      nongqing people phone 12 13812341234
    """
    with _opened(parts) as (conn, now):
        person = store.named(conn, who)
        store.change_phone(conn, person, None if number is None else normalise_phone(number))
        audit.append(
            conn, _by("phone"), "person_changed", str(person.id), {"what": "phone"}, at=now
        )
    click.echo(f"person {person.id}: phone {person.phone or 'taken away'}")


@people.command("role")
@click.argument("name")
@click.option("--may", "permissions", multiple=True, required=True, help="A permission; repeat it.")
@click.pass_obj
def role(parts: Parts, name: str, permissions: tuple[str, ...]) -> None:
    """Make or change the role NAME of this installation: a set of permissions.

    \b
    Example:
      nongqing people role auditor --may audit --may drafts
    """
    try:
        check_permissions(permissions)
    except NoSuchPermission as error:
        raise click.UsageError(str(error)) from error
    if name in ROLES:
        raise click.UsageError(f'role "{name}": is always there and stays as it is; choose another')
    with _opened(parts) as (conn, now):
        settings_table.put(conn, ROLE_SETTING + name, json.dumps(permissions), now)
        detail = {"permissions": list(permissions)}
        audit.append(conn, _by("role"), "rights_given", f"role {name}", detail, at=now)
    click.echo(f"role {name}: {', '.join(permissions)}")
