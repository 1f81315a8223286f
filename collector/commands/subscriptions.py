"""The command `trace subscriptions`: who is sent what, and whether it arrives."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import click

from collector.commands.parts import Parts, plain_errors
from collector.store.trace import parties, subscriptions
from collector.store.trace.subscriptions import Watched
from field_configs.events import moment


@click.command("subscriptions")
@click.option("--party", help="Only this party's.")
@click.option("--failing", is_flag=True, help="Only those of which nothing is taken now.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def subscriptions_(parts: Parts, party: str | None, failing: bool, as_json: bool) -> None:
    """List the subscriptions of parties: where to, what was taken, what failed, what comes next.

    Of an address its host is shown; the rest may hold a secret. Exit code 0: all is well; 1: of
    one nothing is taken.

    \b
    Example:
      nongqing trace subscriptions --failing
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        if party is not None and all(each.id != party for each in parties.parties(conn)):
            raise click.UsageError(f'"{party}": no such party; see: nongqing trace parties')
        found = [each for each in subscriptions.watched(conn) if party in (None, each.party)]
    shown = [each for each in found if each.failing is not None or not failing]
    if as_json:
        click.echo(json.dumps([_told(each) for each in shown], ensure_ascii=False))
    else:
        click.echo("\n".join(map(_line, shown)) or "no subscriptions")
    raise SystemExit(1 if any(each.failing is not None for each in shown) else 0)


def _host(dest: str) -> str:
    found = urlsplit(dest)
    return f"{found.hostname}" if found.port is None else f"{found.hostname}:{found.port}"


def _state(each: Watched) -> str:
    if each.ended is not None:
        return "given up"
    return "active" if each.failing is None else "failing"


def _told(each: Watched) -> dict[str, object]:
    times = {
        "made": each.made,
        "last_success": each.notified,
        "last_failure": each.last_failed,
        "failing_since": each.failing,
        "next": each.due(),
        "given_up": each.ended,
    }
    return {
        "id": each.id,
        "party": each.party,
        "query": each.query,
        "host": _host(each.dest),
        "state": _state(each),
        "how": "stream" if each.is_stream else "schedule",
        "failures": each.attempts,
        "why": each.last_failure,
        **{name: None if at is None else moment(at) for name, at in times.items()},
    }


def _line(each: Watched) -> str:
    said = [f"{each.party}  {each.query}  {_host(each.dest)}  {_state(each)}"]
    said.append(f"taken {each.notified:%Y-%m-%d %H:%M}" if each.notified else "nothing taken yet")
    if each.last_failed is not None:
        said.append(f"failed {each.last_failed:%Y-%m-%d %H:%M}: {each.last_failure}")
    if each.attempts:
        said.append(f"{each.attempts} in a row")
    due = each.due()
    if due is not None:
        said.append(f"next {due:%Y-%m-%d %H:%M}")
    elif each.ended is None:
        said.append("next as it comes")
    return "; ".join(said)
