"""What a node's readings are held against, and what was decided on them: struck and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.store import audit
from collector.store.measured import qc_decisions
from collector.store.measured.qc_decisions import Decision, Place, Span
from collector.store.network import limits, nodes
from collector.store.network.limits import Given
from collector.store.network.nodes import Channel
from field_configs.names import unseen, visible
from models.weather.local_days import LOCAL
from models.weather.quality import STRUCK
from webapp.accounts.access import needs
from webapp.accounts.own import entry_key, me, take
from webapp.accounts.reach import node_within
from webapp.app.database import connection, now
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.risks import quantity_name
from webapp.language.words import word
from webapp.views.measures import shown_unit, where

bp = Blueprint("node_quality", __name__)
MOST_REASON = 200
#: What was decided is shown for so long back.
SHOWN = timedelta(days=400)
FAR = timedelta(days=36_500)
WAYS = {"strike": ("readings_struck", True), "unstrike": ("readings_unstruck", False)}
LIMITS = {
    "low": lazy_gettext("lowest"),
    "high": lazy_gettext("highest"),
    "step": lazy_gettext("largest change in an hour"),
    "freeze_h": lazy_gettext("hours it may stand still"),
    "apart": lazy_gettext("how far from its neighbours"),
}


@dataclass(frozen=True)
class Shown:
    """A placement with what counts there and what was decided."""

    channel: Channel
    name: str
    unit: str
    given: list[tuple[Given, str]]
    decided: list[tuple[Decision, str, str]]


def _limits(one: Given) -> str:
    own = {name: getattr(one.limits, name) for name in LIMITS}
    said = [f"{LIMITS[name]} {value:g}" for name, value in own.items() if value is not None]
    return ", ".join(said) or str(gettext("the usual limits"))


def _decision(one: Decision) -> str:
    name = word(f"qc.{one.name}")
    return name if one.stands else str(gettext("taken back: %(what)s", what=name))


def _found(one: Decision) -> str:
    """What a job found, in words."""
    told = one.evidence
    if "dew_point" in told:
        over = (
            gettext("humidity stands at %(humidity)s %% for a day", humidity=told["humidity"])
            if told.get("rule") == "saturated"
            else gettext("humidity %(humidity)s %%", humidity=told["humidity"])
        )
        text = gettext(
            "%(humidity)s: with the temperature beside it a dew point of %(own)s °C, around it "
            "%(around)s °C by %(count)s neighbours; over the day %(apart)s °C apart",
            humidity=over,
            own=told["dew_point"],
            around=told.get("dew_point_around"),
            count=told.get("neighbours"),
            apart=told.get("apart"),
        )
        return str(text)
    said = str(gettext("found by comparing with other probes"))
    if "value" in told and "around" in told:
        beside = gettext("around it %(value)s", value=told["around"])
        said = gettext(
            "%(said)s: %(value)s, %(beside)s", said=said, value=told["value"], beside=beside
        )
    return str(said)


def _shown(channel: Channel) -> Shown:
    conn, at = connection(), now()
    found = qc_decisions.history(conn, channel.series, at - SHOWN, at + FAR, limit=20)
    return Shown(
        channel,
        f"{quantity_name(channel.quantity)} {where(channel.height_m)}".strip(),
        shown_unit(channel.quantity),
        [(one, _limits(one)) for one in limits.of_placement(conn, channel.placement)],
        [(one, _decision(one), "" if one.person else _found(one)) for one in found],
    )


@bp.route("/nodes/<node_id>/quality", methods=["GET", "POST"])
@needs("nodes", reads="network_seen", about="node_id")
def page(node_id: str) -> ResponseReturnValue:
    """Show what was decided on a node's readings, and decide what the form asks."""
    node = node_within(node_id, "nodes")
    served = {each.placement: each for each in nodes.channels(connection(), node.id)}
    wrong: dict[str, str] = {}
    if request.method == "POST":
        asked = request.form.get("way", "")
        if asked not in WAYS:
            abort(400, gettext("Answer with one of the buttons."))
        channel = served.get(request.form.get("placement", ""))
        span, reason = _read(channel, wrong)
        if not wrong and channel is not None and span is not None:
            here, over = channel, span
            return take(lambda at: _decide(node.id, here, over, asked, reason, at))
    return (
        render_template(
            "technician/quality.html",
            node=node,
            places=[_shown(each) for each in served.values()],
            wrong=wrong,
            typed=request.form,
            entry_key=entry_key(),
        ),
        422 if wrong else 200,
    )


def _moment(name: str, wrong: dict[str, str]) -> datetime | None:
    """A time of the form, which is written in local time; None where nothing stands there."""
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        wrong[name] = str(gettext("Write a day and a time, like 2026-05-01T08:00."))
        return None
    return found if found.tzinfo else found.replace(tzinfo=LOCAL)


def _read(channel: Channel | None, wrong: dict[str, str]) -> tuple[Span | None, str]:
    """What the form says, and what is wrong with it."""
    if channel is None:
        wrong["placement"] = str(gettext("Choose what was measured wrongly."))
    since, until = _moment("since", wrong), _moment("until", wrong)
    if since is None and "since" not in wrong:
        wrong["since"] = str(gettext("Say from when on."))
    if since is not None and until is not None and until <= since:
        wrong["until"] = str(gettext("The end must lie after the beginning."))
    reason = " ".join(request.form.get("reason", "").split())
    if not reason:
        wrong["reason"] = str(gettext("Say why: it stays beside the readings."))
    elif len(reason) > MOST_REASON or unseen(reason):
        wrong["reason"] = str(gettext("Write at most %(most)s characters.", most=MOST_REASON))
    return (None if since is None else Span(since, until)), visible(reason)


def _decide(node: str, channel: Channel, span: Span, asked: str, reason: str, at: datetime) -> str:
    conn, (action, stands) = connection(), WAYS[asked]
    place = Place(channel.placement, channel.quantity, channel.series)
    count = qc_decisions.decide(
        conn, place, span, STRUCK, stands=stands, by=me().name, reason=reason, at=at
    )
    told: Mapping[str, object] = {
        "from": span.since.isoformat(),
        "to": span.until.isoformat() if span.until else None,
        "readings": count,
        "by": me().name,
        "node": node,
        "reason": reason,
    }
    audit.append(conn, str(me().id), action, channel.placement, dict(told), at=at)
    flash(gettext("Written down; summaries and advice follow within minutes."))
    return url_for("node_quality.page", node_id=node)
