"""The tables that officers take along as CSV or XLSX, and the names of what they hold in words."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

from collector.exports.sheets import Column
from collector.store.advice import exports
from collector.store.advice.exports import Wanted
from collector.store.postgres.db import Connection
from field_configs.words import Words
from models.risk.hazard import STATUS


@dataclass(frozen=True)
class Table:
    """A table by its name in ``exports.sql``, and whether a period is asked for."""

    id: str
    columns: tuple[Column, ...]
    period: bool = True


PLACE = (Column("county"), Column("village_id"), Column("village"), Column("field_id"))
KIND = (Column("crop"), Column("hazard_id"), Column("hazard"))
LEVEL = (Column("status_code"), Column("status"))

TABLES: Mapping[str, Table] = {
    each.id: each
    for each in (
        Table(
            "fields",
            (
                *PLACE,
                Column("field"),
                Column("field_kind"),
                Column("area_ha", "ha"),
                Column("area_mu", "mu (1/15 ha)"),
                Column("longitude", "degree (WGS 84)"),
                Column("latitude", "degree (WGS 84)"),
                Column("position"),
                Column("crop"),
                Column("variety"),
                Column("sown"),
                Column("harvested"),
            ),
            period=False,
        ),
        Table(
            "statuses",
            (
                *PLACE,
                *KIND,
                Column("day"),
                *LEVEL,
                Column("score"),
                Column("certainty", "0 to 1"),
                Column("stage_bbch", "BBCH"),
                Column("missing"),
                Column("validated"),
                Column("model_version"),
                Column("issued"),
            ),
        ),
        Table(
            "advice",
            (
                *PLACE,
                *KIND,
                *LEVEL,
                Column("certainty", "0 to 1"),
                Column("issued"),
                Column("window_from"),
                Column("window_to"),
                Column("actions"),
                Column("draft"),
                Column("ended"),
                Column("released_by"),
                Column("released"),
            ),
        ),
        Table(
            "reports",
            (
                *PLACE,
                *KIND,
                Column("day"),
                Column("found"),
                Column("treated"),
                Column("severity", "%"),
                Column("grade", "1 to 5"),
                Column("report_source"),
                Column("observer"),
                Column("note"),
            ),
        ),
        Table(
            "works",
            (
                *PLACE,
                Column("work_id"),
                Column("work"),
                Column("day"),
                Column("observer"),
                Column("product"),
                Column("target"),
                Column("dose"),
                Column("amount_mm", "mm"),
                Column("treated_ha", "ha"),
                Column("interval_d", "d"),
                Column("note"),
            ),
        ),
        Table(
            "traps",
            (
                *PLACE,
                Column("insect_id"),
                Column("insect"),
                Column("trap"),
                Column("day"),
                Column("nights", "d"),
                Column("count", "1"),
                Column("observer"),
                Column("note"),
            ),
        ),
        Table(
            "nodes",
            (
                *PLACE,
                Column("node"),
                Column("board"),
                Column("enrolled"),
                Column("last_seen"),
                Column("without_key"),
            ),
            period=False,
        ),
    )
}


def _worded(name: str, words: Words) -> Mapping[object, str]:
    """Return the words for the values of a column; none where it stays as it is."""
    if name == "status":
        return {code: words.text(f"status.{key}") for code, key in enumerate(STATUS)}
    prefix, suffix = {
        "hazard": ("hazard.", ".name"),
        "crop": ("crop.", ""),
        "insect": ("insect.", ""),
        "trap": ("trap.", ""),
        "work": ("work.", ""),
    }.get(name, ("", ""))
    if not prefix:
        return {}
    return {
        key.removeprefix(prefix).removesuffix(suffix): words.text(key)
        for key in words.texts
        if key.startswith(prefix) and key.endswith(suffix)
    }


def rows(
    conn: Connection, table: Table, wanted: Wanted, language: str
) -> Generator[list[object], None, None]:
    """Yield the rows of a table, with names in a language."""
    words = Words.load(language)
    worded = {
        place: named
        for place, column in enumerate(table.columns)
        if (named := _worded(column.name, words))
    }
    for row in exports.rows(conn, table.id, wanted):
        told = list(row)
        for place, named in worded.items():
            told[place] = named.get(told[place], told[place])
        yield told
