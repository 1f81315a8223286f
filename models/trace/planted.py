"""What was done in a field before there were goods, told as events: sowing and treatments.

A planting, what grew in one field in one season, has a URI of its own that tells nobody of the
field. The harvest makes a lot of it (`models.trace.telling.harvested`), and so whoever follows a
lot back comes to what was done there. Of a place nothing below the township is told, of persons
nothing. What the diary says differently later is told anew, and what was told before is declared
an error.

References
----------
GS1 EPCIS 2.0, sections 7.4.1.2 (error declarations); GS1 Core Business Vocabulary 2.0, section 7.5
(reasons of errors).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from models.trace.telling import Event, event_id, head, told_text, written
from models.weather.local_days import LOCAL

#: Places of which no more than the county or township is told are named below this.
PLACE = "urn:nongqing:place:"
SOWN = "sown"
#: What is of the telling and not of what is told.
_APART = ("eventID", "eventTime")


@dataclass(frozen=True)
class Planting:
    """What grew in a field: its URI, and where, by name and official code of the township."""

    uri: str
    place: str
    place_code: str


@dataclass(frozen=True)
class Sowing:
    """What was sown on which local day; the variety as somebody wrote it."""

    crop: str
    variety: str
    day: date


@dataclass(frozen=True)
class Treatment:
    """Something put on a crop on a local day, as the diary has it.

    ``entry`` tells the line of the diary from every other; ``work`` is its kind; ``area_ha`` how
    much of the field [ha], None for all of it; ``interval_d`` days to wait until the harvest [d].
    """

    entry: str
    work: str
    day: date
    product: str
    target: str
    dose: str
    area_ha: float | None
    interval_d: int | None


def _of(planting: Planting, record: str, step: str, day: date, **more: Any) -> Event:
    at = datetime.combine(day, time(0 if record == SOWN else 12), LOCAL)
    told = head("ObjectEvent", planting.uri, record, at, step)
    own: Event = {
        "nongqing:record": record,
        "nongqing:day": day.isoformat(),
        "nongqing:origin": planting.place,
    }
    if planting.place_code:
        own["readPoint"] = {"id": PLACE + planting.place_code}
    return {**told, "quantityList": [{"epcClass": planting.uri}], **own, **more}


def sown(planting: Planting, sowing: Sowing, names: Sequence[str]) -> Event:
    """Tell a sowing: with it a planting begins, at the start of the day.

    Parameters
    ----------
    planting : Planting
    sowing : Sowing
    names : sequence of str
        Of persons, which stand in no event.
    """
    ilmd: Event = {"nongqing:crop": sowing.crop}
    if variety := told_text(sowing.variety, *names):
        ilmd["nongqing:variety"] = variety
    return _of(planting, SOWN, "sowing", sowing.day, action="ADD", ilmd=ilmd)


def treated(planting: Planting, treatment: Treatment, names: Sequence[str]) -> Event:
    """Tell a treatment: the material, against what, how much, where it matters how long to wait.

    Parameters
    ----------
    planting : Planting
    treatment : Treatment
    names : sequence of str
        Of persons, which stand in no event.
    """
    space = uuid.UUID(planting.uri.removeprefix("urn:uuid:"))
    record = f"treated:{uuid.uuid5(space, treatment.entry)}"
    told: Event = {"nongqing:work": treatment.work}
    for name, text in (
        ("product", treatment.product),
        ("target", treatment.target),
        ("dose", treatment.dose),
    ):
        told[f"nongqing:{name}"] = told_text(text, *names)
    if treatment.area_ha is not None:
        told["nongqing:areaHectares"] = treatment.area_ha
    if treatment.interval_d is not None:
        told["nongqing:intervalDays"] = treatment.interval_d
    return _of(planting, record, "treating", treatment.day, action="OBSERVE", **told)


def record_of(event: Event) -> str:
    """Return which sowing or line of a diary an event tells; nothing of any other event.

    Parameters
    ----------
    event : dict
    """
    return str(event.get("nongqing:record", ""))


def _said(event: Event) -> Event:
    return {name: value for name, value in event.items() if name not in _APART}


def anew(wanted: Sequence[Event], told: Sequence[tuple[Event, bool]], at: datetime) -> list[Event]:
    """Return what is to be told so that what stands is what is wanted, and nothing else.

    Parameters
    ----------
    wanted : sequence of dict
        As `sown` and `treated` make them, one of a record.
    told : sequence of (dict, bool)
        Events that were told of the planting, and whether each stands still.
    at : datetime
        When it is told, aware: nothing is told of times to come.

    Returns
    -------
    list of dict
        New events, each followed by the declaration that the one before it was an error.
    """
    count: dict[str, int] = {}
    stands: dict[str, Event] = {}
    for each, still in told:
        count[record_of(each)] = count.get(record_of(each), 0) + 1
        if still:
            stands[record_of(each)] = each
    found = []
    for event in wanted:
        record = record_of(event)
        old = stands.pop(record, None)
        if old is not None and _said(old) == _said(event):
            continue
        new = _numbered(event, count.get(record, 0), at)
        found.append(new)
        if old is not None:
            found.append(declared_wrong(old, "incorrect_data", at, new["eventID"]))
    found += [declared_wrong(old, "did_not_occur", at) for old in stands.values()]
    return found


def _numbered(event: Event, before: int, at: datetime) -> Event:
    """The event as it is told when so many were told of its record before."""
    uri, record = event["quantityList"][0]["epcClass"], record_of(event)
    when = min(datetime.fromisoformat(event["eventTime"]), at)
    act = f"{record}:{before}" if before else record
    return {**event, "eventID": event_id(uri, act), "eventTime": written(when)}


def declared_wrong(event: Event, reason: str, at: datetime, instead: str = "") -> Event:
    """Return an event as it was told, declared an error.

    Parameters
    ----------
    event : dict
    reason : str
        ``did_not_occur`` or ``incorrect_data``.
    at : datetime
        When that is said, aware.
    instead : str
        Id of what corrects it; empty where nothing does.
    """
    said: Event = {
        "declarationTime": written(at),
        "reason": reason,
    }
    if instead:
        said["correctiveEventIDs"] = [instead]
    return {**event, "errorDeclaration": said}
