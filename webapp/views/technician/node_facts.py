"""All that is known of one node, as its page shows it; what it does not report is said as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from collector.store.measured.readings import Curve
from collector.store.network.nodes import Boot, Channel
from field_configs.load import load
from field_configs.schema import Board
from firmware.wire.quantities import by_name
from models.weather.quality import FREEZE, MISSING, QC_NAMES, RANGE_CHECKED, STEP_CHECKED
from webapp.language.formats import local_time, number
from webapp.language.i18n import gettext, lazy_gettext, ngettext
from webapp.language.risks import quantity_name, upper_first
from webapp.language.words import word
from webapp.views.measures import (
    ShownCurve,
    digits_of,
    order_of,
    scale_of,
    show_curve,
    shown_unit,
    where,
)

Curves: TypeAlias = Mapping[str, tuple[Curve, NDArray[np.int16]]]
#: As MicroPython numbers them on the ESP32 (docs.micropython.org, machine.reset_cause), and 6,
#: which firmware/node/board_esp32.py reads from the chip.
BOOT_CAUSES = {
    "1": lazy_gettext("power came back"),
    "2": lazy_gettext("reset button, or brown-out"),
    "3": lazy_gettext("the watchdog: its program stood still"),
    "4": lazy_gettext("woke from deep sleep"),
    "5": lazy_gettext("its program began anew"),
    "6": lazy_gettext("brown-out: the voltage fell too low"),
}


@lru_cache
def boards() -> dict[str, Board]:
    """Board types of this release, by id."""
    return dict(load(site=None).boards)


@dataclass(frozen=True)
class ShownChannel:
    """A channel: what it serves, its newest value, whether that can be."""

    number: int
    quantity: str
    where: str
    placement: str
    value: str
    time: datetime | None
    range: str
    verdict: str
    tone: str
    doubts: str
    calibration: str


@dataclass(frozen=True)
class MarkedCurve:
    """A curve with the marks of its quality in words."""

    shown: ShownCurve
    channel: int
    where: str
    doubts: str


def amount(quantity: str, value: float) -> str:
    """Write a value with its unit."""
    written = number(value * scale_of(quantity), digits_of(quantity))
    return f"{written} {shown_unit(quantity)}".strip()


def _range(quantity: str) -> str:
    known = by_name(quantity)
    low, high = (number(each * scale_of(quantity), 0) for each in (known.low, known.high))
    return str(gettext("%(low)s to %(high)s", low=low, high=high)) + f" {shown_unit(quantity)}"


def _doubts(qc: int) -> str:
    names = [
        word(f"qc.{name}")
        for bit, name in QC_NAMES.items()
        if qc & bit and bit not in (RANGE_CHECKED, STEP_CHECKED)
    ]
    return ", ".join(names)


#: What a channel can be found to be; "missing" also where nothing came since somebody stands there.
VERDICTS = {
    "pass": (lazy_gettext("pass"), "no_risk"),
    "fail": (lazy_gettext("fail"), "high"),
    "missing": (lazy_gettext("missing"), "cannot_say"),
}


def verdict_of(channel: Channel, since: datetime | None = None) -> str:
    """Judge a channel by its newest reading: one of `VERDICTS`.

    Parameters
    ----------
    channel
    since
        Aware; a reading before it does not count. None: any counts.
    """
    if channel.time is None or channel.qc & MISSING or channel.value is None:
        return "missing"
    if since is not None and channel.time < since:
        return "missing"
    known = by_name(channel.quantity)
    if channel.qc & ~(RANGE_CHECKED | STEP_CHECKED):
        return "fail"
    return "pass" if known.low <= channel.value <= known.high else "fail"


def show_channels(found: Iterable[Channel], since: datetime | None = None) -> list[ShownChannel]:
    """Describe channels that serve a placement now; `since` as for `verdict_of`."""
    shown = []
    for each in found:
        if each.valid_to is not None:
            continue
        verdict = verdict_of(each, since)
        words, tone = VERDICTS[verdict]
        shown.append(
            ShownChannel(
                number=each.channel,
                quantity=quantity_name(each.quantity),
                where=where(each.height_m),
                placement=each.placement,
                value="" if each.value is None else amount(each.quantity, each.value),
                time=each.time,
                range=_range(each.quantity),
                verdict=str(words),
                tone=tone,
                doubts=_doubts(each.qc),
                calibration=_calibration(each),
            )
        )
    return shown


def _calibration(channel: Channel) -> str:
    said = []
    if channel.calibrated is not None and channel.slope is not None:
        line = f"{channel.slope:g} × x {channel.intercept or 0:+g}".replace("-", "−")
        since = local_time(channel.calibrated)
        said.append(str(gettext("calibrated since %(time)s: %(line)s", time=since, line=line)))
    limit = "" if channel.wet_threshold is None else number(channel.wet_threshold, 0)
    if limit:
        said.append(str(gettext("leaves are called wet from %(limit)s %% on", limit=limit)))
    return " · ".join(said)


def show_curves(
    found: Sequence[Channel], curves: Curves, window: tuple[datetime, datetime]
) -> list[MarkedCurve]:
    """Draw the channels that serve a placement now, with marks where values are in doubt."""
    shown = []
    for each in sorted(found, key=lambda one: (order_of(one.quantity), one.channel)):
        if each.valid_to is not None or each.placement not in curves:
            continue
        curve, qc = curves[each.placement]
        bad = np.flatnonzero(qc & ~np.int16(RANGE_CHECKED | STEP_CHECKED))
        seconds = curve.times.astype("datetime64[s]").astype(np.int64)
        moments = [datetime.fromtimestamp(int(seconds[index]), UTC) for index in bad]
        drawn = show_curve(each.quantity, [curve], window, f"ch-{each.channel}", moments)
        shown.append(MarkedCurve(drawn, each.channel, where(each.height_m), _hours_in_doubt(qc)))
    return shown


def _hours_in_doubt(qc: NDArray[np.int16]) -> str:
    said = []
    for bit, name in QC_NAMES.items():
        hours = int(np.count_nonzero(qc & np.int16(bit)))
        if hours and bit not in (RANGE_CHECKED, STEP_CHECKED):
            text = ngettext(
                "%(name)s: %(num)d hour", "%(name)s: %(num)d hours", hours, name=word(f"qc.{name}")
            )
            said.append(upper_first(text))
    return "; ".join(said)


def frozen(channel: Channel) -> str:
    """Say since when a channel has stood still, '' where it moves."""
    if not channel.qc & FREEZE or channel.same_since is None:
        return ""
    return str(gettext("unchanged since %(time)s", time=local_time(channel.same_since)))


def boot_cause(boot: Boot) -> str:
    """Say why a node began anew."""
    if boot.cause is None:
        return str(gettext("cause not told"))
    if boot.cause in BOOT_CAUSES:
        return str(BOOT_CAUSES[boot.cause])
    return str(gettext("cause %(cause)s", cause=boot.cause))


def began(boot: Boot) -> datetime | None:
    """When a boot began; None as long as the node did not know the time."""
    return None if boot.unix_s is None else datetime.fromtimestamp(boot.unix_s, UTC)


def report_within(board: str) -> timedelta:
    """Within how long a node of a board type sends a frame after it was switched on: with the time
    known it fills one; without, it sends its first sample at once.
    """
    known = boards().get(board)
    return (
        timedelta(hours=1)
        if known is None
        else timedelta(seconds=known.sample_s * known.samples_per_frame)
    )
