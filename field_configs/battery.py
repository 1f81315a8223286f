"""What a board type lives on, its battery and its solar panel, and how it spares them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery: its charge [mAh], its usual voltage [V] and the share of it that can be used.

    ``source`` says where the figures were read, or that they are our choice.
    """

    mah: float
    volts: float
    usable: float
    source: str


@dataclass(frozen=True, slots=True)
class Solar:
    """A solar panel: its greatest power [W] and what arrives in the battery.

    ``sun_h`` is how many hours of full sun a day of the darkest month is worth [h], ``efficiency``
    the share that the charger passes on.
    """

    watts: float
    sun_h: float
    efficiency: float
    source: str


@dataclass(frozen=True, slots=True)
class PowerPolicy:
    """What a board does when its battery runs low: limits [V] and times between samples [s].

    A mode is left once the voltage is ``back`` [V] above its limit. With ``deep_sleep`` the board
    sleeps deeply between its samples, in every mode. ``supply_pin`` switches what feeds the sensors
    on a converter, ``supply_s`` [s] before each sample; without it they are fed all the time.
    """

    saving_below: float
    survival_below: float
    back: float
    saving_s: int
    survival_s: int
    deep_sleep: bool = False
    supply_pin: int | None = None
    supply_s: float = 0.0
