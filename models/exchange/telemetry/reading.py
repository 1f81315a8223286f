"""Bytes of strangers to plain values: JSON and CBOR, with bounds on size, depth and number."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

import cbor2

from models.exchange.telemetry.records import MOST_BYTES, MOST_DEPTH, MOST_RECORDS, TelemetryError

#: Items of one CBOR message: names, values, arrays and maps.
MOST_ITEMS = 8 * MOST_RECORDS
#: Digits of a number; a double has 17 that count.
MOST_DIGITS = 400
DECIMAL = 4  # tag of a decimal fraction, RFC 8949 section 3.4.4
MOST_EXPONENT = 400


def bounded(data: bytes) -> bytes:
    """Return a message that is not too large, else raise TelemetryError.

    Parameters
    ----------
    data : bytes
    """
    if len(data) > MOST_BYTES:
        raise TelemetryError("too_large", f"{len(data)} bytes; send at most {MOST_BYTES} at once")
    return data


def read_json(data: bytes) -> Any:
    """Decode JSON (RFC 8259) in UTF-8; numbers that no double holds and repeated keys are refused.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    TelemetryError
    """
    try:
        found = json.loads(
            bounded(data).decode("utf-8"),
            parse_constant=_no_number,
            parse_int=_whole,
            parse_float=_number,
            object_pairs_hook=_object,
        )
    except RecursionError as error:
        raise TelemetryError("too_deep", "arrays and objects nested far too deep") from error
    except TelemetryError:
        raise
    except ValueError as error:  # also UnicodeDecodeError and JSONDecodeError
        raise TelemetryError("not_readable", f"no JSON: {error}") from error
    _check_depth(found)
    return found


def _no_number(text: str) -> NoReturn:
    raise TelemetryError("not_readable", f"{text} is no number of JSON; leave the value out")


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise TelemetryError("not_readable", f"a number of {len(text)} digits")
    return int(text)


def _number(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise TelemetryError("not_readable", f"{text[:20]} is larger than any double")
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise TelemetryError("not_readable", "an object names one key twice")
    return found


def _check_depth(found: Any) -> None:
    layer = [found]
    for _ in range(MOST_DEPTH):
        layer = [inner for each in layer for inner in _inside(each)]
        if not layer:
            return
    if any(isinstance(each, list | dict) for each in layer):
        raise TelemetryError("too_deep", f"nested deeper than {MOST_DEPTH}")


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    elif isinstance(value, dict):
        yield from value.values()


def read_cbor(data: bytes) -> Any:
    """Decode one item of CBOR (RFC 8949) that fills `data`; of tags, only decimal fractions.

    What is well-formed and within bounds is found out first, so that the library's decoder meets
    nothing that could fill the memory or run code of a tag.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    TelemetryError
    """
    end = _Walk(bounded(data)).item(0)
    if end != len(data):
        raise TelemetryError("not_readable", f"{len(data) - end} bytes after the end of the CBOR")
    try:
        return cbor2.loads(data)
    except (cbor2.CBORDecodeError, ValueError, ArithmeticError) as error:
        raise TelemetryError("not_readable", f"no CBOR: {error}") from error


class _Walk:
    """Goes over CBOR without making anything of it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.items = 0

    def item(self, depth: int) -> int:
        """Pass one item; return where it ends."""
        self.items += 1
        if self.items > MOST_ITEMS:
            raise TelemetryError("too_many", f"more than {MOST_ITEMS} items of CBOR")
        if depth > MOST_DEPTH:
            raise TelemetryError("too_deep", f"nested deeper than {MOST_DEPTH}")
        major, low, argument = self._head()
        if major <= 1 or (major == 7 and low < 28):
            return self.at
        if major in (2, 3):
            self._text(major, argument)
        elif major == 4:
            self._several(argument, depth)
        elif major == 5:
            self._map(argument, depth)
        elif major == 6 and argument == DECIMAL:
            self._decimal(depth)
        else:
            kind = f"tag {argument}" if major == 6 else "a break outside anything"
            raise TelemetryError("not_readable", f"{kind} at byte {self.at} of the CBOR")
        return self.at

    def _take(self, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) != count:
            raise TelemetryError("not_readable", f"the CBOR ends early, at byte {len(self.data)}")
        self.at += count
        return part

    def _head(self) -> tuple[int, int, int | None]:
        """Return major type, low bits and argument; None: of indefinite length."""
        first = self._take(1)[0]
        major, low = first >> 5, first & 31
        if low < 24:
            return major, low, low
        if low < 28:
            return major, low, int.from_bytes(self._take(1 << (low - 24)), "big")
        if low == 31 and major in (2, 3, 4, 5, 7):
            return major, low, None
        raise TelemetryError("not_readable", f"a reserved length at byte {self.at} of the CBOR")

    def _breaks(self) -> bool:
        if self.data[self.at : self.at + 1] != b"\xff":
            return False
        self.at += 1
        return True

    def _text(self, major: int, length: int | None) -> None:
        if length is not None:
            self._take(length)
            return
        while not self._breaks():
            self.items += 1
            inner, _, part = self._head()
            if inner != major or part is None:
                raise TelemetryError("not_readable", "a text of CBOR holds what is no text")
            self._take(part)

    def _several(self, count: int | None, depth: int) -> None:
        if count is None:
            while not self._breaks():
                self.item(depth + 1)
            return
        for _ in range(count):  # each takes a byte at least, else it ends early
            self.item(depth + 1)

    def _map(self, count: int | None, depth: int) -> None:
        keys: set[bytes] = set()
        left = -1 if count is None else count
        while left != 0 and not (count is None and self._breaks()):
            start = self.at
            if self.data[start : start + 1] and self.data[start] >> 5 in (4, 5, 6):
                raise TelemetryError("not_readable", "a key of CBOR is no number and no text")
            self.item(depth + 1)
            keys_before = len(keys)
            keys.add(self.data[start : self.at])
            if len(keys) == keys_before:
                raise TelemetryError("not_readable", "a map of CBOR names one key twice")
            self.item(depth + 1)
            left -= 1

    def _decimal(self, depth: int) -> None:
        """Pass exponent and mantissa, both plain numbers and the first a small one."""
        if self._take(1) != b"\x82":
            raise TelemetryError("not_readable", "a decimal fraction of CBOR is no pair")
        for part, most in (("exponent", MOST_EXPONENT), ("mantissa", 1 << 64)):
            major, _, argument = self._head()
            if major > 1 or argument is None or argument > most:
                raise TelemetryError("not_readable", f"the {part} of a decimal fraction of CBOR")
