"""Which fields have a water account, with what is known of each and what stays unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collector.store.advice import water, works
from collector.store.network import registry
from collector.store.postgres.db import Connection
from field_configs.load import load
from field_configs.schema import Crop, Season
from models.water import fields as followed
from models.water.needs import NEEDS

#: What a farmer calls the soil, as textures between which it lies: 沙土, 两合土, 淤土; unverified.
SOILS = {
    "sand": ("sand", "loamy_sand"),
    "loam": ("sandy_loam", "silt_loam"),
    "clay": ("silt_clay_loam", "clay"),
}
#: The way of irrigation where nobody said one: that of most fields of the plain.
USUAL_METHOD = "border"
MU = 15

Said = tuple[str, dict[str, float | str]]


@dataclass(frozen=True)
class Growing:
    """A field with a crop: ``field`` as the balance knows it, ``notes`` what of it is not known."""

    field: followed.Field
    has_area: bool
    notes: tuple[Said, ...]

    @property
    def begins(self) -> date:
        """First local day of its account: fields sown in one month go together."""
        return self.field.sown.replace(day=1)


@dataclass(frozen=True)
class Found:
    """Fields with a crop whose needs are known, and of the others why nothing can be said."""

    growing: Mapping[str, Growing]
    without: Mapping[str, Said]


def standing(seasons: Sequence[Season], crops: Mapping[str, Crop], today: date) -> Season | None:
    """What stands in a field on a local day: of its seasons the one sown last, if it still does.

    Parameters
    ----------
    seasons
        Of one field.
    crops
        Types by id; one that is unknown stands for a year.
    today
        Local day.
    """
    sown = [s for s in seasons if s.sown <= today]
    if not sown:
        return None
    last = max(sown, key=lambda s: s.sown)
    longest = crops[last.crop].longest_days if last.crop in crops else 365
    over = last.harvested is not None and last.harvested <= today
    return None if over or (today - last.sown).days > longest else last


def growing(conn: Connection, today: date) -> Found:
    """Return who has an account on a local day.

    Parameters
    ----------
    conn : Connection
    today : date
    """
    crops = load(site=None).crops
    seasons: dict[str, list[Season]] = {}
    for each in registry.seasons(conn):
        seasons.setdefault(each.field, []).append(each)
    soils = water.own_soils(conn)
    found: dict[str, Growing] = {}
    without: dict[str, Said] = {}
    for field in registry.fields(conn, own=True):
        if field.kind == "depot":
            continue
        season = standing(seasons.get(field.id, []), crops, today)
        if season is None:
            without[field.id] = ("nothing_sown", {})
            continue
        if season.crop not in NEEDS:
            without[field.id] = ("crop_unknown", {"crop": season.crop})
            continue
        bounds = SOILS.get(soils.get(field.id, "")) if field.texture is None else None
        asked = {
            "no_texture": field.texture is None and bounds is None,
            "no_method": field.method is None,
            "no_area": field.area_ha is None,
        }
        here = followed.Field(
            name=field.id,
            crop=season.crop,
            sown=season.sown,
            mu=1.0 if field.area_ha is None else field.area_ha * MU,
            method=field.method or USUAL_METHOD,
            texture=field.texture,
            bounds=bounds,
            harvest=_harvest(season, crops[season.crop], today),
            allocation=None if field.area_ha is None else field.allocation_m3,
        )
        notes: list[Said] = [(code, {}) for code, lacks in asked.items() if lacks]
        found[field.id] = Growing(here, field.area_ha is not None, tuple(notes))
    return Found(found, without)


def _harvest(season: Season, crop: Crop, today: date) -> date:
    """When it is harvested, as expected: in the middle of its usual span, else at its end."""
    usual = season.sown + timedelta(days=(crop.shortest_days + crop.longest_days) // 2)
    return usual if usual > today else season.sown + timedelta(days=crop.longest_days + 1)


def recorded(conn: Connection) -> dict[str, list[tuple[date, float | None, str]]]:
    """Return waterings by field: local day, amount on the whole field [mm] or None, and its source.

    What a meter counted on a day stands in the place of what people wrote; what the soil showed
    counts only where nobody wrote or counted anything.
    """
    area = {f.id: f.area_ha for f in registry.fields(conn, own=True)}
    said: dict[tuple[str, date], dict[str, list[float | None]]] = {}
    for work in works.recorded(conn):
        if work.kind != works.IRRIGATION or not work.done:
            continue
        whole, part = area.get(work.field), work.area_ha
        share = min(part / whole, 1.0) if part is not None and whole else 1.0
        amount = None if work.amount_mm is None else work.amount_mm * share
        said.setdefault((work.field, work.date), {}).setdefault("person", []).append(amount)
    for seen in water.waterings(conn):
        by_source = said.setdefault((seen.field, seen.day), {})
        by_source.setdefault(seen.source, []).append(seen.amount_mm)
    found: dict[str, list[tuple[date, float | None, str]]] = {}
    for (name, day), sources in sorted(said.items()):
        best = next(s for s in (water.METER, "person", water.SOIL) if s in sources)
        amounts = sources[best]
        total = None if any(a is None for a in amounts) else sum(a for a in amounts if a)
        found.setdefault(name, []).append((day, total, best))
    return found
