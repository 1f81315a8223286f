"""Field works from CSV: each line taken in, or named with what to mend."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from collector.commands.import_ import import_ as import_file
from collector.files.imported import Imported
from collector.files.templates import template
from collector.files.works import Known, import_works, parse_works
from collector.jobs.judging.risk import current_seasons
from collector.store.advice import works
from collector.store.postgres import db
from tests.collector.conftest import Parts

NOW = datetime(2016, 6, 20, 12, tzinfo=UTC)
KNOWN = Known(frozenset({"qf-liuge-1"}), date(2016, 6, 20), {"村东一号地": "qf-liuge-1"})
HEAD = "field,work,date,product,amount_mm,done,observer"


@pytest.fixture
def reason(tmp_path: Path) -> Callable[[str], str]:
    """Why a line is refused; the good ones around it are taken in."""

    def reason(line: str) -> str:
        good = "qf-liuge-1,spray,2016-05-20,,,,"
        path = tmp_path / "w.csv"
        path.write_text("\n".join([HEAD, good, line, good]))
        found = parse_works(path, KNOWN)
        assert len(found.works) == 2
        (refused,) = found.refused
        assert refused.origin == "w.csv:3"
        return str(refused.event)

    return reason


def test_lines_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / "农事.csv"
    path.write_text(
        "地块,农事,日期,药剂,防治对象,水量毫米,是否做了,记录人\n"
        "村东一号地,打药,2016年5月8日,戊唑醇,赤霉病,,是,李\n"
        "村东一号地,浇水,2016/5/3,,,60,,李\n"
    )
    spray, water = parse_works(path, KNOWN).works
    assert (spray.field, spray.kind, spray.date) == ("qf-liuge-1", "spray", date(2016, 5, 8))
    assert (spray.product, spray.target, spray.recorded_by) == ("戊唑醇", "赤霉病", "李")
    assert (spray.amount_mm, spray.done) == (None, True)
    assert (water.kind, water.amount_mm, water.origin) == ("irrigation", 60.0, "农事.csv:3")


def test_refused_lines_say_why(reason: Callable[[str], str]) -> None:
    assert 'unknown field "x"' in reason("x,spray,2016-05-20,,,,")
    assert 'unknown work "sprya"' in reason("qf-liuge-1,sprya,2016-05-20,,,,")
    assert "lies in the future" in reason("qf-liuge-1,spray,2016-06-21,,,,")
    assert "only an irrigation" in reason("qf-liuge-1,spray,2016-05-20,,40,,")
    assert "more than 0" in reason("qf-liuge-1,irrigation,2016-05-20,,0,,")
    assert "at most 300 mm" in reason("qf-liuge-1,irrigation,2016-05-20,,301,,")
    assert "is no number" in reason("qf-liuge-1,irrigation,2016-05-20,,much,,")
    assert "neither yes nor no" in reason("qf-liuge-1,spray,2016-05-20,,,perhaps,")


@pytest.fixture
def taken(registered: db.Connection, tmp_path: Path) -> Callable[..., Imported]:
    """Import lines."""

    def taken(*lines: str) -> Imported:
        path = tmp_path / "w.csv"
        path.write_text("\n".join([HEAD, *lines]))
        with registered:
            return import_works(registered, path, NOW)

    return taken


def test_the_same_twice_counts_once_and_a_correction_replaces(
    registered: db.Connection, taken: Callable[..., Imported]
) -> None:
    line = "qf-liuge-1,irrigation,2016-05-03,,{},,li"
    assert taken(line.format(60), line.format(60)).new == 1
    again = taken(line.format(60))
    assert (again.new, again.same.total) == (0, 1)
    assert taken(line.format(75)).corrected.total == 1
    (water,) = works.recorded(registered)
    assert water.amount_mm == 75
    with registered.cursor() as cur:
        cur.execute("SELECT amount_mm FROM field_work ORDER BY id")
        assert cur.fetchall() == [(60.0,), (75.0,)]


def test_two_that_differ_are_both_refused(
    registered: db.Connection, taken: Callable[..., Imported]
) -> None:
    done = taken("qf-liuge-1,spray,2016-05-08,a,,,li", "qf-liuge-1,spray,2016-05-08,b,,,li")
    assert [str(r.event.kind) for r in done.refused.first] == ["work_contradicts"] * 2
    assert works.recorded(registered) == []


def test_a_record_is_taken_back(registered: db.Connection, taken: Callable[..., Imported]) -> None:
    taken("qf-liuge-1,spray,2016-05-08,a,,,li")
    assert len(works.recorded(registered, "qf-liuge")) == 1
    assert works.recorded(registered, "py-bagongqiao") == []
    taken("qf-liuge-1,spray,2016-05-08,a,,no,li")
    assert works.recorded(registered) == []


def test_sprays_are_season_facts(registered: db.Connection, taken: Callable[..., Imported]) -> None:
    taken(
        "qf-liuge-1,spray,2016-04-25,,,,li",
        "qf-liuge-1,spray,2014-04-25,,,,li",
        "qf-liuge-1,irrigation,2016-04-26,,60,,li",
    )
    (wheat,) = (s for s in current_seasons(registered).seasons if s.sprays)
    assert (wheat.site, wheat.crop) == ("qf-liuge-1", "winter_wheat")
    assert wheat.sprays == (date(2016, 4, 25),)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_command_takes_its_template_in(
    registered: db.Connection, dsn: str, tmp_path: Path, language: str
) -> None:
    path = tmp_path / "works.csv"
    path.write_text(template("works", language))
    done = CliRunner().invoke(import_file, [str(path), "--json"], obj=Parts(dsn, NOW))
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["new"] == 1
    (water,) = works.recorded(registered)
    assert (water.kind, water.amount_mm) == ("irrigation", 60.0)
