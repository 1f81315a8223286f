"""Which weather simulated nodes measure: the measured series, a CSV, or generated weather."""

from __future__ import annotations

from pathlib import Path

from firmware.workbench import climate
from firmware.workbench.weather import Weather, read_beijing, read_csv

BEIJING = Path(__file__).parents[3] / (
    "shared/data/weather/beijing_prsa_hourly_weather_3stations_2013_2017.csv.gz"
)
SEED = 1


def open_weather(
    start: int, days: int, csv: Path | None = None, beijing: Path = BEIJING, seed: int = SEED
) -> Weather:
    """Read or make weather.

    Parameters
    ----------
    start, days : int
        What generated weather covers: first hour [s since 1970 UTC] and length [d].
    csv : Path, optional
        A CSV as firmware.workbench.weather.read_csv takes it; goes before all else.
    beijing : Path
        The measured series; used when the file is there.
    seed : int
        Seed of generated weather.

    Raises
    ------
    firmware.workbench.weather.WeatherError
    """
    if csv is not None:
        return read_csv(csv)
    if beijing.is_file():
        return read_beijing(beijing)
    return climate.generate(start - start % 3600, days, seed)
