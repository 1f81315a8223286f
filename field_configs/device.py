"""Devices of other makers as a site declares them: who tells of them, what they measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: LoRaWAN network servers whose uplinks are read.
NETWORK_KINDS = ("chirpstack", "things-stack")
#: Bits of a value that counts up; 0: without end.
COUNTER_BITS = (0, 16, 32)
#: Characters of what a device calls a value.
MOST_NAME = 200


@dataclass(frozen=True, slots=True)
class Network:
    """A network server of others. Its token is no part of a site."""

    id: str
    kind: str


@dataclass(frozen=True, slots=True)
class DeviceValue:
    """What a value of a device stands for.

    ``unit`` "" is the quantity's own; ``factor`` what one of what it sends is in that unit;
    ``counter`` the bits of a value that counts up, None: it is no counter.
    """

    placement: str
    unit: str = ""
    factor: float = 1.0
    counter: int | None = None

    def __str__(self) -> str:
        """Name the placement, the unit and how it counts."""
        times = "" if self.factor == 1.0 else f"{self.factor:g}*"
        ups = "" if self.counter is None else f", counts up, {self.counter} bits"
        return f"{self.placement} ({times}{self.unit or '-'}{ups})"


@dataclass(frozen=True, slots=True)
class Device:
    """A device of another maker; ``values`` maps what it calls a value to what that stands for.

    ``eui`` is its DevEUI at its ``network``; both are None where it speaks to the broker itself.
    ``every_s`` is how often it measures [s]; ``time_of_receipt``, that what it sends without a
    time counts as measured when it came.
    """

    id: str
    every_s: int
    time_of_receipt: bool
    network: str | None
    eui: str | None
    values: Mapping[str, DeviceValue]
