"""The commands `risk ipmd`: catalogue, weather and answers in the formats of IPM Decisions."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from datetime import date, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click
import numpy as np
import xarray as xr

from collector.commands.named import no_village
from collector.commands.parts import Parts, plain_errors
from collector.store.advice import risk
from collector.store.measured import readings
from collector.store.network import registry
from collector.store.network.registry import VillageRow
from collector.store.postgres.db import Connection
from field_configs.load import load
from field_configs.words import LANGUAGES, Words
from models.exchange import ipmd, ipmd_weather
from models.exchange.ipmd_parameters import PARAMETERS
from models.hazards.catalogue import catalogue
from models.weather.local_days import local_day, midnight

_DAY = timedelta(days=1)


@click.group("ipmd")
def ipmd_group() -> None:
    """Exchange with IPM Decisions: the catalogue, weather and answers in its formats.

    \b
    Example:
      nongqing risk ipmd catalogue > nongqing.yaml
    """


def own_version() -> str:
    """Return the version of this software; "0" where it is not installed."""
    try:
        return version("nongqing")
    except PackageNotFoundError:
        return "0"


@ipmd_group.command("catalogue")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option(
    "--provider",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="TOML with organization, url, email, ... of who offers it.",
)
def catalogue_command(lang: str, file: Path | None) -> None:
    """Print the catalogue as DSS metadata (YAML).

    \b
    Example:
      nongqing risk ipmd catalogue --provider county.toml > nongqing.yaml
    """
    provider = None
    if file is not None:
        try:
            provider = ipmd.provider_from(tomllib.loads(file.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, ipmd.ProviderError) as error:
            raise click.UsageError(f"{file}: {error}") from error
    crops = load(site=None).crops
    text = ipmd.catalogue_yaml(catalogue(), crops, Words.load(lang), own_version(), provider)
    click.echo(text, nl=False)


def _day(text: str | None, default: date) -> date:
    try:
        return default if text is None else date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f'"{text}" is no day; write it as 2016-05-08') from None


def _village(conn: Connection, village_id: str) -> VillageRow:
    found = registry.village(conn, village_id)
    if found is None:
        raise no_village(conn, village_id)
    return found


@ipmd_group.command("weather")
@click.option("--village", "village_id", required=True, help="Village whose fields are measured.")
@click.option("--from", "first", help="First local day [six days ago].")
@click.option("--to", "last", help="Last local day [today].")
@click.pass_obj
def weather_command(parts: Parts, village_id: str, first: str | None, last: str | None) -> None:
    """Print a village's measured hours as weather data (JSON) with quality bits.

    One location for each field with sensors. Exit code 1 when nothing was measured.

    \b
    Example:
      nongqing risk ipmd weather --village qf-liuge --from 2016-05-01 --to 2016-05-07
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        now = parts.clock().now()
        today = local_day(now)
        _village(conn, village_id)
        end = min(midnight(_day(last, today) + _DAY), now.replace(minute=0, second=0))
        start = midnight(_day(first, today - 6 * _DAY))
        fields = [f.id for f in registry.fields(conn, village_id)]
        names = list(dict.fromkeys(p.quantity for p in PARAMETERS))
        data = measured(readings.hourly_dataset(conn, names, start, max(start, end), fields), names)
    if data is None:
        click.echo(f"{village_id}: nothing was measured in these days", err=True)
        raise SystemExit(1)
    click.echo(ipmd_weather.write_weather(ipmd_weather.from_dataset(data)))


def measured(data: xr.Dataset, names: Sequence[str]) -> xr.Dataset | None:
    """Leave out quantities and fields without any value; None where there is none at all."""
    there = {name: ~np.isnan(data[name].values) for name in names}
    kept = [name for name in names if there[name].any()]
    if not kept:
        return None
    rows = np.zeros(data.sizes["site"], dtype=bool)
    for name in kept:
        rows |= there[name].any(axis=0)
    return data[[*kept, *(f"{name}_qc" for name in kept)]].isel(site=np.flatnonzero(rows))


@ipmd_group.command("output")
@click.option("--field", "site", required=True, help="Field id.")
@click.option("--hazard", required=True, help="Hazard id.")
@click.option("--from", "first", help="First local day [29 days ago].")
@click.option("--to", "last", help="Last local day [today].")
@click.pass_obj
def output_command(
    parts: Parts, site: str, hazard: str, first: str | None, last: str | None
) -> None:
    """Print what was said of a field and hazard as model output (JSON).

    Exit code 1 when nothing was said in these days.

    \b
    Example:
      nongqing risk ipmd output --field qf-liuge-1 --hazard wheat_fhb --from 2016-04-20
    """
    known = catalogue()
    if hazard not in known:
        raise click.UsageError(f'unknown hazard "{hazard}" (one of {", ".join(known)})')
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        today = local_day(parts.clock().now())
        places = {f.id: f.village for f in registry.fields(conn)}
        if site not in places:
            raise click.UsageError(
                f'no field "{site}" in the registry (known: {", ".join(sorted(places)) or "none"})'
            )
        village = _village(conn, places[site])
        if village.place is None:
            raise click.UsageError(
                f"{village.id}: nobody measured where this village lies; give its longitude and "
                "latitude in the file of the site, then: nongqing sites import FILE"
            )
        # A status stands at the end of its day.
        start = midnight(_day(first, today - 29 * _DAY)) + timedelta(seconds=1)
        end = midnight(_day(last, today) + _DAY) + timedelta(seconds=1)
        rows = risk.status_history(conn, site, hazard, start, end)
    newest = {row.time: row for row in rows}
    answers = [
        ipmd.Answered(row.time, row.status, {ipmd.SCORE: row.score} | dict(row.drivers))
        for row in newest.values()
    ]
    if not answers:
        click.echo(f"{site}: nothing was said of {hazard} in these days", err=True)
        raise SystemExit(1)
    message = None if rows[-1].validated else "Not validated in Puyang: a draft for an officer."
    output = ipmd.model_output(answers, *village.place, message)
    click.echo(json.dumps(output, ensure_ascii=False, allow_nan=False))
