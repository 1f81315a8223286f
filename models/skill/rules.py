"""When a hazard counts as validated here, and which answers a report is matched with: defaults.

The one place of these numbers. A deployment may change them (settings ``skill.<name>``); each
change is logged, and a threshold below its default is shown wherever validation is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from firmware.wire.quantities import nearest

KINDS = ("disease", "pest", "weather")
#: Rules whose lowering makes it easier to be validated.
THRESHOLDS = ("least_cases", "least_seasons", "lower_bound", "level")
#: name -> lowest and highest value
BOUNDS: Mapping[str, tuple[float, float]] = {
    "least_cases": (2, 100_000),
    "least_seasons": (2, 100),
    "lower_bound": (-1.0, 1.0),
    "level": (0.5, 0.999),
    **{f"{kind}_{end}": (1, 120) for kind in KINDS for end in ("first", "last")},
}


class RuleError(ValueError):
    """A rule of the skill ledger that does not exist or cannot have that value."""


@dataclass(frozen=True)
class Rules:
    """Thresholds of validation and matching windows.

    Attributes
    ----------
    least_cases
        Matched cases with a probability that validation needs.
    least_seasons
        Seasons that they come from, at least; an interval over one season is none.
    lower_bound
        The lower end of the interval of the Brier skill must lie above it.
    level
        Coverage of that interval.
    disease_first, disease_last, pest_first, pest_last, weather_first, weather_last
        From the end of the day an answer is for to the day of the report, both included [d].
        Provisional: a disease shows one latent period or more after infection, pests are counted
        within two weeks of a warning, damage by weather shows within two weeks.
    """

    least_cases: int = 30
    least_seasons: int = 2
    lower_bound: float = 0.0
    level: float = 0.95
    disease_first: int = 5
    disease_last: int = 30
    pest_first: int = 1
    pest_last: int = 14
    weather_first: int = 1
    weather_last: int = 14

    def window(self, kind: str) -> tuple[int, int]:
        """First and last day of the matching window of a kind of hazard [d]."""
        return getattr(self, f"{kind}_first"), getattr(self, f"{kind}_last")

    @property
    def lowered(self) -> tuple[str, ...]:
        """Names of the thresholds that are below their defaults."""
        return tuple(n for n in THRESHOLDS if getattr(self, n) < getattr(DEFAULTS, n))

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of all rules that are not as by default."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) != f.default)


DEFAULTS = Rules()


def with_rule(rules: Rules, name: str, text: str) -> Rules:
    """Change one rule.

    Parameters
    ----------
    rules
        The rules in force.
    name
        Name of an attribute of `Rules`.
    text
        Its new value, in the rule's own unit (days, or none).

    Raises
    ------
    RuleError
        If there is no such rule, or it cannot have that value.
    """
    if name not in BOUNDS:
        near = nearest(name, list(BOUNDS))
        hint = f' (did you mean "{near}"?)' if near else ""
        raise RuleError(f'no rule "{name}"{hint}; rules: {", ".join(BOUNDS)}')
    whole = isinstance(getattr(DEFAULTS, name), int)
    low, high = BOUNDS[name]
    value: Any
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        kind = "a whole number" if whole else "a number"
        raise RuleError(f'{name}: "{text}" is not {kind}; give one') from None
    if not low <= value <= high:
        raise RuleError(f"{name}: {text} is not within {low}..{high}; give a value in that range")
    changed = replace(rules, **{name: value})
    for kind in KINDS:
        first, last = changed.window(kind)
        if first > last:
            raise RuleError(
                f"{name}: the window of {kind} would be from {first} to {last} days; change "
                f"{kind}_{'last' if name.endswith('first') else 'first'} before it"
            )
    return changed
