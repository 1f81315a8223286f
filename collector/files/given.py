"""What is said about a file of weather beside the file itself, and which times it may hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.files.table import HOUR_S, moment
from collector.store.measured.weather import Kind
from field_configs.events import event
from models.sheets.refused import CellError

#: No forecast tells more than this, and an hour so long before its issue was not forecast.
LONGEST, LEAST = timedelta(days=16), timedelta(days=1)


@dataclass(frozen=True)
class Given:
    """What the command says about a file.

    Attributes
    ----------
    kind, source : str
        "forecast" or "observed", and who says so.
    now : datetime
        Aware.
    issued : datetime, optional
        When a forecast was made; default: now, or what its lines say.
    place : str, optional
        The place it is for.
    new : bool
        Whether `place` may be a new station.
    first, last : datetime, optional
        Hours outside are refused: a season has its years.
    """

    kind: Kind
    source: str
    now: datetime
    issued: datetime | None = None
    place: str | None = None
    new: bool = False
    first: datetime | None = None
    last: datetime | None = None

    def issue_of(self, time: int, issued: int | None) -> int:
        """Return when an hour was said: its end where it was observed.

        Parameters
        ----------
        time, issued : int
            Start of the hour, and what its line says of the issue [s since 1970 UTC].

        Raises
        ------
        CellError
            When the times cannot be: not a whole hour, an observation of the future, a forecast
            that is not made yet or does not reach so far.
        """
        hour = moment(time)
        if time % HOUR_S:
            raise CellError(event("time_no_hour", time=hour))
        if (self.first and hour < self.first) or (self.last and hour >= self.last):
            raise CellError(event("time_far_off", time=hour, first=self.first, last=self.last))
        if self.kind == "observed":
            if time + HOUR_S > self.now.timestamp():
                raise CellError(event("time_not_over", time=hour, now=self.now))
            return time + HOUR_S
        said = moment(issued) if issued is not None else self.issued or self.now
        if said > self.now:
            raise CellError(event("issued_in_future", issued=said, now=self.now))
        if not -LEAST <= hour - said <= LONGEST:
            raise CellError(
                event(
                    "time_beyond_forecast",
                    time=hour,
                    issued=said,
                    before=LEAST.days,
                    after=LONGEST.days,
                )
            )
        return int(said.timestamp())
