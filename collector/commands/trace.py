"""The commands `trace`: tokens of parties, whether their events are whole, what led to what."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

import click

from collector.clock import SystemClock
from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, plain_errors
from collector.commands.parts import moment as at_time
from collector.store import audit, people
from collector.store.goods import units
from collector.store.inspection import rode
from collector.store.inspection.rode import SpanError
from collector.store.lots import lot_events, lots, plantings
from collector.store.postgres.db import Connection
from collector.store.trace import flags, following, members, traced
from collector.store.trace import parties as store
from collector.store.trace.parties import PartyError
from collector.store.trace.traced import Look
from field_configs.events import moment
from field_configs.words import Words
from models.exchange.epcis.looked_up import LONGEST, FieldError
from models.trace.breaks import KINDS
from models.trace.codes import parse_code
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
            "somebody changed the tables beside it, or a newer release finds it by more: "
            "nongqing trace index"
        )
    return f"{look.party}: whole: {verdict.entries} events, {verdict.heads} captures agree"


@trace_group.command("index")
@click.pass_obj
def index_(parts: Parts) -> None:
    """Let events of before be found by all that this release reads in them.

    After an upgrade that says so, or where `nongqing trace verify` does. Nothing is taken away.

    \b
    Example:
      nongqing trace index
    """
    with plain_errors(), parts.store() as pool:
        with pool.connection() as conn:
            known = [each.id for each in store.parties(conn)]
        added = 0
        for party in known:
            with pool.connection() as conn:
                added += traced.index_anew(conn, party)
    click.echo(f"{added} events are found by more than before")


@trace_group.command("tell-lots")
@click.pass_obj
def tell_lots_(parts: Parts) -> None:
    """Tell what was done to lots before this software told it: each act once, however often run.

    With them the sowing and treatments of what they grew of, as the diaries stand now.

    \b
    Example:
      nongqing trace tell-lots
    """
    now, told = parts.clock().now(), 0
    with plain_errors(), parts.store() as pool:
        with pool.connection() as conn:
            codes = lot_events.lots(conn)
        for code in codes:
            with pool.connection() as conn:
                plantings.join_untold(conn, code, now)
                acts = lot_events.untold(conn, code)
            for each in acts.values():  # one party's chain at a time
                with pool.connection() as conn:
                    told += lot_events.tell(conn, each, now)
        with pool.connection() as conn:
            fields = plantings.fields(conn)
        for field in fields:
            with pool.connection() as conn:
                told += plantings.tell(conn, [field], now)
    click.echo(f"{told} acts on {len(codes)} lots told")


@trace_group.command("flags")
@click.option("--kind", type=click.Choice(KINDS), help="Only those of a kind.")
@click.option("--cleared", is_flag=True, help="Those too that were mended.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def flags_(parts: Parts, kind: str | None, cleared: bool, as_json: bool) -> None:
    """List events that are right by themselves and break a story together, the newest first.

    A job looks for them as events come, and clears those that a late event or an error declaration
    mends. Exit code 0: there are none; 1: there are.

    \b
    Example:
      nongqing trace flags --kind flag_from_nowhere
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = flags.flags(conn, None, kind=kind, cleared=cleared)
    if as_json:
        told = [
            {
                "kind": each.what.kind,
                "thing": each.thing,
                "event": each.event_id,
                "party": each.party,
                "time": moment(each.time),
                "found": moment(each.found),
                "cleared": None if each.cleared is None else moment(each.cleared),
                "detail": dict(each.what.params),
            }
            for each in found
        ]
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        for each in found:
            mended = f" (mended {each.cleared:%Y-%m-%d %H:%M})" if each.cleared else ""
            click.echo(f"{each.time:%Y-%m-%d %H:%M}  {each.party}  {each.what}{mended}")
        if not found:
            click.echo("every story holds together")
    raise SystemExit(1 if found else 0)


def _named(conn: Connection, thing: str) -> str:
    """The URI of a thing or lot; of a lot of ours by its code too."""
    code = parse_code(thing)
    found = lots.find(conn, code) if code else None
    if found is not None:
        return found.uri
    if code and code.startswith("L"):
        raise click.UsageError(f"{thing}: there is no lot of this code")
    if ":" not in thing and len(thing) <= LONGEST:
        raise click.UsageError(f"{thing}: is neither a URI nor the code of a lot; read it again")
    return thing


def _follow(parts: Parts, thing: str, way: Callable[[Connection, str], list[str]]) -> None:
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        try:
            things = way(conn, _named(conn, thing))
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

    THING is a URI, or the code of a lot.

    \b
    Example:
      nongqing trace back https://id.gs1.org/00/069012340000000016
      nongqing trace back L260508-7KQ2M9XWD3
    """
    _follow(parts, thing, following.back)


@trace_group.command("forward")
@click.argument("thing")
@click.pass_obj
def forward_(parts: Parts, thing: str) -> None:
    """Print what a thing or lot became part of, and the events of all that. 1: nothing is known.

    THING is a URI, or the code of a lot.

    \b
    Example:
      nongqing trace forward urn:epc:class:lgtin:6901234.056789.L1
    """
    _follow(parts, thing, following.forward)


@trace_group.command("recall")
@click.argument("thing")
@click.option("--from", "since", callback=at_time, help="THING is a logger: from when on.")
@click.option("--until", callback=at_time, help="THING is a logger: until when.")
@click.pass_obj
def recall_(parts: Parts, thing: str, since: datetime | None, until: datetime | None) -> None:
    """Print all that a thing or lot became part of: who told of it last, when and where.

    THING is a URI, or the code of a lot. With --from and --until it is a logger, and everything is
    printed that the lots and boxes became part of that were in what it rode in. A thing in a box is
    where the box is. It only looks: recalls are started by inspectors at /register/recalls/. Exit
    code 1: nothing is known.

    \b
    Example:
      nongqing trace recall urn:epc:class:lgtin:6901234.056789.L1
      nongqing trace recall lg-001 --from 2016-05-01T06:00+08:00 --until 2016-05-01T18:00+08:00
    """
    if (since is None) != (until is None):
        raise click.UsageError("a logger is asked for with both --from and --until")
    now = parts.clock().now()
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        try:
            if since is not None and until is not None:
                things = _with_logger(conn, thing, (since, until), now)
            else:
                things = [_named(conn, thing) if parse_code(thing) else thing]
            found = following.recall(conn, *things)
        except (FieldError, IdentifierError, SpanError) as error:
            raise click.UsageError(str(error)) from error
    for each in found:
        within = f"in {each.within}" if each.within else ""
        said = (
            each.thing,
            f"{each.time:%Y-%m-%d %H:%M}",
            each.party,
            each.step,
            each.place,
            within,
        )
        click.echo("  ".join(filter(None, said)))
    raise SystemExit(0 if found else 1)


def _with_logger(
    conn: Connection, node: str, span: tuple[datetime, datetime], now: datetime
) -> list[str]:
    """Print what was with a logger, and return what of it is followed."""
    rode.prove(node, span, now)
    found = rode.rode(conn, node, span)
    for each in found:
        times = " - ".join(
            f"{at.astimezone(span[0].tzinfo):%Y-%m-%d %H:%M}" for at in (each.since, each.until)
        )
        box = "boxes" if each.within == rode.SEVERAL else each.within
        within = f"in {box}" if box else ""
        amount = "" if each.kg is None else f"{each.kg:g} kg"
        click.echo("  ".join(filter(None, (each.label, each.asset, within, times, amount))))
    click.echo("")
    return list(dict.fromkeys(each.id for each in found if each.starts))
