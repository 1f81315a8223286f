"""Batches of NY/T 4712-2025 (农产品质量安全追溯 数据格式) and events of the chain, both ways.

The standard's own text was not read. A public summary of it says: whoever produces, buys, stores,
transports or processes records what they do, the source (来源, one step back) and the destination
(去向, one step on), and so makes an in-store batch (入库批次), which is this stage's own, and an
out-store batch (出库批次), which is the tracing code (追溯码) that the next stage takes over. That,
and that operators are named by their unified social credit code, is `KNOWN`. The names of fields,
their formats and their codes were not read: `UNREAD` are ours, as batches cannot do without them,
and all names are to be held against the standard before anything is sent to a platform
(**unverified**).

An in-store batch becomes an event by which it begins: from nothing (a harvest), or from the
out-store batches of others (receiving). An out-store batch becomes a transformation of in-store
batches (shipping). Batches are named by private URIs of their operator.

References
----------
NY/T 4712-2025, in force since 2025-07-01, as summarised at www.998pdf.com/58306.html; announcement
898 of the ministry with its three sister standards (terms, codes and marks, interfaces), as
reported by lnlpw.com on 2025-08-04. Neither names a field.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from field_configs.business_steps import step_of
from models.trace.private import SUBJECT, parse_private, private_uri
from models.weather.local_days import LOCAL

Event = dict[str, Any]
#: Stages (环节) of the standard, by the summary.
STAGES = {
    "production": "生产",
    "purchase": "收购",
    "storage": "储存",
    "transport": "运输",
    "processing": "加工",
}
KNOWN = ("环节", "入库批次", "出库批次", "来源", "去向", "统一社会信用代码")
UNREAD = ("产品", "数量", "单位", "时间")
OPERATOR = "urn:nongqing:subject:"
UNIT = "千克"


class BatchError(ValueError):
    """A record or an event is no batch; the message names the field and the mend."""


@dataclass(frozen=True)
class Batch:
    """A batch of an operator: subject code or unified social credit code, and its own code."""

    subject: str
    code: str


@dataclass(frozen=True)
class Record:
    """What an operator records of goods that come into store or go out of it.

    Attributes
    ----------
    batch : Batch
        In or out of store, by `out`.
    out : bool
    stage : str
        One of `STAGES`.
    product : str
    kg : float
        Its weight [kg].
    at : datetime
        When it came in or went out, aware.
    sources : tuple of (Batch, float)
        The batches that it is from, each with how much of it [kg]: out-store batches of those
        before, or, of one that goes out, one's own in-store batches.
    destination : str
        Code of the operator that it goes to; empty for consumers, and for one that comes in.
    """

    batch: Batch
    out: bool
    stage: str
    product: str
    kg: float
    at: datetime
    sources: tuple[tuple[Batch, float], ...] = ()
    destination: str = ""

    def __post_init__(self) -> None:
        name = f"batch {self.batch.code}"
        if self.stage not in STAGES:
            raise BatchError(f'{name}: 环节 "{self.stage}": say one of {", ".join(STAGES)}')
        if not all(0 < kg < float("inf") for kg in (self.kg, *(kg for _, kg in self.sources))):
            raise BatchError(f"{name}: 数量: give weights above 0 kg")
        if self.at.tzinfo is None:
            raise BatchError(f"{name}: 时间: has no time zone; give it with +08:00")
        if self.out and not self.sources:
            raise BatchError(f"{name}: 来源: name the in-store batches that it was taken from")
        if self.stage == "production" and self.sources and not self.out:
            raise BatchError(f"{name}: 来源: what is grown comes from no batch; leave it out")
        if self.destination and not self.out:
            raise BatchError(f"{name}: 去向: only what goes out of store has one")
        if self.destination and not SUBJECT.fullmatch(self.destination):
            raise BatchError(f'{name}: 去向 "{self.destination}": give the code of an operator')


def event_of(record: Record, host: str) -> Event:
    """Return the event that tells a record.

    Parameters
    ----------
    record : Record
    host : str
        Of the installation, in whose private URIs batches are named.

    Raises
    ------
    PrivateError
        When a code holds what a URI cannot.
    """
    lot = _uri(record.batch, host)
    amounts = [_amount(_uri(batch, host), kg) for batch, kg in record.sources]
    told: Event = {
        "type": "TransformationEvent" if amounts else "ObjectEvent",
        "eventID": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{lot} {record.out}')}",
        "eventTime": record.at.astimezone(LOCAL).isoformat(),
        "eventTimeZoneOffset": "+08:00",
        "bizStep": step_of(_step(record)),
        "nongqing:stage": record.stage,
        "ilmd": {"cbvmda:lotNumber": record.batch.code, "nongqing:produce": record.product},
    }
    if record.destination:
        to = {"type": "possessing_party", "destination": OPERATOR + record.destination}
        told["destinationList"] = [to]
    made = [_amount(lot, record.kg)]
    if amounts:
        return {**told, "inputQuantityList": amounts, "outputQuantityList": made}
    return {**told, "action": "ADD", "quantityList": made}


def _step(record: Record) -> str:
    if record.out:
        return "shipping"
    return "harvesting" if record.stage == "production" else "receiving"


def _uri(batch: Batch, host: str) -> str:
    return private_uri(host, batch.subject, "class", batch.code)


def _amount(lot: str, kg: float) -> Event:
    return {"epcClass": lot, "quantity": kg, "uom": "KGM"}


def record_of(event: Mapping[str, Any], known: Mapping[str, Batch] | None = None) -> Record:
    """Return the record that an event tells.

    Parameters
    ----------
    event : mapping
        As the JSON binding has it; one that its schema accepts.
    known : mapping of str to Batch, optional
        Lots that are not named by private URIs: by their URI, whose batch each is.

    Raises
    ------
    BatchError
        When it tells no batch that comes in or goes out.
    """
    lots = known or {}
    made = event.get("outputQuantityList") or (
        event.get("quantityList", ()) if event.get("action") == "ADD" else ()
    )
    if len(made) != 1:
        raise BatchError("the event: no single batch comes into being by it; it is no record")
    steps = {step_of(each): each for each in ("shipping", "receiving", "harvesting")}
    step = steps.get(event.get("bizStep", ""))
    if step is None:
        raise BatchError(
            f'bizStep "{event.get("bizStep", "")}": goods come in by commissioning or receiving '
            "and go out by shipping"
        )
    ((batch, kg),) = _batches(made, lots)
    born = event.get("ilmd", {})
    goes = [
        each["destination"].removeprefix(OPERATOR)
        for each in event.get("destinationList", ())
        if each["destination"].startswith(OPERATOR)
    ]
    stage = event.get("nongqing:stage", "production" if step == "harvesting" else "")
    return Record(
        batch,
        step == "shipping",
        stage,
        born.get("nongqing:produce", ""),
        kg,
        datetime.fromisoformat(event["eventTime"].upper()),
        # what grew in a field is no batch: a harvest begins the story
        () if step == "harvesting" else _batches(event.get("inputQuantityList", ()), lots),
        next(iter(goes), ""),
    )


def _batches(
    amounts: Sequence[Mapping[str, Any]], known: Mapping[str, Batch]
) -> tuple[tuple[Batch, float], ...]:
    found = []
    for each in amounts:
        lot = each["epcClass"]
        parsed = parse_private(lot)
        batch = Batch(parsed[1], parsed[3]) if parsed and parsed[2] == "class" else known.get(lot)
        if batch is None:
            raise BatchError(f"{lot}: nobody says whose batch this is; name it by a private URI")
        if each.get("uom") != "KGM" or "quantity" not in each:
            raise BatchError(f"{lot}: 数量: give it in kilograms (KGM)")
        found.append((batch, each["quantity"]))
    return tuple(found)


def write_record(record: Record) -> dict[str, Any]:
    """Write a record under the standard's terms, as far as they are known; see `UNREAD`.

    Parameters
    ----------
    record : Record
    """
    told: dict[str, Any] = {
        "统一社会信用代码": record.batch.subject,
        "环节": STAGES[record.stage],
        "出库批次" if record.out else "入库批次": record.batch.code,
        "产品": record.product,
        "数量": record.kg,
        "单位": UNIT,
        "时间": record.at.astimezone(LOCAL).isoformat(),
        "来源": [
            {
                "统一社会信用代码": batch.subject,
                "入库批次" if record.out else "出库批次": batch.code,
                "数量": kg,
            }
            for batch, kg in record.sources
        ],
    }
    return told | ({"去向": record.destination} if record.out else {})


def read_record(told: Mapping[str, Any]) -> Record:
    """Read a record as `write_record` writes it.

    Parameters
    ----------
    told : mapping

    Raises
    ------
    BatchError
        When a field is missing or wrong.
    """
    out = "出库批次" in told
    if out == ("入库批次" in told):
        raise BatchError("入库批次, 出库批次: a record has one of the two")
    own, others = ("出库批次", "入库批次") if out else ("入库批次", "出库批次")
    stages = {zh: id_ for id_, zh in STAGES.items()}
    try:
        if told["单位"] != UNIT:
            raise BatchError(f'单位 "{told["单位"]}": give the amount in {UNIT}')
        if told["环节"] not in stages:
            raise BatchError(f'环节 "{told["环节"]}": say one of {", ".join(stages)}')
        sources = tuple(
            (Batch(each["统一社会信用代码"], each[others]), float(each["数量"]))
            for each in told["来源"]
        )
        found = Record(
            Batch(told["统一社会信用代码"], told[own]),
            out,
            stages[told["环节"]],
            told["产品"],
            float(told["数量"]),
            datetime.fromisoformat(told["时间"]),
            sources,
            told["去向"] if out else "",
        )
    except KeyError as error:
        raise BatchError(f"{error.args[0]}: is missing") from error
    except (TypeError, ValueError) as error:
        if isinstance(error, BatchError):
            raise
        raise BatchError(f"数量, 时间: no number or no time: {error}") from error
    return replace(found, at=found.at.astimezone(UTC))
