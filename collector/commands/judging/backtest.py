"""The command `risk backtest`: a season replayed from a CSV, through the code of the risk job."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import click
import numpy as np
import xarray as xr

from collector.commands.judging.answers import status_json
from collector.files.given import Given
from collector.files.judging import judge
from collector.files.places import Places
from collector.files.scouting import names_of_kinds
from collector.files.table import Table, moment
from collector.files.weather_csv import read_csv
from field_configs.events import event
from field_configs.load import load
from field_configs.reading import nearest
from field_configs.schema import OTHER_PREVIOUS_CROPS
from models.crops.season import RESISTANCE, Seasons, SiteSeason
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.risk.hazard import STATUS
from models.risk.replay import replay
from models.sheets import cells
from models.sheets.cells import LATEST
from models.sheets.refused import Refusals, SheetError, file_name
from models.weather.dataset import dataset
from models.weather.local_days import LOCAL, day_ended

MOST_SHOWN = 20
#: Hours of a season lie between so long before its sowing and so long after: the crop before may
#: count, and no crop stands longer.
BEFORE, AFTER = timedelta(days=400), timedelta(days=800)


def read_season(path: Path, sown: date) -> tuple[xr.Dataset, Table, Refusals]:
    """Read hourly weather as `nongqing import --kind observed` takes it; positions may be left out.

    Of an hour that is given twice and unequal nothing is taken, as `models.weather.dataset` says.

    Raises
    ------
    SheetError
        When nothing of the file can be used.
    """
    middle = datetime(sown.year, sown.month, sown.day, tzinfo=LOCAL)
    last = min(middle + AFTER, LATEST)
    given = Given("observed", "file", last, first=middle - BEFORE, last=last)
    refusals = Refusals(file_name(path))
    table = read_csv(path, given, Places({}, any_name=True), refusals)
    judge(table, refusals)
    if not table.filled().any():
        for refused in list(refusals)[:MOST_SHOWN]:
            click.echo(str(refused), err=True)
        raise SheetError(refusals.name, event("season_no_hour"))
    return as_dataset(table), table, refusals


def as_dataset(table: Table) -> xr.Dataset:
    """Put the values of a file into a Dataset."""
    table.drop(~table.filled())
    times, row = np.unique(table.time, return_inverse=True)
    order = sorted(range(len(table.names)), key=table.names.__getitem__)
    order = [i for i in order if (table.place == i).any()]
    column = {place: i for i, place in enumerate(order)}
    columns = np.array([column[place] for place in table.place.tolist()])
    cubes = {}
    for name in sorted(table.values):
        there = ~np.isnan(table.values[name])
        if there.any():
            cubes[name] = np.full((len(times), len(order)), np.nan)
            cubes[name][row[there], columns[there]] = table.values[name][there]
    sites = [table.names[i] for i in order]
    return dataset([moment(int(time)) for time in times], sites, cubes)


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
    Broken lines and cells are named and passed over. Crops and hazards may be named in Chinese.
    Exit code 1 when nothing was in season.

    \b
    Example:
      nongqing risk backtest --weather season.csv --crop winter_wheat --sown 2015-10-08 \\
        --stage 2016-05-06=61 --resistance S --hazard wheat_fhb --from 2016-04-25
    """
    crops = load(site=None).crops
    hazards = catalogue()
    words = names_of_kinds(hazards, crops)
    crop = _known(crop, crops, words)
    asked = [_known(name, hazards, words) for name in asked]
    if previous_crop is not None:
        previous_crop = _known(previous_crop, [*crops, *OTHER_PREVIOUS_CROPS], words)
    begun = _day(sown)
    assert begun is not None
    try:
        data, table, refusals = read_season(path, begun)
    except SheetError as error:
        raise click.UsageError(str(error)) from error
    for note in table.notes:
        click.echo(f"{refusals.name}: {note}", err=True)
    for refused in list(refusals)[:MOST_SHOWN]:
        click.echo(str(refused), err=True)
    if len(refusals) > MOST_SHOWN:
        click.echo(f"and {len(refusals) - MOST_SHOWN} more lines", err=True)
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


def _known(word: str, ids: Collection[str], words: Mapping[str, str]) -> str:
    """Return the id of a crop or hazard that may be named in words, too."""
    plain = cells.name(word)
    found = words.get(plain, plain)
    if found in ids:
        return found
    near = nearest(plain, [*ids, *(name for name, id_ in words.items() if id_ in ids)])
    hint = f'; did you mean "{near}"?' if near else ""
    raise click.UsageError(f'unknown "{word}" (one of {", ".join(sorted(ids))}{hint})')


def _line(status: RiskStatus) -> str:
    return (
        f"{day_ended(status.time)} {status.site:<14} {status.hazard:<27} "
        f"{STATUS[status.status]:<13} "
        f"{'' if math.isnan(status.score) else format(status.score, '.4g'):>8} "
        f"{status.certainty:4.2f} {', '.join(status.missing)}"
    )
