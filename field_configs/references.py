"""Checks across records: what one names, another must declare, and dates must be possible."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import Any, TypeAlias

from field_configs.collected import Collected, Found, Shelf
from field_configs.device_reading import check_devices
from field_configs.reading import Section, meant
from field_configs.schema import (
    OTHER_PREVIOUS_CROPS,
    ConfigError,
    Crop,
    Node,
    Season,
    StageObservation,
    Village,
)

Seasons: TypeAlias = dict[tuple[str, str], list[Season]]
"""The sound seasons of a crop in a field."""

SOW_TOLERANCE_DAYS = 45
"""A sowing outside the crop's window by up to this is odd but happens (in 2021 floods put wheat
sowing in Henan off into November); further out it is taken for a typing error. A judgement."""


def check_references(found: Collected) -> None:
    """Add every broken reference, double use and impossible date to the errors.

    Parameters
    ----------
    found : Collected
        All records read so far. References into a file that could not be read at all are
        not reported.
    """
    _check_places(found)
    for row in found.fields.items():
        _known(found, row.section, "village", row.record.village, found.villages, "village")
    for place in found.placements.items():
        _known(found, place.section, "field", place.record.field, found.fields, "field")
    served: dict[str, str] = {}
    for node in found.nodes.items():
        _check_node(found, node.record, node.section, served)
    check_devices(found, served)
    for season in found.seasons:
        _check_season(found, season.record, season.section)
        if season.section.bad:
            found.broken_seasons.append(season.record)
    _check_overlaps(found)
    seasons: Seasons = defaultdict(list)
    for season in found.seasons:
        seasons[season.record.field, season.record.crop].append(season.record)
    for seen in found.stage_observations:
        _check_observation(found, seen.record, seen.section, seasons)
    _check_order(found, seasons)


def _names(shelf: Shelf[Any]) -> Mapping[str, Collection[str]]:
    names: dict[str, Collection[str]] = dict.fromkeys(shelf.broken, ())
    for identifier, record in shelf.records().items():
        names[identifier] = [
            name for name in (getattr(record, "zh", ""), getattr(record, "en", "")) if name
        ]
    return names


def _known(
    found: Collected, section: Section, key: str, identifier: str, shelf: Shelf[Any], what: str
) -> bool:
    if shelf.knows(identifier):
        return True
    if not found.unread:
        near = meant(identifier, _names(shelf))
        section.fail(key, f'unknown {what} "{identifier}": declare it or name another', near)
    return False


def _check_places(found: Collected) -> None:
    for township in found.townships.items():
        county = township.record.county
        if _known(found, township.section, "county", county, found.counties, "county") and (
            not township.record.code.startswith(county)
        ):
            reason = f"{township.record.code} does not start with its county {county}: mend one"
            township.section.fail("code", reason)
    for village in found.villages.items():
        _check_village(found, village.record, village.section)


def _check_village(found: Collected, village: Village, section: Section) -> None:
    _known(found, section, "county", village.county, found.counties, "county")
    if village.township is not None and _known(
        found, section, "township", village.township, found.townships, "township"
    ):
        township = found.townships.get(village.township)
        if township is not None and township.county != village.county:
            reason = f"{township.code} {township.zh} lies in county {township.county}: mend one"
            section.fail("township", reason)
    regions = list(found.regions.records().values())
    if not regions or found.regions.broken:
        return
    east, north = village.longitude, village.latitude
    if east is None or north is None:
        return
    if any(r.west <= east <= r.east and r.south <= north <= r.north for r in regions):
        return
    if any(r.west <= north <= r.east and r.south <= east <= r.north for r in regions):
        swapped = f"longitude = {north:g}, latitude = {east:g}"
        section.fail("longitude", "longitude and latitude are swapped: exchange them", swapped)
        return
    boxes = "; ".join(
        f"{r.en} {r.west:g} to {r.east:g} E, {r.south:g} to {r.north:g} N" for r in regions
    )
    section.fail("longitude", f"{east:g} E, {north:g} N lies outside every region ({boxes})")


def _check_node(found: Collected, node: Node, section: Section, served: dict[str, str]) -> None:
    _known(found, section, "field", node.field, found.fields, "field")
    _known(found, section, "board", node.board, found.boards, "board")
    board = found.boards.get(node.board)
    quantities = {c.number: c.quantity for c in board.channels} if board else {}
    for number, placement_id in node.channels.items():
        key = f"channels.{number}"
        if board and number not in quantities:
            has = ", ".join(str(number) for number in quantities)
            section.fail(key, f"board {board.id} has no channel {number}: it has {has}")
        if not _known(found, section, key, placement_id, found.placements, "placement"):
            continue
        if placement_id in served:
            other = f'placement "{placement_id}" is served already by {served[placement_id]}'
            section.fail(key, f"{other}: one channel serves a placement at a time")
        served.setdefault(placement_id, f"node {node.id} channel {number}")
        placement = found.placements.get(placement_id)
        if placement is None:
            continue
        if number in quantities and placement.quantity != quantities[number]:
            reason = f"measures {quantities[number]}, but placement {placement_id} is for"
            section.fail(key, f"{reason} {placement.quantity}: name a placement of its quantity")
        if placement.field != node.field:
            reason = f"placement {placement_id} lies in field {placement.field}, the node in"
            section.fail(key, f"{reason} {node.field}: mend one")


def _check_season(found: Collected, season: Season, section: Section) -> None:
    _known(found, section, "field", season.field, found.fields, "field")
    _known(found, section, "crop", season.crop, found.crops, "crop")
    previous = season.previous_crop
    if previous is not None and previous not in OTHER_PREVIOUS_CROPS:
        _known(found, section, "previous_crop", previous, found.crops, "crop")
    crop = found.crops.get(season.crop)
    if crop is None:
        return
    if season.harvested is not None and not (
        season.sown < season.harvested <= season.sown + timedelta(days=crop.longest_days)
    ):
        reason = f"{season.harvested} is not within {crop.longest_days} days after sowing"
        section.fail("harvested", f"{reason} on {season.sown}: mend one")
    days = _days_outside(crop, season.sown)
    if days == 0:
        return
    windows = ", ".join(
        f"{w.start[0]:02}-{w.start[1]:02} to {w.end[0]:02}-{w.end[1]:02}" for w in crop.sow_window
    )
    reason = f"{season.sown} is {days} days outside the sowing window of {crop.id} ({windows})"
    if days > SOW_TOLERANCE_DAYS:
        section.fail("sown", f"{reason}: mend the date or the crop")
    else:
        key = section.path("sown")
        found.warnings.append(ConfigError(section.file, key, reason, severity="warning"))


def _days_outside(crop: Crop, sown: date) -> int:
    """Count the days between a sowing and the nearest window of its crop; 0 inside."""
    if any(window.holds(sown) for window in crop.sow_window):
        return 0
    for days in range(1, 184):
        for near in (sown - timedelta(days=days), sown + timedelta(days=days)):
            if any(window.holds(near) for window in crop.sow_window):
                return days
    return 184


def _check_overlaps(found: Collected) -> None:
    by_field = sorted(found.seasons, key=lambda row: (row.record.field, row.record.sown))
    for before, after in zip(by_field, by_field[1:], strict=False):
        first, second = before.record, after.record
        crop = found.crops.get(first.crop)
        if first.field != second.field or crop is None or second.relay:
            continue
        until = first.harvested or first.sown + timedelta(days=crop.shortest_days)
        if second.sown < until:
            reason = (
                f"{second.crop} sown {second.sown} overlaps {first.crop} sown {first.sown}, which "
                f"stands until {until} at least: mend a date, give the first season's harvested "
                "day, or say relay = true"
            )
            after.section.fail("sown", reason)


def _check_observation(
    found: Collected, seen: StageObservation, section: Section, seasons: Seasons
) -> None:
    if not _known(found, section, "field", seen.field, found.fields, "field"):
        return
    _known(found, section, "crop", seen.crop, found.crops, "crop")
    crop = found.crops.get(seen.crop)
    if crop is None or any(_holds(each, seen, crop) for each in seasons[seen.field, seen.crop]):
        return
    if any(_may_be_of(found, season, seen) for season in found.broken_seasons):
        return
    reason = f"no season of {seen.crop} in field {seen.field} holds {seen.date}"
    section.fail("date", f"{reason}: mend the date or declare the season")


def _may_be_of(found: Collected, broken: Season, seen: StageObservation) -> bool:
    """Whether a season with errors may be the one that was observed: then its errors suffice."""
    field = broken.field == seen.field or not found.fields.knows(broken.field)
    return field and (broken.crop == seen.crop or not found.crops.knows(broken.crop))


def _holds(season: Season, seen: StageObservation, crop: Crop) -> bool:
    until = season.harvested or season.sown + timedelta(days=crop.longest_days)
    return season.sown <= seen.date <= until


def _check_order(found: Collected, seasons: Seasons) -> None:
    """A later observation of the same season cannot show an earlier stage."""

    def season_of(row: Found[StageObservation]) -> tuple[str, str, date]:
        seen = row.record
        sown = (season.sown for season in seasons[seen.field, seen.crop])
        starts = [day for day in sown if day <= seen.date]
        return seen.field, seen.crop, max(starts, default=date.min)

    rows = sorted(found.stage_observations, key=lambda row: (season_of(row), row.record.date))
    for _, group in groupby(rows, key=season_of):
        season_rows = list(group)
        for before, after in zip(season_rows, season_rows[1:], strict=False):
            first, second = before.record, after.record
            if second.bbch < first.bbch:
                reason = f"stage {second.bbch} on {second.date} comes after stage {first.bbch} on"
                after.section.fail("bbch", f"{reason} {first.date}: mend one")
