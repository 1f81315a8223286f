"""The jobs of the cold chain: readings told as events, alarms before a limit is broken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from collector.jobs.context import Context, Job
from collector.senders.settings import SmsSettings
from collector.senders.sms import SmsError, send_sms
from collector.store import items
from collector.store.coldchain import conditions, sensor_telling, shipments
from collector.store.coldchain.conditions import ALARMS, Condition
from collector.store.coldchain.shipments import Shipment
from collector.store.items import Found
from field_configs.events import Event, event
from field_configs.load import load
from field_configs.schema import Product

UNHEARD = "cold_unheard"
#: A limit that would break within this time, if the next hour is like this one, is an alarm [s].
AHEAD_S = 3600.0
#: What is measured longer ago than this says nothing of the next hour [s].
STALE_S = 1800.0
#: Messages to the people of parties are in Chinese; letters of a name in one.
LANGUAGE, MOST_NAME = "zh_CN", 20


@lru_cache
def products() -> dict[str, Product]:
    """Products of this release, by id."""
    return dict(load(site=None).products)


@dataclass(frozen=True)
class Alarm:
    """An alarm of a shipment that was not open before."""

    shipment: Shipment
    event: Event


def tell_readings(context: Context) -> Event:
    """Tell every span of readings that is over, each in a transaction of its own."""
    with context.pool.connection() as conn:
        due = sensor_telling.due(conn, context.now)
    for window in due:
        if context.stopping.is_set():
            break
        with context.pool.connection() as conn:
            sensor_telling.tell_one(conn, window, context.now)
    corrected = sum(window.event is not None for window in due)
    return event("cold_readings_told", told=len(due) - corrected, corrected=corrected)


def alarm_of(found: Shipment, product: Product, state: Condition) -> Event | None:
    """Say what is wrong with a shipment, or about to be; None where nothing is."""
    of = {"shipment": found.code, "product": product.id}
    silent = state.at.timestamp() - (state.heard or found.shipped.timestamp())
    if silent > STALE_S:
        return event("cold_unheard", **of, minutes=round(silent / 60))
    soonest, now_c = state.ride.soonest, state.warmest_now
    if math.isnan(soonest) or now_c is None or soonest > AHEAD_S:
        return None
    of["celsius"] = f"{now_c:.1f}"
    if soonest == 0:
        return event("cold_limit_broken", **of)
    return event("cold_limit_near", **of, minutes=max(1, round(soonest / 60)))


def _watched(going: Sequence[Shipment]) -> list[Shipment]:
    """One shipment for each load and product: several lots of a product need one alarm."""
    found: dict[tuple[str, str], Shipment] = {}
    for each in sorted(going, key=lambda one: (one.code != one.load, one.code)):
        if each.product in products():
            found.setdefault((each.load, each.product), each)
    return list(found.values())


def _look(context: Context) -> tuple[list[Alarm], int]:
    """Open and close the items of shipments on their way; return what is new and how many."""
    alarms, found = [], []
    unheard: set[str] = set()
    with context.pool.connection() as conn:
        before = {(each.event.kind, each.subject) for each in items.open_of_kinds(conn, ALARMS)}
        going = shipments.newest(conn, on_way=True)
        for each in _watched(going):
            product = products()[each.product]
            state = conditions.condition(conn, each, product, context.now)
            said = alarm_of(each, product, state)
            if said is None or (said.kind == UNHEARD and each.load in unheard):
                continue
            if said.kind == UNHEARD:
                unheard.add(each.load)
            node = state.channels[0].node if state.channels else None
            found.append(Found(said, each.code, node))
            if (said.kind, each.code) not in before:
                alarms.append(Alarm(each, said))
        for kind in ALARMS:
            still = [one.subject for one in found if one.event.kind == kind]
            items.close_others(conn, kind, still, context.now)
        items.raise_items(conn, found, context.now)
    return alarms, len(going)


def watch(context: Context, settings: SmsSettings | None = None) -> Event:
    """Look at every shipment on its way; what is new goes to the people of both parties.

    An alarm is kept before its messages go, so that nobody gets one twice; a process that ends in
    between leaves the alarm on the page without its message.
    """
    alarms, going = _look(context)
    sent = 0
    if alarms:
        settings = settings or SmsSettings.from_env()
        for alarm in alarms:
            sent += _send(context, settings, alarm)
    return event("cold_watched", shipments=going, alarms=len(alarms), messages=sent)


def _send(context: Context, settings: SmsSettings, alarm: Alarm) -> int:
    found, sent = alarm.shipment, 0
    with context.pool.connection() as conn:
        numbers = shipments.phones(conn, [found.sender, found.receiver])
    product = products()[found.product]
    params = {"shipment": found.code, "product": product.zh[:MOST_NAME]}
    if "minutes" in alarm.event.params:
        params["minutes"] = str(alarm.event.params["minutes"])
    for number in numbers:
        try:
            send_sms(
                context.pool,
                settings,
                number,
                alarm.event.kind,
                params,
                language=LANGUAGE,
                at=context.now,
            )
        except SmsError:
            continue  # send_sms has kept why; the page has the alarm
        sent += 1
    return sent


JOBS = (
    Job("cold_watch", timedelta(minutes=5), watch),
    Job("cold_readings", timedelta(minutes=10), tell_readings, timedelta(minutes=2)),
)
