"""The commands `trace`: tokens of parties, whether their events are whole, what led to what."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import click

from collector.clock import SystemClock
from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, plain_errors
from collector.store import audit, people
from collector.store.goods import units
from collector.store.postgres.db import Connection
from collector.store.trace import following, members, traced
from collector.store.trace import parties as store
from collector.store.trace.parties import PartyError
from collector.store.trace.traced import Look
from field_configs.words import Words
from models.exchange.epcis.fields import FieldError
from models.trace.identifiers import IdentifierError


@click.group("trace")
def trace_group() -> None:
    """Traceability: tokens of parties, proof that events are whole, what led to what.

    \b
    Example:
      nongqing trace token liuge-coop --name "柳格合作社"
    """


@trace_group.command("token")
@click.argument("party")
@click.option("--name", type=NAME, help="How people call the party; adds it.")
@click.pass_obj
def token_(parts: Parts, party: str, name: str | None) -> None:
    """Print a new token of a party; the one before is worth nothing from then on.

    It is shown once: only its digest is kept. Works beside a running `nongqing up`.

    \b
    Example:
      nongqing trace token liuge-coop --name "柳格合作社"
    """
    now = parts.clock().now()
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        try:
            token = store.make_token(conn, party, name, now)
        except PartyError as error:
            raise click.UsageError(str(error)) from error
        audit.append(conn, by_command("trace token"), "trace_token_made", party, at=now)
    click.echo(token)


@trace_group.command("member")
@click.argument("party")
@click.argument("person")
@click.pass_obj
def member_(parts: Parts, party: str, person: str) -> None:
    """Let PERSON (number, user name or phone number) tell events for PARTY, and for no other.

    \b
    Example:
      nongqing trace member liuge-coop 13800000002
    """
    now = SystemClock().now()
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        try:
            found = people.named(conn, person)
            members.join(conn, found.id, party, now)
        except (PartyError, people.PeopleError) as error:
            raise click.UsageError(str(error)) from error
        detail = {"person": found.id}
        audit.append(conn, by_command("trace member"), "trace_member_joined", party, detail, at=now)
    click.echo(f"{found.name} tells events for {party}")


@trace_group.command("prefix")
@click.argument("party")
@click.argument("prefix", required=False)
@click.pass_obj
def prefix_(parts: Parts, party: str, prefix: str | None) -> None:
    """Give PARTY its GS1 company prefix: its boxes and pallets get SSCCs. Without PREFIX: none.

    \b
    Example:
      nongqing trace prefix liuge-coop 6901234
    """
    now = SystemClock().now()
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        try:
            units.set_prefix(conn, party, prefix)
        except units.PrefixError as error:
            raise click.UsageError(str(error)) from error
        detail = {"prefix": prefix or ""}
        audit.append(conn, by_command("trace prefix"), "trace_prefix_set", party, detail, at=now)
    click.echo(f"{party}: {prefix or 'codes of this site'}")


@trace_group.command("parties")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def parties_(parts: Parts, as_json: bool) -> None:
    """List the parties. Exit code 1 when there are none.

    \b
    Example:
      nongqing trace parties
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = store.parties(conn)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False))
    else:
        click.echo("\n".join(f"{each.id}  {each.name}" for each in found) or "no party yet")
    raise SystemExit(0 if found else 1)


@trace_group.command("verify")
@click.option("--party", help="Only this party's events.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def verify_(parts: Parts, party: str | None, as_json: bool) -> None:
    """Prove that no event was edited, removed, put in, moved or cut off.

    The audit log vouches for the end of each party's events; prove that it is whole with
    `nongqing audit verify`. Exit code 0: all is whole; 1: something is not.

    \b
    Example:
      nongqing trace verify
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        known = [each.id for each in store.parties(conn)]
        if party is not None and party not in known:
            raise click.UsageError(f'"{party}": no such party; see: nongqing trace parties')
        found = [traced.look(conn, each) for each in known if party in (None, each)]
    if as_json:
        told = [asdict(each) | {"whole": each.whole} for each in found]
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo("\n".join(map(_line, found)) or "no party yet")
    raise SystemExit(0 if all(each.whole for each in found) else 1)


def _line(look: Look) -> str:
    fault, verdict = look.verdict.fault, look.verdict
    if fault is not None:
        why = Words.load("en").texts[f"audit_fault.{fault.kind}"].text
        return f"{look.party}: events {fault.first} to {fault.last}: {why}"
    if look.misled is not None:
        return (
            f"{look.party}: event {look.misled}: what it is looked up by does not follow from it; "
            "somebody changed the tables beside it"
        )
    return f"{look.party}: whole: {verdict.entries} events, {verdict.heads} captures agree"


def _follow(parts: Parts, thing: str, way: Callable[[Connection, str], list[str]]) -> None:
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        try:
            things = way(conn, thing)
        except (FieldError, IdentifierError) as error:
            raise click.UsageError(str(error)) from error
        steps = following.story(conn, things)
    for each in things:
        click.echo(each)
    for step in steps:
        what = f"{step.biz_step or step.type}{' (declared an error)' if step.error else ''}"
        click.echo(f"{step.time:%Y-%m-%d %H:%M}  {step.party}  {what}  {step.place or ''}".rstrip())
    raise SystemExit(0 if steps else 1)


@trace_group.command("back")
@click.argument("thing")
@click.pass_obj
def back_(parts: Parts, thing: str) -> None:
    """Print what a thing or lot was made of, and the events of all that. 1: nothing is known.

    \b
    Example:
      nongqing trace back https://id.gs1.org/00/069012340000000016
    """
    _follow(parts, thing, following.back)


@trace_group.command("forward")
@click.argument("thing")
@click.pass_obj
def forward_(parts: Parts, thing: str) -> None:
    """Print what a thing or lot became part of, and the events of all that. 1: nothing is known.

    \b
    Example:
      nongqing trace forward urn:epc:class:lgtin:6901234.056789.L1
    """
    _follow(parts, thing, following.forward)
