"""The command `risk backtest`: a season replayed from a CSV, through the code of the risk job."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import click
import numpy as np
import xarray as xr

from collector.commands.answers import status_json
from collector.files.scouting import ScoutingFileError, decode
from collector.files.weather import Given, Parsed, WeatherFileError, parse_csv
from field_configs.load import load
from models.crops.season import RESISTANCE, Seasons, SiteSeason
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.risk.hazard import STATUS
from models.risk.replay import replay
from models.weather.dataset import dataset
from models.weather.local_days import day_ended

MOST_SHOWN = 20
#: What was measured is never in the future of this.
_EVER = datetime(9999, 1, 1, tzinfo=UTC)


def read_season(path: Path) -> tuple[xr.Dataset, Parsed]:
    """Read hourly weather as `nongqing import --kind observed` takes it; positions may be left out.

    Raises
    ------
    WeatherFileError
        When nothing of the file can be used.
    """
    try:
        text = decode(path.read_bytes(), path.name)
    except ScoutingFileError as error:
        raise WeatherFileError(str(error)) from None
    names = dict.fromkeys(_places(text), (0.0, 0.0))
    parsed = parse_csv(text, path.name, Given("observed", "file", _EVER), names)
    if not parsed.values:
        raise WeatherFileError(f"{path.name}: no hour in it; see the lines named above")
    return as_dataset(parsed), parsed


def _places(text: str) -> Iterator[str]:
    rows = csv.reader(text.splitlines())
    header = [cell.strip().lower() for cell in next(rows, [])]
    if "place" in header:
        column = header.index("place")
        yield from (row[column].strip() for row in rows if len(row) > column)


def as_dataset(parsed: Parsed) -> xr.Dataset:
    """Put the values of a file into a Dataset; the first of two for the same hour stays."""
    times = sorted({value.time for value in parsed.values})
    sites = sorted({value.place for value in parsed.values})
    row = {time: i for i, time in enumerate(times)}
    column = {site: i for i, site in enumerate(sites)}
    cubes = {
        name: np.full((len(times), len(sites)), np.nan)
        for name in sorted({value.quantity for value in parsed.values})
    }
    for value in parsed.values:
        at = row[value.time], column[value.place]
        if math.isnan(cubes[value.quantity][at]):
            cubes[value.quantity][at] = value.value
    return dataset(times, sites, cubes)


def _stage(text: str) -> tuple[date, int]:
    day, _, bbch = text.partition("=")
    try:
        return date.fromisoformat(day), int(bbch)
    except ValueError:
        raise click.BadParameter(
            f'"{text}" is no stage; write the day and its BBCH code as 2016-05-06=61'
        ) from None


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f'"{text}" is no day; write it as 2016-05-08') from None


@click.command("backtest")
@click.option("--weather", "path", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--crop", required=True, help="Crop id, for instance winter_wheat.")
@click.option("--sown", required=True, help="Day of sowing or planting.")
@click.option("--stage", "stages", multiple=True, help="Observed stage, DAY=BBCH; repeatable.")
@click.option("--resistance", type=click.Choice([r for r in RESISTANCE if r]), help="Variety.")
@click.option("--previous-crop", help="Crop id of the crop before.")
@click.option("--hazard", "asked", multiple=True, help="Only this hazard; repeatable.")
@click.option("--from", "first", help="First day to print.")
@click.option("--to", "last", help="Last day to print.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one line for each day.")
def backtest(
    path: Path,
    crop: str,
    sown: str,
    stages: Sequence[str],
    resistance: str | None,
    previous_crop: str | None,
    asked: Sequence[str],
    first: str | None,
    last: str | None,
    as_json: bool,
) -> None:
    """Replay a season from hourly weather (CSV) and print what would have been said each day.

    The file's columns are those of "nongqing import --kind observed": place, time, quantities.
    Broken lines are named and passed over. Exit code 1 when nothing was in season.

    \b
    Example:
      nongqing risk backtest --weather season.csv --crop winter_wheat --sown 2015-10-08 \\
        --stage 2016-05-06=61 --resistance S --hazard wheat_fhb --from 2016-04-25
    """
    crops = load(site=None).crops
    hazards = catalogue()
    for name, known in ((crop, crops), *((h, hazards) for h in asked)):
        if name not in known:
            raise click.UsageError(f'unknown "{name}" (one of {", ".join(sorted(known))})')
    begun = _day(sown)
    assert begun is not None
    try:
        data, parsed = read_season(path)
    except WeatherFileError as error:
        raise click.UsageError(str(error)) from error
    for refused in parsed.refused[:MOST_SHOWN]:
        click.echo(str(refused), err=True)
    if len(parsed.refused) > MOST_SHOWN:
        click.echo(f"and {len(parsed.refused) - MOST_SHOWN} more lines", err=True)
    seen = tuple(sorted(_stage(text) for text in stages))
    seasons = Seasons(
        tuple(
            SiteSeason(str(site), crop, begun, resistance, previous_crop, seen)
            for site in data["site"].values
        ),
        crops,
    )
    chosen = [hazards[name] for name in asked] or [h for h in hazards.values() if crop in h.crops]
    in_season = False
    for statuses in replay(data, seasons, chosen, first=_day(first), last=_day(last)):
        in_season |= any(status.status for status in statuses)
        if as_json:
            click.echo(json.dumps([status_json(s) for s in statuses], ensure_ascii=False))
        else:
            click.echo("\n".join(map(_line, statuses)))
    raise SystemExit(0 if in_season else 1)


def _line(status: RiskStatus) -> str:
    return (
        f"{day_ended(status.time)} {status.site:<14} {status.hazard:<27} "
        f"{STATUS[status.status]:<13} "
        f"{'' if math.isnan(status.score) else format(status.score, '.4g'):>8} "
        f"{status.certainty:4.2f} {', '.join(status.missing)}"
    )
