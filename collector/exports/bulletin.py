"""The tables of an issued bulletin as rows: what is at risk now, and on the days ahead."""

from __future__ import annotations

from collections.abc import Iterator

from collector.exports.sheets import Column
from collector.store.bureau.bulletins import Bulletin
from field_configs.words import LANGUAGES

MU, VILLAGES = "mu (1/15 ha)", "1"
COLUMNS = (
    Column("part"),
    Column("county_code"),
    Column("county"),
    Column("crop"),
    Column("hazard_id"),
    Column("hazard"),
    Column("day"),
    Column("high_mu", MU),
    Column("medium_mu", MU),
    Column("villages_high", VILLAGES),
    Column("villages_medium", VILLAGES),
    Column("change_mu", MU),
    Column("validated"),
)


def rows(bulletin: Bulletin, language: str) -> Iterator[tuple[object, ...]]:
    """Yield the rows of a bulletin, with names in a language as they were when it was issued."""
    tables, at = bulletin.content["tables"], LANGUAGES.index(language)
    names = tables["names"]
    for part in ("situation", "forecast"):
        for row in tables[part]:
            yield (
                part,
                row["county"],
                names["county"].get(row["county"], [row["county"]] * 2)[at],
                names["crop"][row["crop"]][at],
                row["hazard"],
                names["hazard"][row["hazard"]][at],
                row.get("day", tables["at"][:10]),
                row["high_mu"],
                row["medium_mu"],
                row["villages_high"],
                row["villages_medium"],
                row.get("change_mu"),
                row.get("validated"),
            )
