"""From a status to advice: when to act, how sure, what first. No words here, only their keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.risk.hazard import HIGH, MEDIUM, OUT_OF_SEASON, Hazard

#: An advisory holds at least so long after it was last renewed; provisional.
LEAST_HOLD = timedelta(days=2)


@dataclass(frozen=True)
class Advisory:
    """Advice for one crop and hazard at one site.

    ``reason_key`` and ``actions`` are keys into the words of field_configs; ``reason_params``
    fill the reason. ``window_from`` and ``window_to`` bound the time to act (aware, UTC), and
    ``confirmed`` is the end of the last day whose answer said so (aware, UTC). A
    ``draft`` is for an officer only: the hazard was not validated here. ``spraying`` holds the
    hours fit for spraying (begin and end, aware, UTC); None where nothing is known of them.
    """

    site: str
    crop: str
    hazard: str
    status: int
    certainty: float
    issued: datetime
    window_from: datetime
    window_to: datetime
    confirmed: datetime
    reason_key: str
    reason_params: Mapping[str, float]
    actions: tuple[str, ...]
    draft: bool
    spraying: tuple[tuple[datetime, datetime], ...] | None = None


def advise(
    statuses: Iterable[RiskStatus],
    previous: Sequence[Advisory] = (),
    *,
    hazards: Mapping[str, Hazard] | None = None,
) -> list[Advisory]:
    """Advisories that hold after these statuses.

    Parameters
    ----------
    statuses
        Newest statuses, at most one per site, crop and hazard; certainty 0..1.
    previous
        Advisories that held before.
    hazards
        Hazard id -> hazard; the catalogue when left out.

    Returns
    -------
    list of Advisory
        One per site, crop and hazard whose status is medium or high, or that a former advisory
        still covers.
    """
    known = catalogue() if hazards is None else hazards
    held = {(a.site, a.crop, a.hazard): a for a in previous}
    found = []
    for status in statuses:
        advisory = _advise_one(
            status, held.get((status.site, status.crop, status.hazard)), known[status.hazard]
        )
        if advisory is not None:
            found.append(advisory)
    return found


def _advise_one(status: RiskStatus, before: Advisory | None, hazard: Hazard) -> Advisory | None:
    """The advisory after one status, given the one that held before (None for none).

    A worse status counts at once, and gives a new window to act. A better one counts only when
    as many days as the window has are over since the worse was last confirmed, so that a village
    does not flip from day to day; until then the former advisory stays as it is, but for the
    draft mark, which is always that of today. The end of the season ends it at once. While the
    status stays the same or falls from high to medium, the window stays as it was given: a
    deadline does not move on from day to day, and may be past while the danger goes on. Of a
    hazard that is not shown as a level there is no advice.
    """
    first, last = (timedelta(days=day) for day in hazard.act_days)
    holds = None
    # A window may be as short as a day; an advisory is not.
    if before is not None and status.time < before.confirmed + max(last, LEAST_HOLD):
        draft = not status.validated
        holds = before if before.draft == draft else replace(before, draft=draft)
    if status.status == OUT_OF_SEASON or hazard.shown != "level":
        return None
    if status.status not in (MEDIUM, HIGH):
        return holds
    if holds is not None and holds.status == HIGH and status.status == MEDIUM:
        return holds
    same = holds is not None and holds.status == status.status
    goes_on = before is not None and before.status >= status.status
    return Advisory(
        site=status.site,
        crop=status.crop,
        hazard=status.hazard,
        status=status.status,
        certainty=status.certainty,
        issued=holds.issued if holds is not None and same else status.time,
        window_from=before.window_from if before and goes_on else status.time + first,
        window_to=before.window_to if before and goes_on else status.time + last,
        confirmed=status.time,
        reason_key=f"{status.hazard}.reason",
        reason_params=dict(status.drivers),
        actions=hazard.actions_at(status.stage_bbch),
        draft=not status.validated,
    )
