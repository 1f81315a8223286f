"""Which weather simulated nodes measure: the measured series, a CSV, or generated weather."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from firmware.workbench import climate
from firmware.workbench.hourly import AHEAD_H, MAGIC, WATER_MM, Weather, write_compact
from firmware.workbench.weather_files import read_beijing, read_csv

BEIJING = Path(__file__).parents[3] / (
    "shared/data/weather/beijing_prsa_hourly_weather_3stations_2013_2017.csv.gz"
)
SEED = 1
COMPACT = "weather.nqw"

# Winter wheat of the plain flowers in the first days of May; a week later both hazards have
# something to say. The measured series is opened in its wettest such week, 2016.
OPENING = (5, 10)
OPENING_YEAR = 2016
BEFORE_OPENING = timedelta(days=35)


@dataclass(frozen=True)
class Prepared:
    """Weather ready for simulated nodes.

    Attributes
    ----------
    path : Path
        The compact file.
    begins, opens : datetime
        Its first hour, and when a demonstration should open in it (UTC).
    zh, en : str
        What the weather is, for every page of a demonstration.
    summary : str
        What was read, filled and left out.
    watered : tuple of (date, float)
        Local days on which the virtual soil is watered, and how much [mm].
    """

    path: Path
    begins: datetime
    opens: datetime
    zh: str
    en: str
    summary: str
    watered: tuple[tuple[date, float], ...]


def open_weather(csv: Path | None = None, beijing: Path = BEIJING, seed: int = SEED) -> Weather:
    """Read or make weather.

    Parameters
    ----------
    csv : Path, optional
        A CSV as `weather_files.read_csv` takes it; goes before all else.
    beijing : Path
        The measured series; used when the file is there.
    seed : int
        Seed of generated weather, which covers October 2015 to the end of 2017.

    Raises
    ------
    firmware.workbench.hourly.WeatherError
    """
    if csv is not None:
        return read_csv(csv)
    if beijing.is_file():
        return read_beijing(beijing)
    start = datetime(OPENING_YEAR - 1, 10, 1, tzinfo=UTC)
    days = (datetime(OPENING_YEAR + 2, 1, 1, tzinfo=UTC) - start).days
    return climate.generate(int(start.timestamp()), days, seed)


def prepare(folder: Path, csv: Path | None = None, beijing: Path = BEIJING) -> Prepared:
    """Write the compact weather file below `folder` and say what it holds.

    Raises
    ------
    firmware.workbench.hourly.WeatherError
        If the source holds no weather; the message names it.
    """
    weather = open_weather(csv, beijing)
    path = folder / COMPACT
    write_compact(weather, path)
    opens = opening(weather)
    zh, en = {
        "beijing": (f"北京 {opens.year} 年实测天气", f"Beijing weather of {opens.year}"),
        "csv": (f"文件 {weather.name} 的天气", f"weather from {weather.name}"),
        "generated": ("模拟生成的天气", "generated weather"),
    }[weather.source]
    begins = datetime.fromtimestamp(weather.start, UTC)
    days = [datetime.fromtimestamp(t + 3600 * AHEAD_H, UTC).date() for t in weather.watered]
    return Prepared(
        path,
        begins,
        opens,
        f"演示：{zh}",
        f"demonstration: {en}",
        weather.summary(),
        tuple((day, WATER_MM) for day in days),
    )


def opening(weather: Weather) -> datetime:
    """When to open: the 10th of May, of 2016 if it can be, else as late as the weather allows.

    Five weeks of weather must lie before it; shorter weather opens at its end.
    """
    first = datetime.fromtimestamp(weather.start, UTC) + BEFORE_OPENING
    last = datetime.fromtimestamp(weather.end, UTC) - timedelta(days=1)
    years = [OPENING_YEAR, *range(first.year, last.year + 1)]
    for year in years:
        day = datetime(year, *OPENING, tzinfo=UTC)
        if first <= day <= last:
            return day
    return max(last, datetime.fromtimestamp(weather.start, UTC))


def is_compact(path: Path) -> bool:
    """Return whether `path` already is a compact weather file."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC
