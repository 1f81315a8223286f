"""The self-test of a node: what it has said since somebody came to it, on pages and on paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Flask, g

from collector.store.network import nodes
from collector.store.network.nodes import Channel, Facts
from collector.store.postgres.db import Connection
from webapp.language.formats import local_time
from webapp.language.i18n import LANGUAGES, gettext
from webapp.language.words import pick
from webapp.views.technician.node_facts import VERDICTS, ShownChannel, show_channels, verdict_of


@dataclass(frozen=True)
class SelfTest:
    """What a node has said since somebody came; `checks` names the outcome of each part."""

    node: Facts
    since: datetime
    heard: bool
    checks: dict[str, str]
    channels: list[ShownChannel]
    signals: bool

    @property
    def passed(self) -> bool:
        """Whether all of it has passed."""
        return set(self.checks.values()) == {"pass"}


def self_test(conn: Connection, node: Facts, since: datetime) -> SelfTest:
    """Judge a node: a frame since somebody came, and each channel by its newest value.

    What was said under an earlier key counts not: it may be another board that said it.
    """
    counts = [key.created for key in nodes.keys(conn, node.id) if key.retired is None]
    since = max([since, *counts])
    serving = [each for each in nodes.channels(conn, node.id) if each.valid_to is None]
    heard = node.last_seen is not None and node.last_seen >= since
    return SelfTest(
        node,
        since,
        heard,
        {"frame": "pass" if heard else "missing"} | _checks(serving, since),
        show_channels(serving, since),
        any(each.quantity == "signal_strength" for each in serving),
    )


def _checks(serving: list[Channel], since: datetime) -> dict[str, str]:
    return {f"{each.channel} {each.quantity}": verdict_of(each, since) for each in serving}


@dataclass(frozen=True)
class Printed:
    """A self-test in words: title, rows of four cells of which the first names the columns."""

    passed: bool
    title: str
    rows: list[tuple[str, str, str, str]]
    outcome: str


def printed(conn: Connection, node_id: str, since: datetime) -> list[Printed]:
    """Put a node's self-test into words in each language; nothing of a node that is not there."""
    node = nodes.facts(conn, node_id)
    if node is None:
        return []
    told = []
    with Flask(__name__).app_context():
        for language in LANGUAGES:
            g.language = language
            told.append(_in_words(self_test(conn, node, since)))
    return told


def _in_words(test: SelfTest) -> Printed:
    node, never = test.node, "\N{EN DASH}"
    rows = [
        (gettext("Checked"), gettext("Result"), gettext("Value"), gettext("Plausible")),
        (
            gettext("Frame received"),
            str(VERDICTS["pass" if test.heard else "missing"][0]),
            local_time(node.last_seen) if node.last_seen else never,
            gettext("since you came"),
        ),
    ]
    for each in test.channels:
        result = f"{each.verdict} ({each.doubts})" if each.doubts else each.verdict
        name = " ".join(filter(None, (str(each.number), each.quantity, each.where)))
        value = f"{each.value or never}" + (f", {local_time(each.time)}" if each.time else "")
        rows.append((name, result, value, each.range))
    if not test.signals:
        rows.append((gettext("Signal"), gettext("not reported by this node"), never, never))
    village = pick(node.village_zh, node.village_en)
    return Printed(
        test.passed,
        f"{gettext('Self-test')}{gettext(': ')}{node.id} {village}{gettext('; ')}"
        + gettext("What came since %(time)s.", time=local_time(test.since)),
        rows,
        gettext("All has passed.") if test.passed else gettext("Not all has passed."),
    )
