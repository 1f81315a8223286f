"""The commands `quality`: limits of placements, and what is decided on their readings."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, moment, plain_errors
from collector.ingest.known_nodes import read_known_nodes
from collector.ingest.recalibrating import recalibrate
from collector.jobs.quality.hourly import JUDGED, look
from collector.keys import load_master_key
from collector.store import audit
from collector.store.measured import qc_decisions
from collector.store.measured.qc_decisions import Place, Span
from collector.store.network import limits as store
from collector.store.network.limits import Limits
from collector.store.postgres.db import Connection
from models.weather.quality import LIFTABLE, QC_NAMES, STRUCK

LONG_AGO, FAR_AHEAD = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
DOUBTS = {name: bit for bit, name in QC_NAMES.items() if bit & LIFTABLE}

_since = click.option("--from", "since", required=True, callback=moment, help="First moment.")
_until = click.option("--to", "until", callback=moment, help="End, not included [ever after].")
_by = click.option("--by", type=NAME, required=True, help="Who decides; kept.")
_reason = click.option("--reason", type=NAME, required=True, help="Why; kept.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def quality() -> None:
    """Quality of readings: limits of single placements, striking, doubts and their history.

    \b
    Example:
      nongqing quality history qf-liuge-1-sm
    """


@quality.command("limit")
@click.argument("placement")
@_since
@_until
@click.option("--low", type=float, help="Lowest value that can be [the quantity's].")
@click.option("--high", type=float, help="Highest value that can be [the quantity's].")
@click.option("--step", type=click.FloatRange(0, min_open=True), help="Largest change in an hour.")
@click.option(
    "--freeze-h", type=click.FloatRange(0, min_open=True), help="Hours a value may stand; or inf."
)
@click.option(
    "--apart", type=click.FloatRange(0, min_open=True), help="How far from its neighbours."
)
@_by
@_reason
@click.pass_obj
def limit(
    parts: Parts,
    placement: str,
    since: datetime,
    until: datetime | None,
    low: float | None,
    high: float | None,
    step: float | None,
    freeze_h: float | None,
    apart: float | None,
    by: str,
    reason: str,
) -> None:
    """Give PLACEMENT limits of its own, in its quantity's unit; what is left out stays usual.

    What was measured since then is checked anew. To take limits back, give none for the same time.

    \b
    Example:
      nongqing quality limit qf-liuge-1-st --from 2016-05-01T08:00+08:00 --high 80 --step 25 \\
        --by "Li" --reason "black mulch film; checked with a hand-held instrument"
    """
    new = Limits(low, high, step, freeze_h, apart)
    with plain_errors(), parts.store() as pool:
        settings = parts.settings()
        master = load_master_key(settings.state_dir, settings.master_key)
        with pool.connection() as conn:
            at = parts.clock().now()
            store.give(conn, placement, (since, until), new, by=by, reason=reason, at=at)
            known = read_known_nodes(conn, master)
            done = 0
            for node, channel in store.serving(conn, placement, since):
                done += recalibrate(
                    conn, known, node, channel, since, at=at, archive=settings.archive_folder
                )
            told: dict[str, object] = {k: v for k, v in asdict(new).items() if v is not None}
            told = {name: f"{value:g}" for name, value in told.items()} | {
                "from": since.isoformat(),
                "to": until.isoformat() if until else None,
                "readings": done,
                "by": by,
                "reason": reason,
            }
            audit.append(conn, by_command("quality limit"), "limits_given", placement, told, at=at)
    click.echo(f"placement {placement}: limits kept, {done} readings checked anew")


@quality.command("limits")
@click.argument("placement")
@_json
@click.pass_obj
def limits(parts: Parts, placement: str, as_json: bool) -> None:
    """List all limits that PLACEMENT was given; of two for a time the last counts. 1: none.

    \b
    Example:
      nongqing quality limits qf-liuge-1-st
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        store.placed(conn, placement)
        found = store.of_placement(conn, placement)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, default=str))
    elif not found:
        click.echo(f"placement {placement}: has the limits of its quantity")
    for one in () if as_json else found:
        own = {name: value for name, value in asdict(one.limits).items() if value is not None}
        said = ", ".join(f"{name} {value:g}" for name, value in own.items()) or "the usual ones"
        click.echo(f"{_span(one.since, one.until)}: {said}  by {one.by}: {one.reason}")
    raise SystemExit(0 if found else 1)


@quality.command("strike")
@click.argument("placement")
@_since
@_until
@_by
@_reason
@click.pass_obj
def strike(
    parts: Parts, placement: str, since: datetime, until: datetime | None, by: str, reason: str
) -> None:
    """Strike what PLACEMENT measured: no hour, page, export's mean or model uses it.

    It stays struck when its frames are placed or calibrated anew, and what comes later for this
    time is struck, too. Hours follow within minutes.

    \b
    Example:
      nongqing quality strike qf-liuge-1-sm --from 2016-05-01T08:00+08:00 \\
        --to 2016-05-03T18:00+08:00 --by "Li" --reason "probe lay on the ground"
    """
    said = _decide(parts, placement, Span(since, until), STRUCK, True, by, reason)
    click.echo(f"placement {placement}: {said} readings are struck")


@quality.command("unstrike")
@click.argument("placement")
@_since
@_until
@_by
@_reason
@click.pass_obj
def unstrike(
    parts: Parts, placement: str, since: datetime, until: datetime | None, by: str, reason: str
) -> None:
    """Take back that readings of PLACEMENT were struck; both stay in the history.

    \b
    Example:
      nongqing quality unstrike qf-liuge-1-sm --from 2016-05-01T08:00+08:00 \\
        --to 2016-05-03T18:00+08:00 --by "Li" --reason "it was the other probe"
    """
    said = _decide(parts, placement, Span(since, until), STRUCK, False, by, reason)
    click.echo(f"placement {placement}: {said} readings count again")


@quality.command("accept")
@click.argument("placement")
@click.option("--doubt", type=click.Choice(sorted(DOUBTS)), required=True, help="Which doubt.")
@_since
@_until
@_by
@_reason
@click.pass_obj
def accept(
    parts: Parts,
    placement: str,
    doubt: str,
    since: datetime,
    until: datetime | None,
    by: str,
    reason: str,
) -> None:
    """Lift a doubt from readings of PLACEMENT: a check was wrong, and does not raise it again.

    \b
    Example:
      nongqing quality accept qf-liuge-1-t --doubt step --from 2016-05-01T08:00+08:00 \\
        --to 2016-05-01T10:00+08:00 --by "Li" --reason "hail, seen"
    """
    said = _decide(parts, placement, Span(since, until), DOUBTS[doubt], False, by, reason)
    click.echo(f"placement {placement}: {said} readings are free of this doubt")


@quality.command("history")
@click.argument("placement")
@click.option("--from", "since", callback=moment, help="First moment [ever].")
@click.option("--to", "until", callback=moment, help="End [ever after].")
@_json
@click.pass_obj
def history(
    parts: Parts, placement: str, since: datetime | None, until: datetime | None, as_json: bool
) -> None:
    """List what was decided on readings of PLACEMENT; the newest, which counts, first. 1: none.

    \b
    Example:
      nongqing quality history qf-liuge-1-sm --from 2016-05-01T00:00+08:00
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        _, series = store.placed(conn, placement)
        found = qc_decisions.history(conn, series, since or LONG_AGO, until or FAR_AHEAD)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, default=str))
    elif not found:
        click.echo(f"placement {placement}: nothing was decided later than at its taking in")
    for one in () if as_json else found:
        does = "stands" if one.stands else "is lifted"
        shown = f"  {json.dumps(one.evidence, ensure_ascii=False)}" if one.evidence else ""
        click.echo(
            f"{one.id:>8}  {one.at:%Y-%m-%d %H:%M} UTC  {_span(one.since, one.until)}: {one.name} "
            f"{does}  by {one.by}: {one.reason}{shown}"
        )
    raise SystemExit(0 if found else 1)


@quality.command("check")
@click.option("--from", "since", required=True, callback=moment, help="First moment.")
@click.option("--to", "until", required=True, callback=moment, help="End, not included.")
@click.pass_obj
def check(parts: Parts, since: datetime, until: datetime) -> None:
    """Compare readings of a past time with those of other series, as the hourly job does.

    The job itself looks one day back: this is for what came later than that, or after limits were
    given. Progress is told day by day. Exit code 1 when hours are in doubt.

    \b
    Example:
      nongqing quality check --from 2016-05-01T00:00+08:00 --to 2016-05-08T00:00+08:00
    """
    if until <= since:
        raise click.UsageError("--to must lie after --from")
    doubtful = 0
    end, last = (each.replace(minute=0, second=0, microsecond=0) for each in (since, until))
    with plain_errors(), parts.store() as pool:
        while end < last:
            end = min(end + JUDGED, last)
            with pool.connection() as conn:
                decided_on, found = look(conn, end, parts.clock().now())
            doubtful += found
            click.echo(
                f"to {end.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {found} hours in doubt, "
                f"{decided_on} decisions"
            )
    raise SystemExit(1 if doubtful else 0)


def _span(since: datetime, until: datetime | None) -> str:
    end = f"to {until:%Y-%m-%d %H:%M} UTC" if until else "on"
    return f"from {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC {end}"


_ACTIONS = {True: "readings_struck", False: "readings_unstruck"}


def _decide(
    parts: Parts, placement: str, span: Span, bit: int, stands: bool, by: str, reason: str
) -> int:
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        return decided(conn, placement, span, bit, stands, by, reason, parts.clock().now())


def decided(
    conn: Connection,
    placement: str,
    span: Span,
    bit: int,
    stands: bool,
    by: str,
    reason: str,
    at: datetime,
) -> int:
    """Decide as a person, with its entry in the audit log; return how many readings there are."""
    quantity, series = store.placed(conn, placement)
    place = Place(placement, quantity, series)
    count = qc_decisions.decide(conn, place, span, bit, stands=stands, by=by, reason=reason, at=at)
    action = _ACTIONS[stands] if bit == STRUCK else "readings_accepted"
    told = {
        "from": span.since.isoformat(),
        "to": span.until.isoformat() if span.until else None,
        "doubt": None if bit == STRUCK else QC_NAMES[bit],
        "readings": count,
        "by": by,
        "reason": reason,
    }
    audit.append(conn, by_command("quality"), action, placement, told, at=at)
    return count
