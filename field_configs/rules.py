"""Rules by which a node switches its outputs alone: checked, and compiled for its configuration.

A threshold has ``channel``, ``above`` or ``below`` and ``back``, where it ends; a schedule has
``from`` and ``to``, local times as "06:30", and ``days``, 1 Monday to 7 Sunday, all where they are
not given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from field_configs.acting import BoardOutput, BoardRule
from field_configs.reading import Section
from field_configs.schema import Board, BoardChannel, ConfigError
from firmware.wire.quantities import by_name

MOST = 32
DAY_MIN = 24 * 60
WEEK_MIN = 7 * DAY_MIN
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def compile_rules(
    board: Board, rows: Sequence[Mapping[str, Any]], name: str = "rules"
) -> tuple[list[list[int]], list[ConfigError]]:
    """Compile rules as they are written into those of a node's configuration.

    Parameters
    ----------
    board : Board
        Of the node.
    rows : sequence of mapping
        As ``[[rules]]`` of a board type are written.
    name : str
        What errors call the place.

    Returns
    -------
    tuple of (list of list, list of ConfigError)
        ``rules`` of node.json, and every error: where there is one, nothing is to be sent.
    """
    errors: list[ConfigError] = []
    section = Section({"rules": [dict(row) for row in rows]}, name, "", errors)
    rules = take_rules(section, board.channels, board.outputs)
    return [list(rule.raw) for rule in rules], errors


def take_rules(
    section: Section, channels: Sequence[BoardChannel], outputs: Sequence[BoardOutput]
) -> tuple[BoardRule, ...]:
    """Take rules; what cannot be meant is an error: crossing thresholds, overlapping schedules."""
    parts = section.tables("rules")
    if len(parts) > MOST:
        section.fail("rules", f"are {len(parts)}: a node takes at most {MOST}")
    rules: list[BoardRule] = []
    for part in parts:
        rule = _rule(part, channels, outputs)
        if not part.bad:
            _check_against(rule, rules, outputs, part)
        rules.append(rule)
        section.bad |= part.bad
    return tuple(rules)


def _rule(
    part: Section, channels: Sequence[BoardChannel], outputs: Sequence[BoardOutput]
) -> BoardRule:
    number = part.whole("output", 0, 31)
    output = next((each for each in outputs if each.number == number), None)
    if output is None and not part.bad:
        known = ", ".join(f"{each.number} ({each.en})" for each in outputs) or "none"
        part.fail("output", f"the board has no output {number}: it has {known}")
    if part.has("channel"):
        raw = _threshold(part, channels)
        channel = raw[0]
    else:
        raw, channel = _schedule(part, output), None
    part.close()
    return BoardRule(number, channel, (number, *raw))


def _threshold(part: Section, channels: Sequence[BoardChannel]) -> list[int]:
    number = part.whole("channel", 0, 31)
    quantity = {channel.number: channel.quantity for channel in channels}.get(number)
    if quantity is None:
        part.fail("channel", f"the board has no channel {number}: give the number of one")
        part.know(("below", "above", "back"))
        return [number, 0, 0]
    row = by_name(quantity)
    below = part.maybe_number("below", row.low, row.high, row.unit)
    above = part.maybe_number("above", row.low, row.high, row.unit)
    back = part.number("back", row.low, row.high, row.unit)
    if not part.bad:
        if (below is None) == (above is None):
            part.fail("below", "give either below or above, the value at which it switches on")
        elif below is not None and round(back * row.scale) <= round(below * row.scale):
            part.fail("back", f"{back:g} is not above {below:g}: the thresholds cross; swap them")
        elif above is not None and round(back * row.scale) >= round(above * row.scale):
            part.fail("back", f"{back:g} is not below {above:g}: the thresholds cross; swap them")
    on = above if below is None else below
    return [number, round((on or 0) * row.scale), round(back * row.scale)]


def _minute(part: Section, key: str) -> int:
    text = part.text(key, 'a local time, like "06:30"')
    match = _TIME.fullmatch(text)
    if text and not match:
        part.fail(key, f'"{text}" is no time of day: write it like "06:30"')
    return int(match[1]) * 60 + int(match[2]) if match else 0


def _schedule(part: Section, output: BoardOutput | None) -> list[int]:
    start, end = _minute(part, "from"), _minute(part, "to")
    length = (end - start) % DAY_MIN
    days = dict(part.pairs_of(("days",))).get("days", [1, 2, 3, 4, 5, 6, 7])
    good = isinstance(days, list) and bool(days) and len(days) == len({*map(str, days)})
    if not good or any(type(day) is not int or not 1 <= day <= 7 for day in days):
        part.fail("days", "is no list of days: give some of 1 (Monday) to 7 (Sunday), each once")
        days = []
    if not length and not part.bad:
        part.fail("to", "is the same time as from: give the time at which it ends")
    if output is not None and not part.bad and length * 60 > output.longest_s:
        most = output.longest_s // 60
        part.fail(
            "to",
            f"is {length} min after from, and output {output.number} may be on for {most} min in "
            "one go: end it earlier, or make two of it",
        )
    return [sum(1 << day - 1 for day in days), start, length, 0]


def _check_against(
    rule: BoardRule, others: Sequence[BoardRule], outputs: Sequence[BoardOutput], part: Section
) -> None:
    for place, other in enumerate(others, 1):
        if rule.channel is not None and rule.channel == other.channel:
            _check_thresholds(rule, other, place, part)
        elif rule.output == other.output and _overlap(rule, other):
            part.fail("from", f"overlaps with rule {place} of the same output: mend one")
    same = [*(each for each in others if each.output == rule.output), rule]
    output = next(each for each in outputs if each.number == rule.output)
    for day in range(7):
        lengths = [each.raw[3] for each in same if each.channel is None and each.raw[1] >> day & 1]
        if sum(lengths) * 60 > output.day_s and not part.bad:
            part.fail(
                "to",
                f"{sum(lengths)} min on one day in all, and output {rule.output} may be on for "
                f"{output.day_s // 60} min: shorten one",
            )


def _check_thresholds(rule: BoardRule, other: BoardRule, place: int, part: Section) -> None:
    is_above = rule.raw[2] > rule.raw[3]
    if is_above == (other.raw[2] > other.raw[3]):
        if rule.output == other.output:
            part.fail("channel", f"rule {place} switches the same output by it: remove one")
        return
    high, low = (rule, other) if is_above else (other, rule)
    if high.raw[3] < low.raw[3]:
        part.fail(
            "back",
            f"the thresholds cross those of rule {place}: both would be on at the same value; let "
            "the one that is above end no lower than the one that is below",
        )


def _overlap(one: BoardRule, other: BoardRule) -> bool:
    """Whether two rules are schedules that share a minute of the week."""
    if one.channel is not None or other.channel is not None:
        return False
    for first in _starts(one):
        for second in _starts(other):
            if (second - first) % WEEK_MIN < one.raw[3]:
                return True
            if (first - second) % WEEK_MIN < other.raw[3]:
                return True
    return False


def _starts(rule: BoardRule) -> list[int]:
    _, days, start, *_ = rule.raw
    return [day * DAY_MIN + start for day in range(7) if days >> day & 1]
