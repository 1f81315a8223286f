"""Readings of loggers as events of the chain: each span of time once, corrected where more came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from collector.store import settings_table
from collector.store.coldchain import assets, logger_readings, shipments
from collector.store.coldchain.logger_readings import Channel, Window
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from collector.store.trace.members import tell
from collector.store.trace.parties import Party
from models.coldchain.readings import LONGEST_GAP_S
from models.coldchain.spans import coverage
from models.exchange.cold_chain import (
    MEASURED,
    Checked,
    Span,
    declared_wrong,
    name_of,
    sensor_reporting,
)

SQL = queries.load("sensor_telling")
#: Settings: how long a span is, and how long its readings may come late [min].
EVERY, GRACE = "coldchain.every_minutes", "coldchain.grace_minutes"
EVERY_MINUTES, GRACE_MINUTES = 60, 20
#: Readings that come later than this change what is shown and no event any more.
CORRECTED_WITHIN = timedelta(days=7)


class SettingError(ValueError):
    """A setting of the cold chain that is none; the message names it and the mend."""


def minutes(conn: Connection, key: str, otherwise: int) -> int:
    """Return a setting in whole minutes.

    Raises
    ------
    SettingError
        When it is no number of minutes from 1 to 1440.
    """
    text = settings_table.get(conn, key)
    if text is None:
        return otherwise
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1440:
        raise SettingError(f'setting {key} is "{text}"; set it to whole minutes from 1 to 1440')
    return int(text)


def _span(channel: Channel, start: float, end: float) -> Span:
    there = ~np.isnan(channel.value)
    known = coverage(channel.time[there], start, end)
    inside = there & (channel.time >= start) & (channel.time < end)
    values = channel.value[inside]
    if not len(values):
        return Span(channel.number, channel.quantity, known, 0)
    return Span(
        channel.number,
        channel.quantity,
        known,
        len(values),
        round(float(values.min()), 2),
        round(float(values.mean()), 2),
        round(float(values.max()), 2),
        float(values[-1]),
        float(values.sum()),
    )


def _spans(conn: Connection, window: Window) -> list[Span]:
    margin = timedelta(seconds=LONGEST_GAP_S)
    found = logger_readings.channels(
        conn, window.asset, window.start - margin, window.end + margin, window.node
    )
    start, end = window.start.timestamp(), window.end.timestamp()
    spans = [_span(each, start, end) for each in found if each.quantity in MEASURED]
    told = {(span.channel, span.quantity) for span in spans}
    silent = [
        Span(channel, quantity, 0.0, 0)
        for channel, quantity in fetch(conn, SQL["channels"], node=window.node, at=window.start)
        if quantity in MEASURED and (channel, quantity) not in told
    ]
    return sorted([*spans, *silent], key=lambda span: (span.channel, span.quantity))


def _tell(conn: Connection, window: Window, at: datetime) -> None:
    spans = _spans(conn, window)
    if not spans:
        return
    asset = assets.asset(conn, window.asset)
    party = Party(asset.party, asset.party_name)
    revision = window.revision if window.event is None else window.revision + 1
    id_ = name_of("sensors", window.attachment, window.start.timestamp(), revision)
    lots = shipments.carried(conn, window.asset, (window.start, window.end))
    check = assets.checks(conn, [window.node]).get(window.node)
    state = None if check is None else Checked(check.day, check.due)
    between = (window.start, window.end)
    told = sensor_reporting(id_, window.node, asset.uri, lots, between, spans, state)
    events = [told]
    if window.event is not None:
        rows = fetch(conn, SQL["event"], party=party.id, id=window.event)
        events += [declared_wrong(document, id_, at) for (document,) in rows]
    run(
        conn,
        SQL["put"],
        attachment=window.attachment,
        start=window.start,
        revision=revision,
        event=id_,
        readings=window.readings,
        at=at,
    )
    tell(conn, party, events, at)


def due(conn: Connection, at: datetime) -> Sequence[Window]:
    """Return the spans of time that are to be told now, or anew."""
    every, grace = minutes(conn, EVERY, EVERY_MINUTES), minutes(conn, GRACE, GRACE_MINUTES)
    until = at - timedelta(minutes=grace)
    return logger_readings.windows(conn, at - CORRECTED_WITHIN, until, every * 60)


def tell_one(conn: Connection, window: Window, at: datetime) -> None:
    """Tell one span of time, and declare wrong what was told of it before; the caller commits.

    Its id follows from the attachment, the span and how often it was corrected, so that telling it
    twice adds nothing.
    """
    fetch(conn, SQL["lock"], id=window.attachment)
    _tell(conn, window, at)
