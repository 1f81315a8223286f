"""Bytes of a report: sealed frames beside unsealed SenML in CBOR."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

import cbor2

from firmware.wire import codec, format1, seal, topics
from firmware.workbench.hourly import Weather
from tests.bench._wire_weather import LAYOUT, PER_FRAME, ROWS, SAMPLE_S, hours

NODE, KEY, EPOCH, BOOT = "qf-001", bytes(range(32)), 1, 1
TOPIC = topics.topic(NODE, "up")
HOUR_S = 3600
# RFC 8428, table 4.
BASE_TIME, NAME, VALUE = -3, 0, 2


class Sizes(NamedTuple):
    """Mean bytes of reports: one sample of each quantity, and an hour's six in one frame."""

    reports: int
    senml: float
    single: float
    batch: float
    single_format_1: float
    batch_format_1: float


class _Float32:
    """A number that is to take 32 bits, whatever shorter form it has."""

    def __init__(self, value: float) -> None:
        self.value = value


def _put_float32(encoder: cbor2.CBOREncoder, number: _Float32) -> None:
    encoder.write(b"\xfa" + struct.pack(">f", number.value))


def senml(at: int, values: Iterable[float]) -> bytes:
    """One sample of each quantity as SenML-CBOR with 32-bit floats.

    As short as it can be: names of one letter, no base name (the topic says who speaks), no units,
    the time once, as a whole number.
    """
    pack: list[dict[int, object]] = [
        {NAME: chr(ord("a") + place), VALUE: _Float32(value)} for place, value in enumerate(values)
    ]
    pack[0][BASE_TIME] = at
    return cbor2.dumps(pack, default=_put_float32)


def measure(weather: Weather, every: int = 1) -> Sizes:
    """Mean bytes over the year's hours, or every few of them; all in one boot of the node."""
    totals = [0] * 5
    count = 0
    boot_at = None
    for seq, (start, raw) in enumerate(hours(weather)):
        if boot_at is None:
            boot_at = start - 7  # the start of a boot lies on no step
        if seq % every:
            continue
        head = (LAYOUT.id, BOOT, seq, boot_at, start - boot_at)
        one = codec.Frame(*head, HOUR_S, [samples[:1] for samples in raw])
        six = codec.Frame(*head, SAMPLE_S, raw)
        values = [samples[0] / row.scale for samples, row in zip(raw, ROWS, strict=True)]
        made = [senml(start, values)]
        made += [seal.seal(KEY, EPOCH, TOPIC, codec.encode(frame)) for frame in (one, six)]
        made += [seal.seal(KEY, EPOCH, TOPIC, format1.encode(frame)) for frame in (one, six)]
        totals = [total + len(message) for total, message in zip(totals, made, strict=True)]
        count += 1
    return Sizes(count, *(total / count for total in totals))


def ratios(sizes: Sizes) -> tuple[float, float]:
    """A single report and a sample of a batch, each to a SenML report."""
    return sizes.single / sizes.senml, sizes.batch / PER_FRAME / sizes.senml
