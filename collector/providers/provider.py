"""What a service of weather is to those who ask it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, Protocol

from field_configs.events import Event
from models.exchange.open_meteo import Answer


class Point(NamedTuple):
    """A place that weather is asked for: its name, longitude and latitude [degree]."""

    name: str
    longitude: float
    latitude: float


class ProviderError(Exception):
    """A service did not answer as it should; `event` says why, without the key.

    `wait_s` is how long it asks to be left alone [s]; None where it says nothing of that. `names`
    tells whether the places asked are the cause, so that others may go better.
    """

    def __init__(self, why: Event, wait_s: float | None = None, *, names: bool = False) -> None:
        self.event, self.wait_s, self.names = why, wait_s, names
        super().__init__(why)

    def __str__(self) -> str:
        return str(self.event)


class Provider(Protocol):
    """A service of weather."""

    @property
    def name(self) -> str:
        """By which its values are known in the store."""
        ...

    @property
    def most_places(self) -> int:
        """So many places are asked for at once."""
        ...

    def forecast(self, points: Sequence[Point]) -> Answer:
        """Ask for the coming days at places.

        Raises
        ------
        ProviderError
        """
        ...

    def archive(self, points: Sequence[Point], first: date, last: date) -> Answer:
        """Ask for the analysed weather of past days, both included, at places.

        Raises
        ------
        ProviderError
        """
        ...
