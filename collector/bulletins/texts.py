"""The texts of a bulletin as they are drafted from its tables; officers edit them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from collector.bulletins.figures import area_of
from field_configs.words import LANGUAGES, Words
from models.weather.local_days import local_day

#: What a bulletin says besides its tables, in the order of the page.
PARTS = ("title", "situation", "forecast", "advice", "signature")
#: What stands between the names of a list, and between its sentences.
BETWEEN = {"zh_CN": ("、", "；"), "en": (", ", "; ")}
Row = Mapping[str, Any]


class Writer:
    """Writes the texts of a bulletin in one language.

    Parameters
    ----------
    tables : mapping
        What `figures.draw_up` returned.
    language : str
        One of `field_configs.words.LANGUAGES`.
    """

    def __init__(self, tables: Mapping[str, Any], language: str) -> None:
        self.tables, self.words = tables, Words.load(language)
        self._at = LANGUAGES.index(language)
        self.comma, self.semicolon = BETWEEN[language]

    def say(self, key: str, **params: object) -> str:
        """Return a sentence."""
        return self.words.text(f"bulletin.{key}", **params)

    def name(self, kind: str, code: str) -> str:
        """Return the name of a county, crop or hazard."""
        return str(self.tables["names"][kind].get(code, [code, code])[self._at])

    def day(self, day: date) -> str:
        """Return a local day of these weeks in words."""
        return self.say("day", month=day.month, day=day.day)

    @property
    def area(self) -> str:
        """Name of the area."""
        code = self.tables["area"]
        return self.name("county", code) if code else self.say("city")

    def title(self) -> str:
        """Return the title."""
        today = local_day(datetime.fromisoformat(self.tables["at"]))
        date_ = self.say("date", year=today.year, month=today.month, day=today.day)
        return self.say("title", area=self.area, day=date_)

    def situation(self) -> str:
        """Say what is at risk where, hazard by hazard, and what was looked for in vain."""
        lines, quiet = [], []
        for (hazard, crop), group in groupby(sorted(self.tables["situation"], key=_kind), _kind):
            rows = list(group)
            at_risk = [row for row in rows if _at_risk(row)]
            if at_risk:
                names = {"hazard": self.name("hazard", hazard), "crop": self.name("crop", crop)}
                counties = self.semicolon.join(self._county(row) for row in at_risk)
                lines.append(self.say("at_risk", counties=counties, **names) + self._change(rows))
            elif self.name("hazard", hazard) not in quiet:
                quiet.append(self.name("hazard", hazard))
        if not lines:
            lines.append(self.say("nothing"))
        if quiet:
            lines.append(self.say("quiet", hazards=self.comma.join(quiet)))
        return "\n".join(lines)

    def _county(self, row: Row) -> str:
        level = "both" if row["high_mu"] and row["medium_mu"] else "medium"
        if not row["medium_mu"] and row["villages_high"]:
            level = "high"
        return self.say(
            f"county_{level}",
            county=self.name("county", row["county"]),
            high=f"{row['high_mu']:g}",
            medium=f"{row['medium_mu']:g}",
            villages=row["villages_high"] + row["villages_medium"],
        )

    def _change(self, rows: Sequence[Row]) -> str:
        changes = [row["change_mu"] for row in rows if row["change_mu"] is not None]
        if not changes:
            return ""
        change = round(sum(changes), 1)
        if change == 0:
            return self.say("as_before")
        return self.say("more" if change > 0 else "less", area=f"{abs(change):g}")

    def forecast(self) -> str:
        """Say on which day most is expected at risk, hazard by hazard."""
        lines = []
        for (hazard, crop), group in groupby(sorted(self.tables["forecast"], key=_kind), _kind):
            days: dict[str, float] = {}
            for row in group:
                days[row["day"]] = days.get(row["day"], 0.0) + area_of(row)
            # The first of the days with the largest area.
            worst = min(days, key=lambda day: (-days[day], day))
            lines.append(
                self.say(
                    "expected",
                    hazard=self.name("hazard", hazard),
                    crop=self.name("crop", crop),
                    first=self.day(date.fromisoformat(min(days))),
                    last=self.day(date.fromisoformat(max(days))),
                    area=f"{round(days[worst], 1):g}",
                    worst=self.day(date.fromisoformat(worst)),
                )
            )
        return "\n".join(lines or [self.say("nothing_ahead")])

    def advice(self) -> str:
        """Give the measures that officers released, hazard by hazard."""
        lines, chemical = [], False
        rows = sorted(self.tables["advice"], key=lambda row: str(row["hazard"]))
        for hazard, group in groupby(rows, lambda row: row["hazard"]):
            measures: list[str] = []
            for row in group:
                chemical |= row["chemical"]
                measures += [each[self._at] for each in row["measures"]]
            if measures:
                text = self.semicolon.join(dict.fromkeys(measures))
                lines.append(self.say("measures", hazard=self.name("hazard", hazard), text=text))
        if chemical:
            lines.append(self.say("ask_before_spraying"))
        return "\n".join(lines or [self.say("no_advice")])


def _kind(row: Row) -> tuple[str, str]:
    return row["hazard"], row["crop"]


def _at_risk(row: Row) -> bool:
    return bool(area_of(row) or row["villages_high"] or row["villages_medium"])


def drafted(tables: Mapping[str, Any], language: str, signature: str = "") -> dict[str, str]:
    """Return the texts of a bulletin, to be edited.

    Parameters
    ----------
    tables : mapping
        What `figures.draw_up` returned.
    language : str
        One of `field_configs.words.LANGUAGES`.
    signature : str
        Who signs it, where somebody is known already.
    """
    writer = Writer(tables, language)
    return {
        "language": language,
        "title": writer.title(),
        "situation": writer.situation(),
        "forecast": writer.forecast(),
        "advice": writer.advice(),
        "signature": signature,
    }
