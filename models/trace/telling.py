"""What is done to lots, told as events of the chain (EPCIS 2.0, JSON binding).

An event has an identity that follows from the lot and the act alone, so that an act told twice is
one. Nothing in it is private: no name and no number of a person, no field and no position below the
township; reasons that inspectors write are theirs. What farmers write of a product is free text: of
that, nothing is told that holds a telephone number or the writer's name.

References
----------
GS1 EPCIS 2.0; GS1 Core Business Vocabulary 2.0, sections 7 (steps, dispositions) and 8.9 (event
identifiers), and its master data of lots (``cbvmda``: lotNumber, harvestStartDate, harvestEndDate).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from field_configs.business_steps import step_of
from models.trace.certificate import FREED, HELD, RECALLED
from models.weather.local_days import LOCAL, local_day

Event = dict[str, Any]
KILOGRAM = "KGM"
CERTIFICATE = "urn:nongqing:certificate:"
PHONE = re.compile(r"[0-9][0-9 -]{9,}[0-9]")
#: By what an inspector makes of a lot: the step, and what it is marked with for good or no more.
MARKS: dict[str, tuple[str, Event]] = {
    HELD: ("holding", {"persistentDisposition": {"set": ["non_sellable_other"]}}),
    RECALLED: (
        "recalling",
        {"disposition": "recalled", "persistentDisposition": {"set": ["recalled"]}},
    ),
    FREED: ("releasing", {"persistentDisposition": {"unset": ["non_sellable_other"]}}),
}


@dataclass(frozen=True)
class Amount:
    """So much of a lot, by its URI [kg]; None: all of it, however much that is."""

    lot: str
    kg: float | None


@dataclass(frozen=True)
class Grown:
    """Where a harvest grew, to the township, by name and official code; URI of its planting."""

    place: str
    place_code: str
    planting: str | None


@dataclass(frozen=True)
class Made:
    """A lot as it was made: what, how much, from what, on which local day, at which moment."""

    amount: Amount
    code: str
    produce: str
    day: date
    at: datetime
    parts: Sequence[Amount] = ()


def event_id(lot: str, act: str) -> str:
    """Return the identity of an act on a lot.

    Parameters
    ----------
    lot : str
        Its URI, ``urn:uuid:…``.
    act : str
        What tells it from every other act on this lot.
    """
    return f"urn:uuid:{uuid.uuid5(uuid.UUID(lot.removeprefix('urn:uuid:')), act)}"


def moment_of(day: date, written: datetime) -> datetime:
    """Return when something was done that was written down for a day: noon, or when it was written.

    Parameters
    ----------
    day : date
        Local.
    written : datetime
        Aware.
    """
    if local_day(written) == day:
        return written
    return min(written, datetime.combine(day, time(12), LOCAL))


def written(at: datetime) -> str:
    """Return a time as events hold it.

    Parameters
    ----------
    at : datetime
        Aware.
    """
    return at.astimezone(LOCAL).isoformat(timespec="milliseconds")


def told_text(text: str, *names: str) -> str:
    """Return what somebody wrote; nothing where it holds a telephone number or somebody's name.

    A name of one letter names nobody.

    Parameters
    ----------
    text : str
    *names : str
        Of the writer, and of whom else it may name.
    """
    private = PHONE.search(text) or any(len(name) > 1 and name in text for name in names)
    return "" if private else text


def _quantity(amount: Amount) -> Event:
    if amount.kg is None:
        return {"epcClass": amount.lot}
    return {"epcClass": amount.lot, "quantity": amount.kg, "uom": KILOGRAM}


def head(kind: str, lot: str, act: str, at: datetime, step: str) -> Event:
    """Return what every event begins with: its type, identity, time and step.

    Parameters
    ----------
    kind : str
        Its type.
    lot, act : str
        As `event_id` takes them.
    at : datetime
        Aware.
    step : str
        Id in field_configs/business_steps.toml.
    """
    return {
        "type": kind,
        "eventID": event_id(lot, act),
        "eventTime": written(at),
        "eventTimeZoneOffset": "+08:00",
        "bizStep": step_of(step),
    }


def _seen(lot: Amount, act: str, at: datetime, step: str, **more: Any) -> Event:
    told = head("ObjectEvent", lot.lot, act, at, step)
    return {**told, "action": "OBSERVE", "quantityList": [_quantity(lot)], **more}


def _born(lot: Made) -> Event:
    return {"cbvmda:lotNumber": lot.code, "nongqing:produce": lot.produce}


def _certificate(number: str) -> Event:
    uri = CERTIFICATE + number
    return {"bizTransactionList": [{"type": "cert", "bizTransaction": uri}]}


def harvested(lot: Made, grown: Grown) -> Event:
    """Tell a harvest: a lot begins to be, of what grew in a field in a season.

    Where the planting has a name it is what the lot was made of; else the lot begins by itself.

    Parameters
    ----------
    lot : Made
    grown : Grown
    """
    day = lot.day.isoformat()
    ilmd = {
        **_born(lot),
        "cbvmda:harvestStartDate": day,
        "cbvmda:harvestEndDate": day,
        "nongqing:origin": grown.place,
        "nongqing:originCode": grown.place_code,
    }
    of = (lot.amount.lot, "made", moment_of(lot.day, lot.at), "harvesting")
    born, more = [_quantity(lot.amount)], {"disposition": "active", "ilmd": ilmd}
    if grown.planting is None:
        return {**head("ObjectEvent", *of), "action": "ADD", "quantityList": born, **more}
    inputs = [_quantity(Amount(grown.planting, None))]
    told = {"inputQuantityList": inputs, "outputQuantityList": born}
    return {**head("TransformationEvent", *of), **told, **more}


def made_of(lot: Made, step: str, certificate: str | None = None) -> Event:
    """Tell that a lot was made of others, or of a part of one.

    Parameters
    ----------
    lot : Made
        With `parts`.
    step : str
        ``splitting``, ``merging``, or ``receiving`` where it was bought and got a code anew.
    certificate : str, optional
        Number of the certificate by which it was bought.
    """
    told = head("TransformationEvent", lot.amount.lot, "made", lot.at, step)
    return {
        **told,
        "inputQuantityList": [_quantity(each) for each in lot.parts],
        "outputQuantityList": [_quantity(lot.amount)],
        **(_certificate(certificate) if certificate else {}),
        "ilmd": _born(lot),
    }


def bought(lot: Made) -> Event:
    """Tell goods that came from outside: here their story begins.

    Parameters
    ----------
    lot : Made
    """
    told = head("ObjectEvent", lot.amount.lot, "made", lot.at, "receiving")
    of = {"quantityList": [_quantity(lot.amount)], "ilmd": _born(lot)}
    return {**told, "action": "ADD", **of}


def tested(
    lot: Amount,
    test: int,
    kind: str,
    at: datetime,
    substances: Sequence[str],
    passed: bool,
) -> Event:
    """Tell a test: what was looked for, and whether it was in order; not who tested.

    Parameters
    ----------
    lot : Amount
    test : int
        Its number.
    kind : str
        Whether one's own or a laboratory's.
    at : datetime
        Aware.
    substances : sequence of str
    passed : bool
    """
    result = {
        "disposition": "conformant" if passed else "non_conformant",
        "nongqing:test": kind,
        "nongqing:lookedFor": list(substances),
    }
    return _seen(lot, f"test:{test}", at, "testing", **result)


def marked(lot: Amount, mark: int, state: str, at: datetime) -> Event:
    """Tell that an inspector holds, recalls or frees a lot.

    Parameters
    ----------
    lot : Amount
    mark : int
        Its number.
    state : str
        ``held``, ``recalled`` or ``freed``.
    at : datetime
        Aware.
    """
    step, more = MARKS[state]
    return _seen(lot, f"state:{mark}", at, step, **more)


def things_recalled(number: str, things: Sequence[str], at: datetime) -> Event:
    """Tell that an inspector recalls boxes and other single things.

    Parameters
    ----------
    number : str
        Of the recall.
    things : sequence of str
        At least one; each is recalled once by one recall, so that the first names the act.
    at : datetime
        Aware.
    """
    step, more = MARKS[RECALLED]
    of = str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:nongqing:recall:{number}"))
    told = head("ObjectEvent", of, things[0], at, step)
    return {**told, "action": "OBSERVE", "epcList": list(things), **more}


def overridden(lot: Amount, override: int, kinds: Sequence[str], at: datetime) -> Event:
    """Tell that an inspector set aside reasons against certifying a lot; neither who nor why.

    It is an event of its own and no error declaration: what was told before stays right. Nor is it
    `certificationInfo`: there is no certificate yet.

    Parameters
    ----------
    lot : Amount
    override : int
        Its number.
    kinds : sequence of str
        Kinds of the reasons.
    at : datetime
        Aware.
    """
    more = {"nongqing:setAside": list(dict.fromkeys(kinds))}
    return _seen(lot, f"override:{override}", at, "overriding", **more)


def certified(lot: Amount, number: str, at: datetime, grounds: str) -> Event:
    """Tell that a certificate was issued for so much of a lot.

    Parameters
    ----------
    lot : Amount
    number : str
    at : datetime
        Aware.
    grounds : str
        One of `models.trace.certificate.GROUNDS`.
    """
    more = {**_certificate(number), "nongqing:grounds": grounds}
    more["certificationInfo"] = CERTIFICATE + number
    return _seen(lot, f"issued:{number}", at, "certifying", **more)


def voided(lot: Amount, number: str, at: datetime) -> Event:
    """Tell that a certificate was made void.

    Parameters
    ----------
    lot : Amount
    number : str
    at : datetime
        Aware.
    """
    return _seen(lot, f"void:{number}", at, "voiding", **_certificate(number))
