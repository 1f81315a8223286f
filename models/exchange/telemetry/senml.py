"""SenML packs (RFC 8428) in JSON and CBOR, resolved to plain values.

Section numbers are of RFC 8428. Names, times and values are resolved with the base fields before
them (4.6). A time below 2**28 counts from when the message came (4.5.3). Values that are text,
truth or bytes are left out and counted: a reading is a number. A label that ends in "_" must be
understood (4.4) and none is, so its pack is refused. Versions are those of RFC 9100: 10, and 26
with secondary units (RFC 8798), which are read in either.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from decimal import Decimal
from typing import Any

from models.exchange.telemetry.reading import read_cbor, read_json
from models.exchange.telemetry.records import (
    MOST_NAME,
    MOST_RECORDS,
    Measured,
    Telemetry,
    TelemetryError,
)

#: Times below it are relative [s].
ABSOLUTE_FROM = 1 << 28
#: What the name of a sum has behind that of its value; no name of SenML holds this sign.
SUM = "#sum"
VERSIONS = (10, 26)
#: Section 4.5.1.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]*")
#: Section 6, table 4.
CBOR_LABELS = {
    -1: "bver",
    -2: "bn",
    -3: "bt",
    -4: "bu",
    -5: "bv",
    -6: "bs",
    0: "n",
    1: "u",
    2: "v",
    3: "vs",
    4: "vb",
    5: "s",
    6: "t",
    7: "ut",
    8: "vd",
}
NUMBERS = ("bt", "bv", "bs", "v", "s", "t", "ut")
TEXTS = ("bn", "bu", "n", "u")
NO_NUMBERS = ("vs", "vb", "vd")


def decode(data: bytes) -> Telemetry:
    """Decode a pack; whether it is JSON or CBOR its first byte tells: an array begins otherwise.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    TelemetryError
        When nothing of the pack can be taken.
    """
    if data[:1] and data[0] >> 5 == 4:  # CBOR's array; of a JSON text no byte begins so
        return resolve(_labelled(read_cbor(data)))
    return resolve(read_json(data))


def _labelled(pack: Any) -> Any:
    """Give records of CBOR the labels of JSON."""
    if not isinstance(pack, list):
        return pack
    records = []
    for each in pack:
        if not isinstance(each, dict):
            raise TelemetryError("wrong_shape", "a record is no map")
        record = {CBOR_LABELS.get(k, k) if type(k) is int else k: v for k, v in each.items()}
        if len(record) != len(each):
            raise TelemetryError("wrong_shape", "a record has one label as number and as text")
        records.append(record)
    return records


def resolve(pack: Any) -> Telemetry:
    """Resolve the records of a pack; TelemetryError where it is none.

    Parameters
    ----------
    pack : list of dict
        With labels as in JSON; whatever else it may be.
    """
    if not isinstance(pack, list) or not pack:
        raise TelemetryError("wrong_shape", "no SenML: a pack is an array of records")
    if len(pack) > MOST_RECORDS:
        raise TelemetryError("too_many", f"{len(pack)} records; send at most {MOST_RECORDS}")
    base: dict[str, Any] = {}
    measured: list[Measured] = []
    left_out: Counter[str] = Counter()
    for record in pack:
        if not isinstance(record, dict):
            raise TelemetryError("wrong_shape", "a record is no object")
        said = _checked(record)
        base |= {label: value for label, value in said.items() if label in _BASES}
        _resolve_one(base, said, measured, left_out)
    return Telemetry(measured, left_out)


_BASES = ("bn", "bt", "bu", "bv", "bs")


def _checked(record: dict[Any, Any]) -> dict[str, Any]:
    """Return a record with its numbers as floats; what nobody here knows is passed over."""
    said: dict[str, Any] = {}
    for label, value in record.items():
        if isinstance(label, str) and label.endswith("_"):
            raise TelemetryError(
                "must_understand", f'"{label[:40]}" must be understood, and is not'
            )
        if label == "bver" and (type(value) is not int or value not in VERSIONS):
            shown = str(value)[:20]
            raise TelemetryError("version_unknown", f"version {shown}; versions 10 and 26 are read")
        if label == "v" and type(value) is float and not math.isfinite(value):
            said["vd"] = value  # CBOR holds NaN, which stands for no value
        elif label in NUMBERS:
            said[label] = _float(label, value)
        elif label in TEXTS:
            if not isinstance(value, str):
                raise TelemetryError("wrong_shape", f'"{label}" is no text')
            said[label] = value
        elif label in NO_NUMBERS:
            said[label] = value
    return said


def _float(label: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TelemetryError("wrong_shape", f'"{label}" is no number')
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise TelemetryError("wrong_shape", f'"{label}" is not finite')
    return found


def _resolve_one(
    base: dict[str, Any], said: dict[str, Any], into: list[Measured], left_out: Counter[str]
) -> None:
    values = [label for label in ("v", *NO_NUMBERS) if label in said]
    if not values and "s" not in said and "bv" in base and "n" in said:
        said["v"], values = 0.0, ["v"]  # the base value alone is its value
    if len(values) > 1:
        raise TelemetryError("wrong_shape", f"a record has the values {' and '.join(values)}")
    if not values and "s" not in said:
        if "n" in said or "t" in said or "u" in said:
            left_out["no_value"] += 1
        return
    name = base.get("bn", "") + said.get("n", "")
    if len(name) > MOST_NAME or not NAME.fullmatch(name):
        raise TelemetryError("bad_name", f'name "{name[:40]}": letters, digits and -:./_ make one')
    time = base.get("bt", 0.0) + said.get("t", 0.0)
    unit = said.get("u", base.get("bu"))
    relative = time < ABSOLUTE_FROM
    if values and values[0] != "v":
        left_out["not_a_number"] += 1
    elif values:
        _add(into, name, time, base.get("bv", 0.0) + said["v"], unit, relative)
    if "s" in said:
        _add(into, name + SUM, time, base.get("bs", 0.0) + said["s"], None, relative)


def _add(
    into: list[Measured], name: str, time: float, value: float, unit: str | None, relative: bool
) -> None:
    if not (math.isfinite(value) and math.isfinite(time)):
        raise TelemetryError("wrong_shape", f'"{name[:40]}": a sum with its base is not finite')
    into.append(Measured(name, time, value, unit, relative))
