"""Scouting reports and trap counts from a workbook: all is taken in, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from collector.files import scouting
from collector.files.workbook import Form, Line, read_forms
from collector.permissions import Place
from collector.store.advice import ledger, traps
from collector.store.advice.ledger import ScoutingReport
from collector.store.advice.traps import TrapCount
from collector.store.network import registry
from collector.store.postgres.db import Connection
from field_configs.events import event
from field_configs.words import LANGUAGES, Words
from models.hazards.catalogue import catalogue
from models.sheets import cells
from models.sheets.refused import CellError, Refusals
from models.weather.counted import INSECTS, MOST_COUNT, MOST_NIGHTS, TRAPS

FORMS = (
    Form("scouting", scouting.COLUMNS, scouting.NEEDED),
    Form(
        "traps",
        ("field", "pest", "trap_kind", "date", "nights", "count", "observer", "note"),
        ("field", "pest", "trap_kind", "date", "count"),
    ),
)


@dataclass
class Filled:
    """What a workbook brings, once all of it is right."""

    scouting: list[ScoutingReport] = field(default_factory=list)
    traps: list[TrapCount] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Return how much it is, by sheet."""
        return {"scouting": len(self.scouting), "traps": len(self.traps)}


def read_seen(
    conn: Connection, data: bytes, name: str, enters: Callable[[Place], bool], at: datetime
) -> tuple[Filled, Refusals]:
    """Read a workbook of reports and counts; nothing is written.

    Parameters
    ----------
    conn : Connection
    data : bytes
        The file.
    name : str
        Its name, for messages.
    enters : callable
        Says whether who brings it may write for a place.
    at : datetime
        Now, aware.

    Raises
    ------
    SheetError
        When the file as a whole cannot be read.
    """
    wrong, found = Refusals(name), Filled()
    lines = read_forms(data, name, FORMS, wrong)
    known = scouting.known_now(conn, at)
    villages = {v.id: Place(v.id, v.township, v.county) for v in registry.villages(conn)}
    places = {f.id: villages.get(f.village) for f in registry.fields(conn)}
    taken: dict[tuple[object, ...], str] = {}

    def reached(line: Line, site: str) -> None:
        place = places[site]
        if place is None or not enters(place):
            line.refuse("field", CellError(event("onboard_elsewhere")))

    def once(line: Line, key: tuple[object, ...]) -> None:
        where = taken.setdefault(key, line.at("field"))
        if where != line.at("field"):
            line.refuse("field", CellError(event("onboard_twice", value=str(key[1]), cell=where)))

    for line in lines["scouting"]:
        if not line.sound:
            continue
        try:
            report = scouting.report_of(line.cells, f"{name}:{line.at('field')}", known)
        except CellError as error:
            line.refuse(str(error.event.params.get("column", "field")), error)
            continue
        reached(line, report.site)
        once(line, ("scouting", *report.key))
        found.scouting.append(report)
    for line in lines["traps"]:
        count = _count(line, name, known)
        if line.sound:
            reached(line, count.field)
            key = count.field, count.insect, count.trap, count.date, count.observer
            once(line, ("traps", *key))
            found.traps.append(count)
    return found, wrong


def _whole(least: int, most: int, otherwise: int | None) -> Callable[[str, str], int]:
    def read(text: str, shown: str) -> int:
        value = cells.number(text, shown)
        if value != value and otherwise is not None:
            return otherwise
        if not least <= value <= most or value % 1:
            raise CellError(event("onboard_whole", value=text[:40], least=least, most=most))
        return int(value)

    return read


def _one_of(kind: str, ids: Collection[str]) -> Callable[[str, str], str]:
    """Read an id of a list, or its name in any language."""
    words = [Words.load(each) for each in LANGUAGES]
    names = {cells.name(each.text(f"{kind}.{id_}")): id_ for each in words for id_ in ids}
    return lambda text, shown: cells.known_id(text, shown, ids, names)


def _count(line: Line, name: str, known: scouting.Known) -> TrapCount:
    return TrapCount(
        field=line.read("field", lambda t, s: cells.known_id(t, s, known.fields, known.names), ""),
        insect=line.read("pest", _one_of("insect", INSECTS), ""),
        trap=line.read("trap_kind", _one_of("trap", TRAPS), ""),
        date=line.read("date", lambda t, s: cells.day(t, s, known.today), known.today),
        nights=line.read("nights", _whole(1, MOST_NIGHTS, 1), 1),
        count=line.read("count", _whole(0, MOST_COUNT, None), 0),
        observer=line.read("observer", cells.new_name, ""),
        note=line.read("note", cells.note, ""),
        origin=f"{name}:{line.at('field')}",
    )


def take_in(conn: Connection, found: Filled, at: datetime) -> None:
    """Write what a workbook brings, and bring the skill ledger up to date.

    Parameters
    ----------
    conn : Connection
    found : Filled
        Of `read_seen`, without a fault.
    at : datetime
        Now, aware.
    """
    ledger.put_reports(conn, found.scouting, at)
    traps.put(conn, found.traps, at)
    if found.scouting:
        ledger.update(conn, catalogue(), at)
