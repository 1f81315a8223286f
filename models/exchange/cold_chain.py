"""The cold chain as EPCIS events: loggers in assets, spans of readings, shipping and receiving.

Pure mappings. Every event has an id that follows from what it tells, so that telling it again adds
nothing. What the standard has no word for stands under ``nongqing:``.

References
----------
GS1 EPCIS 2.0, sections 7.3.7 (sensor elements), 7.4.6 (association); CBV 2.0, section 7.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

from firmware.wire.quantities import by_name
from models.weather.local_days import LOCAL

Event: TypeAlias = dict[str, Any]
#: Names of events follow from what they tell, under this one.
SPACE = uuid.UUID("6f1d6a0e-54c3-5d0b-9c41-5f4f1c0d7a11")
#: How spans of readings are put together: docs/coldchain.md says it.
METHOD = "urn:nongqing:epcis:span-of-valid-readings-1"
#: Quantities that sensor elements tell of: type of measurement, and component of a place.
MEASURED = {
    "air_temperature": ("Temperature", None),
    "relative_humidity": ("RelativeHumidity", None),
    "door_open_duration": ("Time", None),
    "position_latitude": ("Angle", "latitude"),
    "position_longitude": ("Angle", "longitude"),
}


@dataclass(frozen=True)
class Span:
    """What one channel measured in a span of time.

    ``coverage`` is the share of it that is known; ``readings`` how many valid ones there were, and
    where there were none the others are None. ``last`` and ``total`` stand for places and sums.
    """

    channel: int
    quantity: str
    coverage: float
    readings: int
    low: float | None = None
    mean: float | None = None
    high: float | None = None
    last: float | None = None
    total: float | None = None


@dataclass(frozen=True)
class Checked:
    """When a device was checked last, and is to be checked again."""

    day: date
    due: date


def name_of(*parts: object) -> str:
    """Return the id of an event, by what it tells.

    Parameters
    ----------
    *parts
        What tells it from every other.
    """
    return f"urn:uuid:{uuid.uuid5(SPACE, '/'.join(map(str, parts)))}"


def node_uri(node: str) -> str:
    """Return the name of a node in events.

    Parameters
    ----------
    node : str
    """
    return f"urn:nongqing:node:{node}"


def party_uri(party: str) -> str:
    """Return the name of a party in events.

    Parameters
    ----------
    party : str
    """
    return f"urn:nongqing:party:{party}"


def _at(moment: datetime) -> str:
    return moment.astimezone(LOCAL).isoformat(timespec="seconds")


def _event(type_: str, at: datetime, id_: str, **fields: Any) -> Event:
    head = {"type": type_, "eventID": id_, "eventTime": _at(at), "eventTimeZoneOffset": "+08:00"}
    return head | fields


def association(attachment: int, node: str, asset: str, at: datetime, *, attached: bool) -> Event:
    """A logger comes into an asset, or leaves it.

    Parameters
    ----------
    attachment : int
        Its number here.
    node : str
    asset : str
        URI.
    at : datetime
        Aware.
    attached : bool
    """
    action = "ADD" if attached else "DELETE"
    return _event(
        "AssociationEvent",
        at,
        name_of("association", attachment, node, asset, action),
        action=action,
        bizStep="installing" if attached else "removing",
        parentID=asset,
        childEPCs=[node_uri(node)],
    )


def _lot(uri: str, weight_kg: float) -> Event:
    return {"epcClass": uri, "quantity": weight_kg, "uom": "KGM"}


def _report(node: str, span: Span) -> Event:
    measured, component = MEASURED[span.quantity]
    found: Event = {
        "type": measured,
        "deviceID": f"{node_uri(node)}:{span.channel}",
        "uom": by_name(span.quantity).unece,
        "nongqing:coverage": round(span.coverage, 4),
        "nongqing:readings": span.readings,
    }
    if component is not None:
        found["component"] = component
    if span.readings == 0:
        return found | {"exception": "ERROR_CONDITION"}
    method = by_name(span.quantity).method
    if method == "point":
        return found | {"value": span.last}
    if method == "sum":
        return found | {"value": span.total}
    return found | {"minValue": span.low, "meanValue": span.mean, "maxValue": span.high}


def sensor_reporting(
    id_: str,
    node: str,
    asset: str,
    lots: Sequence[tuple[str, float]],
    window: tuple[datetime, datetime],
    spans: Sequence[Span],
    checked: Checked | None,
) -> Event:
    """What a logger measured in a span of time, of an asset and the lots in it.

    Parameters
    ----------
    id_ : str
    node : str
    asset : str
        URI.
    lots : sequence of (str, float)
        URI and weight [kg] of each.
    window : tuple of datetime
        From and to, aware.
    spans : sequence of Span
        At least one; one without readings is told as a gap.
    checked : Checked or None
        None: the device was never checked, as far as anybody wrote down.
    """
    state: Event = {"nongqing:checked": "never"}
    if checked is not None:
        state = {
            "nongqing:checked": checked.day.isoformat(),
            "nongqing:checkDue": checked.due.isoformat(),
        }
    element = {
        "sensorMetadata": {
            "startTime": _at(window[0]),
            "endTime": _at(window[1]),
            "deviceID": node_uri(node),
            "dataProcessingMethod": METHOD,
            **state,
        },
        "sensorReport": [_report(node, each) for each in spans],
    }
    fields: Event = {"action": "OBSERVE", "bizStep": "sensor_reporting", "epcList": [asset]}
    if lots:
        fields["quantityList"] = [_lot(*each) for each in lots]
    return _event("ObjectEvent", window[1], id_, **fields, sensorElementList=[element])


def declared_wrong(event: Event, instead: str, at: datetime) -> Event:
    """Return an event as told, declared wrong: another one corrects it.

    Parameters
    ----------
    event : dict
    instead : str
        Id of the one that corrects it.
    at : datetime
        When that is said, aware.
    """
    return event | {
        "errorDeclaration": {
            "declarationTime": _at(at),
            "reason": "incorrect_data",
            "correctiveEventIDs": [instead],
        }
    }


def _between(sender: str, receiver: str) -> Event:
    return {
        "sourceList": [{"type": "owning_party", "source": party_uri(sender)}],
        "destinationList": [{"type": "owning_party", "destination": party_uri(receiver)}],
    }


def shipping(
    shipment: str,
    lot: str,
    weight_kg: float,
    asset: str,
    parties: tuple[str, str],
    at: datetime,
) -> Event:
    """A lot leaves.

    Parameters
    ----------
    shipment, lot, asset : str
        URIs.
    weight_kg : float
        What goes [kg].
    parties : tuple of str
        Sender and receiver.
    at : datetime
        Aware.
    """
    return _event(
        "ObjectEvent",
        at,
        name_of("shipping", shipment),
        action="OBSERVE",
        bizStep="shipping",
        disposition="in_transit",
        quantityList=[_lot(lot, weight_kg)],
        bizTransactionList=[{"type": "desadv", "bizTransaction": shipment}],
        **_between(*parties),
        **{"nongqing:asset": asset},
    )


def receiving(
    shipment: str,
    lot: str,
    weight_kg: float,
    parties: tuple[str, str],
    at: datetime,
    *,
    accepted: bool,
    own_celsius: float | None,
    logger_celsius: float | None,
    note: str,
) -> Event:
    """A lot arrives, and is accepted or disputed, with what both sides read.

    Parameters
    ----------
    shipment, lot : str
        URIs.
    weight_kg : float
        What goes [kg].
    parties : tuple of str
        Sender and receiver.
    at : datetime
        Aware.
    accepted : bool
    own_celsius : float or None
        By the receiver's thermometer [degC].
    logger_celsius : float or None
        The warmest of the logger's last readings [degC].
    note : str
    """
    read = (("receiver", own_celsius), ("logger", logger_celsius))
    elements = [
        {
            "sensorMetadata": {"time": _at(at), "nongqing:readBy": who},
            "sensorReport": [{"type": "Temperature", "value": value, "uom": "CEL"}],
        }
        for who, value in read
        if value is not None
    ]
    fields: Event = {"sensorElementList": elements} if elements else {}
    if note:
        fields["nongqing:note"] = note
    return _event(
        "ObjectEvent",
        at,
        name_of("receiving", shipment),
        action="OBSERVE",
        bizStep="receiving",
        disposition="conformant" if accepted else "non_conformant",
        quantityList=[_lot(lot, weight_kg)],
        bizTransactionList=[{"type": "desadv", "bizTransaction": shipment}],
        **_between(*parties),
        **fields,
    )
