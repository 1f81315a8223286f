"""What led to a lot, put together for `models.trace.certificate` to judge."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from collector.store import settings_table
from collector.store.advice import products, works
from collector.store.advice.products import ProductList
from collector.store.advice.works import SPRAY
from collector.store.lots.lot_events import A_YEAR
from collector.store.lots.lots import BOUGHT, HARVEST
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch
from field_configs.forbidden import forbidden
from field_configs.schema import Crop
from models.trace.balance import Part, imbalances
from models.trace.certificate import Assay, LotFacts, Origin, Rules, Treatment, Verdict, judge

SQL = queries.load("lot_facts")
RULES = "certificate.rules"


@dataclass(frozen=True)
class Place:
    """Where something grew, to the township; `said` is what a seller's certificate says of it."""

    county_zh: str
    county_en: str
    township_zh: str
    township_en: str
    said: str = ""


@dataclass(frozen=True)
class Led:
    """A lot as the models judge it, the places it came from, and whether any of it was bought."""

    facts: LotFacts
    places: tuple[Place, ...]
    bought: bool


@dataclass(frozen=True)
class _Step:
    code: str
    kind: str
    produce: str
    weight_kg: float
    day: date
    field: str | None
    season: date | None
    village: str | None
    origin: str
    given_up: bool
    bought: str
    bought_void: bool
    state: str | None
    county_zh: str | None
    county_en: str | None
    township_zh: str | None
    township_en: str | None


def rules(conn: Connection) -> Rules:
    """Return the rules of this installation; those of the release where none were set."""
    text = settings_table.get(conn, RULES)
    if text is None:
        return Rules()
    kept = json.loads(text)
    return Rules(kept["tolerance"], tuple(kept["test_required"]), tuple(kept["also_forbidden"]))


def set_rules(conn: Connection, found: Rules, at: datetime) -> None:
    """Keep other rules from now on."""
    settings_table.put(conn, RULES, json.dumps(vars(found), ensure_ascii=False), at)


def category_of(produce: str, crops: Mapping[str, Crop]) -> str:
    """Return the category of food of a produce; 'other' where no crop of this release has it."""
    found = (each for crop in crops.values() for each in crop.produce if each.id == produce)
    return next((each.category for each in found), "other")


def _interval(work: works.FieldWork, produce: str, crops: Mapping[str, Crop], listed: Any) -> Any:
    """Days as written down, else those of the signed list of products."""
    if work.interval_d is not None or not isinstance(listed, ProductList):
        return work.interval_d
    grown = {crop.id for crop in crops.values() if any(e.id == produce for e in crop.produce)}
    same = (e for e in listed.products if e.crop in grown and work.product in (e.zh, e.en))
    return next((each.interval_d for each in same), None)


def _treatments(
    conn: Connection, step: _Step, crops: Mapping[str, Crop], listed: ProductList | None
) -> tuple[Treatment, ...]:
    assert step.field is not None
    since = step.season or step.day - A_YEAR
    sprays = (
        work
        for work in works.diary(conn, step.field)
        if work.kind == SPRAY and since <= work.date <= step.day
    )
    return tuple(
        Treatment(work.product, work.date, _interval(work, step.produce, crops, listed))
        for work in sprays
    )


def _downward(code: str, parts: Iterable[Part], within: set[str]) -> set[str]:
    """The lot and what came of it, as far as it leads to the lot that is judged."""
    found, children = {code}, [part for part in parts if part.child in within]
    while more := {p.child for p in children if p.parent in found} - found:
        found |= more
    return found


def _place(step: _Step) -> Place:
    return Place(
        step.county_zh or "",
        step.county_en or "",
        step.township_zh or "",
        step.township_en or "",
        step.origin,
    )


def led_to(conn: Connection, code: str, crops: Mapping[str, Crop]) -> Led:
    """Put together what led to a lot.

    Parameters
    ----------
    conn : Connection
    code : str
        Of a lot that there is.
    crops : mapping of str to Crop
        Of this release.
    """
    steps = {row[0]: _Step(*row) for row in fetch(conn, SQL["way"], code=code)}
    rows = fetch(conn, SQL["parts"], codes=list(steps))
    parts = [Part(child, parent, kg) for child, parent, kg, _ in rows]
    weights = {child: weight for child, _, _, weight in rows}
    weights |= {each.code: each.weight_kg for each in steps.values()}
    wrong = imbalances(weights, parts, rules(conn).tolerance)
    tests = [
        Assay(lot, kind, day, tuple(substances), passed)
        for lot, kind, day, substances, passed in fetch(conn, SQL["tests"], codes=list(steps))
    ]
    listed = products.read(settings_table.get(conn, products.KEY))
    made_of = {part.child for part in parts}
    origins, places = [], []
    for step in steps.values():
        path = _downward(step.code, parts, set(steps))
        of_path = tuple(each for each in tests if each.lot in path)
        if step.kind == HARVEST:
            gone = step.given_up
            treated = () if gone else _treatments(conn, step, crops, listed)
            origins.append(Origin(step.code, step.day, treated, of_path, not gone))
            places.append(_place(step))
        elif step.kind == BOUGHT and step.code not in made_of:
            origins.append(Origin(step.code, step.day, (), of_path))
            places.append(_place(step))
    lot = steps[code]
    taken = sum(part.weight_kg for part in parts if part.parent == code)
    facts = LotFacts(
        code,
        lot.produce,
        category_of(lot.produce, crops),
        round(lot.weight_kg - taken, 3),
        tuple(origins),
        {each.code: each.state for each in steps.values() if each.state},
        tuple(event for where, event in wrong.items() if where in steps),
        frozenset(key for (keys,) in fetch(conn, SQL["overridden"], code=code) for key in keys),
        tuple(each.bought for each in steps.values() if each.bought_void),
    )
    bought = any(each.kind == BOUGHT for each in steps.values())
    return Led(facts, tuple(dict.fromkeys(places)), bought)


def verdict(conn: Connection, led: Led) -> Verdict:
    """Judge a lot by the rules of this installation and what the announcements forbid."""
    return judge(led.facts, rules(conn), forbidden())
