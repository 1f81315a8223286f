"""The commands `weather`: ask a service, see how that went, and what was ever said of an hour."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

import click

from collector.commands.parts import Parts, moment, plain_errors
from collector.jobs.outlook_skill import judge
from collector.providers.provider import Provider
from collector.providers.settings import provider_from_env
from collector.providers.taking import Taken, take_archive, take_forecasts
from collector.store.advice import outlook_skill
from collector.store.measured import places, weather, weather_fetch
from firmware.wire.quantities import QUANTITIES
from models.skill.outlooks import OutlookRow

MOST_SHOWN = 10_000
#: The archive of a service ends some days ago; it is asked up to here.
ARCHIVE_ENDS = timedelta(days=2)


@click.group("weather")
def weather_group() -> None:
    """Weather of a service: ask for it, see how that went, what was said of an hour before.

    \b
    Example:
      NONGQING_WEATHER=open-meteo nongqing weather fetch
    """


def _service() -> Provider:
    found = provider_from_env()
    if found is None:
        raise click.UsageError(
            "NONGQING_WEATHER is not set; it names the service of weather, for example open-meteo"
        )
    return found


@weather_group.command("fetch")
@click.option("--archive", is_flag=True, help="Analysed weather of past days, not the forecast.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC).")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day [two days ago].")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def fetch(
    parts: Parts, archive: bool, first: datetime | None, last: datetime | None, as_json: bool
) -> None:
    """Ask the service now for all places that forecasts are kept for.

    What the job `forecast` does by itself. With --archive the days are taken in as observed; a
    value that differs from one that is there takes its place, which is kept. Exit code 1 when the
    service did not give all.

    \b
    Examples:
      nongqing weather fetch
      nongqing weather fetch --archive --from 2016-04-01 --to 2016-04-30
    """
    service = _service()
    if archive != (first is not None) or (last is not None and not archive):
        raise click.UsageError("--archive and --from belong together; --to goes with them")
    with plain_errors(), parts.store() as pool:
        now = parts.clock().now()
        if first is None:
            taken = take_forecasts(pool, service, now, time.sleep)
        else:
            end = last or now - ARCHIVE_ENDS
            if not first.date() <= end.date() <= now.date():
                raise click.UsageError("--from lies behind --to, or --to in the future; mend them")
            taken = take_archive(pool, service, (first.date(), end.date()), now, time.sleep)
    _tell(service.name, taken, as_json)
    raise SystemExit(0 if taken.error is None else 1)


def _tell(name: str, taken: Taken, as_json: bool) -> None:
    if as_json:
        values = asdict(taken) | {"error": None if taken.error is None else str(taken.error)}
        click.echo(json.dumps(values, ensure_ascii=False))
        return
    if taken.error is not None:
        click.echo(f"{name}: {taken.error}", err=True)
    click.echo(
        f"{name}: {taken.places} places, {taken.new} hours new, {taken.corrected} corrected, "
        f"{taken.refused} refused"
    )


@weather_group.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(parts: Parts, as_json: bool) -> None:
    """Show the last times that the service was asked. Exit code 1 when it was never.

    \b
    Example:
      nongqing weather status
    """
    service = _service()
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = weather_fetch.latest(conn, service.name, 20)
    if as_json:
        values = [asdict(each) | {"why": each.why and str(each.why)} for each in found]
        click.echo(json.dumps(values, ensure_ascii=False, default=str))
    for each in () if as_json else found:
        why = "" if each.why is None else f": {each.why}"
        click.echo(
            f"{each.asked:%Y-%m-%d %H:%M} UTC {each.outcome:<6} {each.places} places, "
            f"{each.new_values} hours new, {each.refused} refused; again from "
            f"{each.not_before:%Y-%m-%d %H:%M}{why}"
        )
    if not found and not as_json:
        click.echo(f"{service.name} was never asked")
    raise SystemExit(0 if found else 1)


@weather_group.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def verify(parts: Parts, as_json: bool) -> None:
    """Set outlooks of the last 90 days against what came, keep the account and print it.

    What the job `outlook_skill` does each night. A score is the mean square error, of rain the
    Brier score; skill is against the better of persistence and climatology; "same" is the mean
    absolute error on what every lead day has. Exit code 1 when no outlook can be verified yet.

    \b
    Example:
      nongqing weather verify
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        now = parts.clock().now()
        found = judge(conn, now)
        outlook_skill.replace_rows(conn, found, now)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False))
    else:
        click.echo("\n".join(_account(found)))
    raise SystemExit(0 if found else 1)


def _account(found: list[OutlookRow]) -> Iterator[str]:
    if not found:
        yield "no outlook has been verified yet: none that is over has something measured near it"
        return
    yield (
        f"{'source':<12} {'quantity':<21} {'against':<9} {'day':>3} {'pairs':>7} {'bias':>7} "
        f"{'mae':>6} {'same':>6} {'rmse':>6}  skill"
    )
    for row in found:
        skill = "-" if row.skill is None else f"{row.skill:+.2f}"
        same = "-" if row.same_mae is None else f"{row.same_mae:.2f}"
        span = (
            "" if row.low is None or row.high is None else f" ({row.low:+.2f} to {row.high:+.2f})"
        )
        rain = ""
        if row.rain is not None:
            often = "-" if row.frequency_bias is None else f"{row.frequency_bias:.2f}"
            rain = (
                f"; frequency bias {often}, hit {row.rain.hits}, missed {row.rain.misses}, "
                f"in vain {row.rain.false_alarms}"
            )
        yield (
            f"{row.source:<12.12} {row.quantity:<21} {row.truth:<9} {row.lead:>3} {row.pairs:>7} "
            f"{row.bias:>+7.2f} {row.mae:>6.2f} {same:>6} {row.rmse:>6.2f}  {skill}{span}{rain}"
        )


@weather_group.command("history")
@click.argument("place")
@click.option("--from", "start", callback=moment, required=True, help="First hour.")
@click.option("--to", "end", callback=moment, help="Up to before this moment [an hour later].")
@click.option("--quantity", type=click.Choice([row.name for row in QUANTITIES]), help="Only this.")
@click.option("--kind", type=click.Choice(["forecast", "observed"]), help="Only this.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def history(
    parts: Parts,
    place: str,
    start: datetime,
    end: datetime | None,
    quantity: str | None,
    kind: weather.Kind | None,
    as_json: bool,
) -> None:
    """Show all that was ever said of hours at a place: value, who, when it came, which file.

    Of what was said of an hour with the same time of issue the last line is in force. Exit code 1
    when nothing was said.

    \b
    Example:
      nongqing weather history station-1 --from 2016-05-01T08:00+08:00 --quantity air_temperature
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        if all(place != each.name for each in places.places(conn)):
            raise click.ClickException(str(places.UnknownPlace(place)))
        end = end or start + timedelta(hours=1)
        found = weather.history(conn, place, start, end, quantity, kind, MOST_SHOWN)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False, default=str))
    for each in () if as_json else found:
        doubt = "" if each.qc < 4 else "  in doubt"
        click.echo(
            f"{each.time:%Y-%m-%d %H:%M} UTC {each.kind:<8} {each.quantity} {each.value:g}{doubt}  "
            f"issued {each.issued:%Y-%m-%d %H:%M}, came {each.received:%Y-%m-%d %H:%M} from "
            f"{each.source} ({each.name or '-'})"
        )
    if len(found) == MOST_SHOWN and not as_json:
        click.echo(f"the first {MOST_SHOWN}; give a shorter span", err=True)
    raise SystemExit(0 if found else 1)
