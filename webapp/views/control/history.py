"""Orders with what came of them, and what a node did by itself, in one line of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from collector.control.shown import Given
from collector.store.control.output_states import Told
from webapp.language.i18n import gettext
from webapp.views.control.words import (
    ALARMS,
    OFF,
    REFUSED,
    TONES,
    by_text,
    itself,
    order_text,
    span,
    what,
)


@dataclass(frozen=True)
class Act:
    """One thing that was ordered, or happened by itself; `steps` are what the node told of it."""

    at: datetime
    output: str
    what: str
    by: str
    why: str
    tone: str
    state: str
    steps: tuple[tuple[datetime, str], ...] = ()


def acts_of(
    orders: Sequence[Given], told: Sequence[Told], names: Mapping[int, str], read: int
) -> tuple[list[Act], datetime | None]:
    """Put orders and what a node did by itself in one line, the newest first.

    Parameters
    ----------
    orders, told : sequence
        Each the newest before the same time, the newest first, `read` at most.
    names : mapping
        What outputs are called.
    read : int

    Returns
    -------
    tuple of list and datetime
        Acts, and before which time, a whole second, the others are; None where there are none.
    """
    own = [each for each in told if each.by <= 0]
    made, received = [each.order.made for each in orders], [each.received for each in told]
    ends = [times[-1] for times in (made, received) if len(times) >= read]
    found = [(each.order.made, _ordered(each, names)) for each in orders]
    found += [(each.received, _alone(each, names)) for each in own]
    found.sort(key=lambda pair: pair[0], reverse=True)
    if not ends:
        return [act for _, act in found], None
    # Of what was not read whole, nothing is told before the whole second that was read last.
    last = max(ends)
    cut = datetime.fromtimestamp(ceil(last.timestamp()), last.tzinfo)
    kept = [act for when, act in found if when >= cut]
    if not kept:  # more than a page within one second
        kept, cut = [act for _, act in found], cut - timedelta(seconds=1)
    return kept, cut


def _name(output: int | None, names: Mapping[int, str]) -> str:
    if output is None:
        return str(gettext("all outputs"))
    return names.get(output, str(output))


def _ordered(given: Given, names: Mapping[int, str]) -> Act:
    order = given.order
    return Act(
        at=order.made,
        output=_name(order.output, names),
        what=what(order),
        by=by_text(order),
        why=order.why,
        tone=TONES.get(given.state, "out_of_season"),
        state=_state(given),
        steps=tuple((each.when, step_text(each)) for each in given.told),
    )


def _state(given: Given) -> str:
    if given.state == "off" and given.order.act == "on":
        return str(gettext("It was on, and is off."))
    return order_text(given.state, given.order.reason)


def _alone(told: Told, names: Mapping[int, str]) -> Act:
    bad = told.state == "alarm"
    return Act(
        at=told.when,
        output=_name(told.output, names),
        what=step_text(told),
        by=itself(told.by),
        why="",
        tone="high" if bad else "no_risk" if told.state in ("on", "proof") else "out_of_season",
        state="",
    )


def step_text(told: Told) -> str:
    """Say one thing that a node told of an output."""
    more = told.more
    if told.state == "on":
        return str(gettext("on, for %(time)s at most", time=span(int(more))))
    if told.state == "off":
        return str(gettext("off: %(why)s", why=OFF.get(more, more)))
    if told.state == "refused":
        return str(gettext("not switched on: %(why)s", why=REFUSED.get(more, more)))
    if told.state == "alarm":
        return str(gettext("alarm: %(what)s", what=ALARMS.get(more, more)))
    if told.state == "clear":
        return str(gettext("over: %(what)s", what=ALARMS.get(more, more)))
    return {
        "accepted": str(gettext("order taken")),
        "proof": str(gettext("seen to work")),
        "hold": str(gettext("by hand from now on")),
        "auto": str(gettext("automatic from now on")),
    }[told.state]
