"""Events: what happened as a kind and its parameters, worded only where somebody reads it.

Maintenance items, refused lines and messages, dead letters and outcomes of jobs are kept in this
form. The texts stand in ``words/<language>/events/*.toml``, a table for each kind with ``text``
(the sentence, with the parameters as fields) and, where kinds are listed, ``name``. Fields may have
these formats beside Python's own::

    {since:moment}             a time, as the reader writes it; None is "never"
    {sown:day}                 a local day, as the reader writes it
    {quantity:quantity.word}   the word of that key: here ``quantity.<value>``
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from string import Formatter
from typing import Any, TypeAlias

from field_configs.words import MissingParameter, MissingWord, Words

Value: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes
    ----------
    kind : str
        A table of ``words/<language>/events/``.
    params : mapping of str to str, number, bool or None
        What the text needs; JSON can hold it. Times are texts in RFC 3339, UTC: see `moment`;
        local days are texts too, ISO 8601.
    """

    kind: str
    params: Mapping[str, Value] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return its English sentence, for logs and the command line."""
        return sentence(self, Words.load("en"))


def event(kind: str, **params: Value | datetime) -> Event:
    """Make an event; times are written as `moment` does.

    Raises
    ------
    ValueError
        When a time has no zone.
    """
    return Event(kind, {k: moment(v) if isinstance(v, datetime) else v for k, v in params.items()})


def moment(at: datetime) -> str:
    """Write a time as events hold it: RFC 3339, UTC, to the second.

    Raises
    ------
    ValueError
        When it has no zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"the time {at.isoformat()} has no time zone; give one in UTC")
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def plain_moment(at: datetime) -> str:
    """Write a time as logs and the command line do."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def sentence(
    event: Event,
    words: Words,
    write_moment: Callable[[datetime], str] = plain_moment,
    write_day: Callable[[date], str] = date.isoformat,
) -> str:
    """Say an event in a language.

    A kind without words, of another release say, is shown as its kind and parameters. A parameter
    ``near`` adds the hint what was probably meant.

    Parameters
    ----------
    event : Event
    words : Words
    write_moment, write_day : callable
        Write a time and a local day for the reader.
    """
    key = f"event.{event.kind}.text"
    try:
        text = _Writer(words, write_moment, write_day).vformat(words.raw(key), (), event.params)
    except (MissingWord, MissingParameter, KeyError, ValueError, TypeError):
        # kept before events had parameters
        detail = event.params.get("detail")
        return str(detail) if isinstance(detail, str) else _bare(event)
    near = event.params.get("near")
    return text if near is None else text + words.text("event.hint.text", near=near)


def name(event_kind: str, words: Words) -> str:
    """Return what a kind of event is called; the kind itself where there are no words for it."""
    key = f"event.{event_kind}.name"
    return words.text(key) if key in words else event_kind


def _bare(event: Event) -> str:
    rest = ", ".join(f"{key}={value}" for key, value in event.params.items())
    return f"{event.kind}: {rest}" if rest else event.kind


class _Writer(Formatter):
    """Python's formatter with the formats of events."""

    def __init__(
        self,
        words: Words,
        write_moment: Callable[[datetime], str],
        write_day: Callable[[date], str],
    ) -> None:
        self.words = words
        self.write_moment = write_moment
        self.write_day = write_day

    def format_field(self, value: Any, format_spec: str) -> Any:
        """Write one field."""
        if format_spec == "moment":
            if value is None:
                return self.words.text("event.never.text")
            return self.write_moment(datetime.fromisoformat(value))
        if format_spec == "day":
            return self.write_day(date.fromisoformat(value))
        if format_spec.endswith("word") and isinstance(value, str):
            prefix = format_spec.removesuffix("word").rstrip(".")
            key = f"{prefix}.{value}" if prefix else value
            return self.words.text(key) if key in self.words else value
        return super().format_field(value, format_spec)
