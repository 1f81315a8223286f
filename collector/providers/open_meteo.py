"""Open-Meteo: requests for the coming days and for the archive, and what it says when it refuses.

It counts requests by the minute, the hour and the day, a place being a request; over a limit it
answers 429 with a reason that names which one, mostly without ``Retry-After``. All is asked for in
the vocabulary's units, in GMT and as seconds since 1970, so that no summer time and no local
midnight lies in between; what comes is read by what it says of itself.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from collector.providers.http import TIMEOUT_S, Reply, get, retry_after
from collector.providers.provider import Point, ProviderError
from collector.senders.address import Address
from field_configs.events import event
from models.exchange.open_meteo import VARIABLES, Answer, AnswerError, RefusedError, parse_answer

NAME = "open-meteo"
#: Days that are asked for: today and the seven of the outlook.
DAYS = 8
#: What is said of a limit, and how long it lasts where no time is told.
MINUTE_S = 60.0


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class OpenMeteo:
    """Open-Meteo, its own service or one that runs its program.

    Attributes
    ----------
    base, archive_base : Address
        Where its APIs are; the target is what stands before ``/v1/…``.
    key : str or None
        Of a subscription; only ever in the request itself.
    timeout_s : float
        For one request [s].
    trust : ssl.SSLContext, optional
        Whose certificates are believed; the system's where left out.
    now : callable
        The world's time, whatever clock runs here: their limits end by it.
    """

    base: Address
    archive_base: Address
    key: str | None = field(default=None, repr=False)
    timeout_s: float = TIMEOUT_S
    trust: ssl.SSLContext | None = field(default=None, repr=False)
    now: Callable[[], datetime] = field(default=_now, repr=False)
    name: str = NAME
    most_places: int = 50

    def forecast(self, points: Sequence[Point]) -> Answer:
        """Ask for today and the coming days at places.

        Raises
        ------
        ProviderError
        """
        return self._ask(self.base, "/v1/forecast", points, forecast_days=str(DAYS))

    def archive(self, points: Sequence[Point], first: date, last: date) -> Answer:
        """Ask for the analysed weather of past days, both included, at places.

        Raises
        ------
        ProviderError
        """
        days = {"start_date": first.isoformat(), "end_date": last.isoformat()}
        return self._ask(self.archive_base, "/v1/archive", points, **days)

    def _ask(self, base: Address, path: str, points: Sequence[Point], **more: str) -> Answer:
        asked = {
            "latitude": ",".join(f"{p.latitude:.4f}" for p in points),
            "longitude": ",".join(f"{p.longitude:.4f}" for p in points),
            "hourly": ",".join(variable.name for variable in VARIABLES),
            "temperature_unit": "celsius",
            "wind_speed_unit": "ms",
            "precipitation_unit": "mm",
            "timeformat": "unixtime",
            "timezone": "GMT",
            **more,
            **({"apikey": self.key} if self.key else {}),
        }
        target = f"{base.target.rstrip('/')}{path}?{urlencode(asked, safe=',')}"
        reply = get(base, target, timeout_s=self.timeout_s, trust=self.trust)
        try:
            answer = parse_answer(reply.body, [(p.longitude, p.latitude) for p in points])
        except RefusedError as refused:
            raise self._refused(base, reply, self._plain(refused.reason)) from None
        except AnswerError as error:
            if reply.status != 200:
                raise self._refused(base, reply, "") from None
            raise ProviderError(error.event) from None
        if reply.status != 200:
            raise self._refused(base, reply, "")
        return answer

    def _plain(self, reason: str) -> str:
        """Return what they say without the key, should they repeat it."""
        return reason.replace(self.key, "…") if self.key else reason

    def _refused(self, base: Address, reply: Reply, reason: str) -> ProviderError:
        why = event("provider_refuses", host=base.host, status=reply.status, reason=reason or "-")
        wait = retry_after(reply.headers.get("retry-after"), self.now())
        if reply.status == 429:
            return ProviderError(why, self._limit_s(reason) if wait is None else wait)
        # What is wrong with a request is so at once and for all times, but perhaps of one place.
        return ProviderError(why, wait, names=reply.status == 400)

    def _limit_s(self, reason: str) -> float:
        """Return until when a limit lasts that a reason names [s]: minute, hour or day of UTC."""
        now, said = self.now(), reason.casefold()
        if said.startswith("daily") or "tomorrow" in said:
            day = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            return (day - now).total_seconds()
        if said.startswith("hourly") or "next hour" in said:
            hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            return (hour - now).total_seconds()
        return MINUTE_S
