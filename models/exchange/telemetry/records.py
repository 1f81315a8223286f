"""The one form that every standard of measured values is decoded to, and what keeps from it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from field_configs.device import MOST_NAME as MOST_NAME

#: Of one message [bytes]; a pack of a day's values every minute has 30,000.
MOST_BYTES = 65_536
#: Values of one message.
MOST_RECORDS = 4096
#: Arrays and objects within one another.
MOST_DEPTH = 8


class TelemetryError(ValueError):
    """A message that cannot be taken; `reason` is the word it is counted under, `detail` says more.

    Reasons: ``too_large``, ``not_readable``, ``too_deep``, ``too_many``, ``wrong_shape``,
    ``must_understand``, ``version_unknown``, ``bad_name``, ``not_decoded``, ``other_event``.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Measured:
    """One value of one name.

    Attributes
    ----------
    name : str
    time : float
        [s since 1970 UTC], or with `relative` [s] from when the message came.
    value : float
        In `unit`; always finite.
    unit : str or None
        As the device says it, of the SenML units registry (RFC 8428, section 12.1).
    relative : bool
        The device told no time of its own.
    """

    name: str
    time: float
    value: float
    unit: str | None = None
    relative: bool = False


@dataclass(frozen=True)
class Uplink:
    """By what a LoRaWAN message is known.

    Attributes
    ----------
    eui : str
        DevEUI, 16 hexadecimal digits, small.
    session : str
        Of the join, by which counters begin anew.
    counter : int or None
        FCntUp; None: the message tells neither it nor a payload, and so is known by neither.
    event : str or None
        What its network server calls this message.
    payload : str
        As the device sent it, in base64, or where that is not told, a digest of its values: the
        same in a repetition.
    sent : float or None
        When the network server had it [s since 1970 UTC].
    """

    eui: str
    session: str
    counter: int | None
    event: str | None
    payload: str
    sent: float | None


@dataclass(frozen=True)
class Telemetry:
    """What a message holds; `left_out` counts values that are none, by reason."""

    measured: list[Measured]
    left_out: Counter[str] = field(default_factory=Counter)
    uplink: Uplink | None = None

    @property
    def relative(self) -> bool:
        """Tell whether a value's time hangs on when the message came."""
        return any(one.relative for one in self.measured)
