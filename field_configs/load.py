"""The only reader of field_configs: TOML files to Configs, or every error in them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from field_configs.board import take_board
from field_configs.collected import Collected
from field_configs.device_reading import take_devices
from field_configs.drivers import read_drivers
from field_configs.irrigated import METHODS, TEXTURES
from field_configs.parts import read_parts
from field_configs.product import take_product
from field_configs.reading import Section, nearest, read_toml, toml_files
from field_configs.references import check_references
from field_configs.schema import (
    FIELD_KINDS,
    OTHER_PREVIOUS_CROPS,
    POSITIONS,
    PRODUCE_CATEGORIES,
    RESISTANCE_CLASSES,
    SEASON_NAMES,
    WET_THRESHOLDS,
    ConfigError,
    ConfigErrors,
    Configs,
    County,
    Crop,
    Field,
    Node,
    Placement,
    Produce,
    Region,
    Season,
    Slowed,
    SowWindow,
    Stage,
    StageObservation,
    Township,
    Village,
)
from firmware.wire.quantities import QUANTITIES

ROOT = Path(__file__).parent
HUMIDITY = "relative_humidity"


def load(root: Path = ROOT, site: str | Path | None = "demo") -> Configs:
    """Read all types, and one site's first data.

    Parameters
    ----------
    root : Path
        A folder laid out like field_configs: ``regions/ crops/ products/ boards/ sites/``.
    site : str or Path, optional
        Stem of a file in ``sites/``, or a file elsewhere; None reads no site.

    Returns
    -------
    Configs
        Everything declared; ``warnings`` holds what is odd but allowed.

    Raises
    ------
    ConfigErrors
        With all errors of all files, when there is at least one.
    """
    found = Collected(root)
    found.errors.extend(read_drivers().errors)
    read_parts(root, found.errors)
    for folder, take in (
        ("regions", _region),
        ("crops", _crop),
        ("products", take_product),
        ("boards", take_board),
    ):
        for path in toml_files(root / folder):
            _read(path, found, take)
    if not (found.regions and found.crops and found.boards) and not found.errors:
        reason = "holds no region, crop or board file: give the field_configs folder"
        found.errors.append(ConfigError(found.name_of(root), "folder", reason))
    if isinstance(site, Path):
        _read(site, found, _site)
    elif site is not None:
        path = root / "sites" / f"{site}.toml"
        if path.is_file():
            _read(path, found, _site)
        else:
            near = nearest(site, site_names(root))
            reason = f'no site "{site}": give the stem of a file in sites/'
            found.errors.append(ConfigError(found.name_of(path), "site", reason, near))
    check_references(found)
    if found.errors:
        raise ConfigErrors(tuple(found.errors))
    return found.configs()


def regions(root: Path = ROOT) -> list[Region]:
    """Read the regions that a field_configs folder declares.

    Parameters
    ----------
    root : Path
        The folder.

    Raises
    ------
    ConfigErrors
        With every error in their files.
    """
    found = Collected(root)
    for path in toml_files(root / "regions"):
        _read(path, found, _region)
    if found.errors:
        raise ConfigErrors(tuple(found.errors))
    return list(found.regions.records().values())


def site_names(root: Path = ROOT) -> list[str]:
    """List the sites declared below a field_configs folder."""
    return [path.stem for path in toml_files(root / "sites")]


def shifted(configs: Configs, years: int) -> Configs:
    """Move every date of a site by whole years; 29 February becomes 28 where it must.

    Parameters
    ----------
    configs : Configs
        What was loaded.
    years : int
        Years to add; may be negative.
    """

    def moved(day: date) -> date:
        try:
            return day.replace(year=day.year + years)
        except ValueError:
            return day.replace(year=day.year + years, day=28)

    seasons = tuple(
        replace(
            season,
            sown=moved(season.sown),
            harvested=moved(season.harvested) if season.harvested else None,
        )
        for season in configs.seasons
    )
    observations = tuple(
        replace(seen, date=moved(seen.date)) for seen in configs.stage_observations
    )
    return replace(configs, seasons=seasons, stage_observations=observations)


def _read(path: Path, found: Collected, take: Callable[[Section, str, Collected], None]) -> None:
    name = found.name_of(path)
    table = read_toml(path, name, found.errors)
    if table is None:
        found.unread = True
        return
    section = Section(table, name, "", found.errors)
    take(section, path.stem, found)
    section.close()


def _region(section: Section, stem: str, found: Collected) -> None:
    head = section.table("region")
    region = Region(
        stem,
        head.text("zh"),
        head.text("en"),
        head.number("west", -180, 180, "degrees"),
        head.number("south", -90, 90, "degrees"),
        head.number("east", -180, 180, "degrees"),
        head.number("north", -90, 90, "degrees"),
        head.text("source"),
    )
    head.close()
    if not head.bad and not (region.west < region.east and region.south < region.north):
        head.fail("west", "the box is empty: give west < east and south < north")
    found.keep(found.regions, stem, region, head)
    for part in section.tables("counties", "code"):
        county = County(part.code("code", 6), part.text("zh"), part.text("en"))
        part.close()
        found.keep(found.counties, county.code, county, part)
    for part in section.tables("townships", "code"):
        township = Township(
            part.code("code", 9), part.code("county", 6), part.text("zh"), part.text("en")
        )
        part.close()
        found.keep(found.townships, township.code, township, part)


def _crop(section: Section, stem: str, found: Collected) -> None:
    windows = []
    for part in section.tables("sow_window"):
        windows.append(
            SowWindow(part.month_day("start"), part.month_day("end"), part.text("source"))
        )
        part.close()
        section.bad |= part.bad
    stages = []
    for part in section.tables("stages", "bbch"):
        stages.append(_stage(part))
        section.bad |= part.bad
    produce = []
    for part in section.tables("produce", "id"):
        category = part.choice("category", PRODUCE_CATEGORIES, "category of food")
        produce.append(Produce(part.slug(), part.text("zh"), part.text("en"), category))
        part.close()
        section.bad |= part.bad
    slowed = _slowed(section) if section.has("slowed") else None
    crop = Crop(
        stem,
        section.text("eppo", "the EPPO code"),
        section.text("zh"),
        section.text("en"),
        section.number("base_c", -5, 20, "degrees Celsius"),
        section.maybe_number("upper_c", 15, 50, "degrees Celsius"),
        section.choice("season", SEASON_NAMES, "season"),
        section.whole("shortest_days", 20, 400, "days"),
        section.whole("longest_days", 20, 500, "days"),
        tuple(stages),
        tuple(windows),
        section.text("source"),
        slowed,
        tuple(produce),
    )
    if not section.bad:
        _check_crop(crop, section)
    found.keep(found.crops, stem, crop, section)


def _slowed(section: Section) -> Slowed:
    part = section.table("slowed")
    slowed = Slowed(
        part.whole("from_bbch", 0, 99),
        part.whole("to_bbch", 0, 99),
        part.number("cold_days", 1, 100, "days"),
        part.number("day_length", 0, 100, "ten-thousandths per squared hour"),
        part.text("source"),
    )
    part.close()
    section.bad |= part.bad
    return slowed


def _stage(part: Section) -> Stage:
    stage = Stage(
        part.whole("bbch", 0, 99),
        part.text("zh"),
        part.text("en"),
        part.maybe_number("degree_days", 0, 5000, "degree-days"),
        part.flag("verified"),
        part.text("source", "where the figure was read, or why there is none"),
    )
    part.close()
    if not part.bad and stage.verified and stage.degree_days is None:
        part.fail("verified", "is true without degree_days: give the figure or say false")
    return stage


def _check_crop(crop: Crop, section: Section) -> None:
    if not crop.stages:
        section.fail("stages", "a crop needs at least one [[stages]] table: add one")
    if not crop.sow_window:
        section.fail("sow_window", "a crop needs at least one [[sow_window]] table: add one")
    if crop.shortest_days >= crop.longest_days:
        section.fail("shortest_days", "is not below longest_days: swap or mend them")
    if crop.upper_c is not None and crop.upper_c <= crop.base_c:
        section.fail("upper_c", "is not above base_c: swap or mend them")
    last_days = -1.0
    for before, stage in zip((None, *crop.stages), crop.stages, strict=False):
        if before and stage.bbch <= before.bbch:
            section.fail(
                f"stages[{stage.bbch}].bbch", f"does not rise after {before.bbch}: sort them"
            )
        if stage.degree_days is not None:
            if stage.degree_days <= last_days:
                reason = f"{stage.degree_days:g} does not rise after {last_days:g}: mend one"
                section.fail(f"stages[{stage.bbch}].degree_days", reason)
            last_days = stage.degree_days


def _site(section: Section, _stem: str, found: Collected) -> None:
    head = section.table("site", optional=True)
    for key in ("zh", "en", "note"):
        head.maybe_text(key)
    head.close()
    for part in section.tables("villages", "id"):
        found.keep_part(found.villages, _village(part), part)
    for part in section.tables("fields", "id"):
        found.keep_part(found.fields, _field(part), part)
    for part in section.tables("placements", "id"):
        found.keep_part(found.placements, _placement(part), part)
    for part in section.tables("nodes", "id"):
        found.keep_part(found.nodes, _node(part), part)
    take_devices(section, found)
    for part in section.tables("seasons", "field"):
        found.keep_row(found.seasons, _season(part), part)
    for part in section.tables("stage_observations", "field"):
        found.keep_row(found.stage_observations, _observation(part), part)


def _village(part: Section) -> Village:
    village = Village(
        part.slug(),
        part.text("zh"),
        part.text("en"),
        part.text("county", "the six-digit code of its county"),
        part.maybe_text("township"),
        part.maybe_number("longitude", -180, 180, "degrees"),
        part.maybe_number("latitude", -180, 180, "degrees"),
        part.choice("position", POSITIONS, "position"),
    )
    for key in ("longitude", "latitude"):
        if part.bad:
            break
        if village.position != "unknown" and getattr(village, key) is None:
            part.fail(key, 'is missing: give it, or say position = "unknown"')
        if village.position == "unknown" and getattr(village, key) is not None:
            part.fail("position", f'is "unknown", but there is a {key}: say what it rests on')
    return village


def _field(part: Section) -> Field:
    return Field(
        part.slug(),
        part.text("village"),
        part.text("zh"),
        part.text("en"),
        part.choice("kind", FIELD_KINDS, "kind"),
        part.maybe_number("area_ha", 0.001, 10000, "ha"),
        part.maybe_choice("texture", TEXTURES, "soil texture"),
        part.maybe_choice("method", METHODS, "way of irrigation"),
        part.maybe_text("well"),
        part.maybe_number("allocation_m3", 0, 10_000_000, "m3"),
    )


def _placement(part: Section) -> Placement:
    placement = Placement(
        part.slug(),
        part.text("field"),
        part.choice("quantity", [quantity.name for quantity in QUANTITIES], "quantity"),
        part.maybe_number("height_m", -5, 50, "m"),
        part.maybe_number("wet_threshold", *WET_THRESHOLDS, "% relative humidity"),
    )
    if placement.wet_threshold is not None and placement.quantity != HUMIDITY and not part.bad:
        reason = f"stands at a placement of {placement.quantity}: give it to one of {HUMIDITY}"
        part.fail("wet_threshold", reason)
    return placement


def _node(part: Section) -> Node:
    node_id = part.slug()
    if "_" in node_id:
        part.fail("id", f'"{node_id}" is no node id: use a-z, 0-9 and -, no underscore')
    return Node(node_id, part.text("board"), part.text("field"), _channels(part))


def _channels(part: Section) -> Mapping[int, str]:
    table = part.table("channels")
    channels: dict[int, str] = {}
    for key, placement in table.pairs():
        if not (key.isascii() and key.isdigit()):
            table.fail(key, f'"{key}" is no channel number: write 0 = "placement-id"')
        elif not isinstance(placement, str):
            table.fail(key, "is no placement id: give its text in quotes")
        else:
            channels[int(key)] = placement
    part.bad |= table.bad
    return channels


def _season(part: Section) -> Season:
    return Season(
        part.text("field"),
        part.text("crop"),
        part.maybe_text("variety"),
        part.maybe_choice("resistance", RESISTANCE_CLASSES, "resistance class"),
        part.day("sown"),
        part.maybe_text("previous_crop", f"a crop id or one of {', '.join(OTHER_PREVIOUS_CROPS)}"),
        part.maybe_day("harvested"),
        part.flag("relay", default=False),
    )


def _observation(part: Section) -> StageObservation:
    return StageObservation(
        part.text("field"),
        part.text("crop"),
        part.day("date"),
        part.whole("bbch", 0, 99),
        part.text("by"),
    )
