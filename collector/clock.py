"""The one clock of a running system: the machine's, or a simulated one for the demo."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time to every part that needs it."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...

    def spec(self) -> str:
        """Return the text that `from_spec` turns back into this clock."""
        ...

    def real_seconds(self, seconds: float) -> float:
        """Return how many real seconds pass while this clock moves on by `seconds`."""
        ...


@dataclass(frozen=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time, aware, in UTC."""
        return datetime.now(UTC)

    def spec(self) -> str:
        """Return ``system``."""
        return "system"

    def real_seconds(self, seconds: float) -> float:
        """Return `seconds`."""
        return seconds


@dataclass(frozen=True)
class SimulatedClock:
    """A clock that read `sim_unix` when the machine's read `real_unix`, `rate` times as fast.

    Attributes
    ----------
    sim_unix, real_unix : float
        The same instant on both clocks [s since 1970-01-01 UTC].
    rate : float
        Simulated seconds for each real second.
    """

    sim_unix: float
    real_unix: float
    rate: float

    def now(self) -> datetime:
        """Return the simulated time, aware, in UTC."""
        passed = (time.time() - self.real_unix) * self.rate
        return datetime.fromtimestamp(self.sim_unix + passed, UTC)

    def spec(self) -> str:
        """Return ``sim:<sim_unix>@<real_unix>*<rate>``."""
        return f"sim:{self.sim_unix:.3f}@{self.real_unix:.3f}*{self.rate:g}"

    def real_seconds(self, seconds: float) -> float:
        """Return `seconds` divided by the rate."""
        return seconds / self.rate


class ClockSpecError(ValueError):
    """The clock's specification cannot be read."""


def from_spec(spec: str) -> Clock:
    """Make a clock from its specification.

    Parameters
    ----------
    spec : str
        ``system``, or ``sim:<sim_unix>@<real_unix>*<rate>`` with a rate above zero.

    Raises
    ------
    ClockSpecError
        When the text is neither.
    """
    if spec == "system":
        return SystemClock()
    try:
        kind, rest = spec.split(":", 1)
        sim, rest = rest.split("@", 1)
        real, rate = rest.split("*", 1)
        clock = SimulatedClock(float(sim), float(real), float(rate))
    except ValueError:
        kind, clock = "", SimulatedClock(0, 0, 1)
    if kind != "sim" or not clock.rate > 0:
        raise ClockSpecError(
            f'NONGQING_CLOCK: cannot read "{spec}"; '
            'write "system" or "sim:<sim_unix>@<real_unix>*<rate>" with a rate above zero'
        )
    return clock
