"""Bulletins drafted from the demo's known world: areas in 亩, changes, what is released."""

import threading
from datetime import timedelta

import psycopg2
import pytest

from collector.bulletins import drafting
from collector.bulletins.figures import draw_up, mu
from collector.bulletins.texts import drafted
from collector.jobs.bulletin import JOBS, draft_bulletin
from collector.jobs.context import Context
from collector.store.advice import outlook, risk, village
from collector.store.bureau import bulletins
from collector.store.postgres import db
from models.risk.hazard import HIGH, MEDIUM, NO_RISK
from tests.webapp.conftest import seed_module as seed

NOW = seed.NOW


@pytest.fixture
def dsn(world_dsn):
    return world_dsn


@pytest.fixture
def conn(dsn):
    conn = db.connect(dsn)
    with conn.cursor() as cur:  # the known world has bulletins; here none was drawn up yet
        cur.execute("TRUNCATE bulletin, bulletin_text, bulletin_draft RESTART IDENTITY")
    yield conn
    conn.close()


def areas(conn):
    with conn.cursor() as cur:
        cur.execute("SELECT id, area_ha FROM field")
        return dict(cur.fetchall())


def row_of(tables, county, hazard="wheat_fhb"):
    (row,) = [r for r in tables["situation"] if (r["county"], r["hazard"]) == (county, hazard)]
    return row


def test_a_hectare_has_15_mu():
    assert [mu(0.4), mu(1 / 15), mu(0)] == [6.0, 1.0, 0.0]


def test_areas_and_villages_are_those_of_the_newest_answers(conn):
    row, ha = row_of(draw_up(conn, "", NOW), "410922"), areas(conn)
    assert row["high_mu"] == mu(ha["qf-liuge-1"]) > 0
    assert row["medium_mu"] == mu(ha["qf-liuge-2"]) > 0
    assert (row["villages_high"], row["villages_medium"], row["judged"]) == (1, 0, 2)
    assert row["change_mu"] is None
    assert row["validated"] is False


def test_a_county_has_its_own_and_no_other(conn):
    tables = draw_up(conn, "410928", NOW)
    assert {row["county"] for row in tables["situation"]} == {"410928"}
    assert tables["names"]["county"] == {"410928": ["濮阳县", "Puyang County"]}


def test_answers_that_are_too_old_do_not_count(conn):
    assert draw_up(conn, "", NOW + timedelta(days=4))["situation"] == []


def test_what_people_keep_themselves_does_not_count(conn):
    before = row_of(draw_up(conn, "", NOW), "410922")
    with conn.cursor() as cur:
        cur.execute("UPDATE field SET private = true WHERE id = 'qf-liuge-1'")
    after = row_of(draw_up(conn, "", NOW), "410922")
    assert (before["high_mu"] > 0, after["high_mu"]) == (True, 0)


def test_a_field_without_an_area_is_counted(conn):
    with conn.cursor() as cur:
        cur.execute("UPDATE field SET area_ha = NULL WHERE id = 'qf-liuge-1'")
    row = row_of(draw_up(conn, "", NOW), "410922")
    assert (row["high_mu"], row["villages_high"], row["no_area"]) == (0, 1, 1)


def test_the_change_is_that_since_the_last_bulletin_of_the_area(conn):
    draft = drafting.on_demand(conn, "", "1", "李娜", "zh_CN", NOW)
    bulletins.issue(conn, draft, 1, "李娜", NOW)
    risk.save_statuses(conn, [seed.status("qf-liuge-1", "wheat_fhb", NO_RISK)], NOW)
    tables, ha = draw_up(conn, "", NOW), areas(conn)
    assert tables["last"] == [2016, 1]
    assert row_of(tables, "410922")["change_mu"] == -mu(ha["qf-liuge-1"])
    assert row_of(tables, "410928")["change_mu"] == 0
    assert f"比上期减少{mu(ha['qf-liuge-1']):g}亩" in drafted(tables, "zh_CN")["situation"]
    assert draw_up(conn, "410922", NOW)["last"] is None


def test_what_was_at_risk_and_is_not_judged_any_more_is_told_as_a_decrease(conn):
    draft = drafting.on_demand(conn, "", "1", "李娜", "zh_CN", NOW)
    bulletins.issue(conn, draft, 1, "李娜", NOW)
    later = draw_up(conn, "", NOW + timedelta(days=4))
    assert all(row["change_mu"] < 0 and row["high_mu"] == 0 for row in later["situation"])
    assert len(later["situation"]) == 2


def test_the_days_ahead_are_those_of_the_outlook(conn):
    end = NOW.replace(hour=16, minute=0)
    ahead = [
        seed.status("qf-liuge-1", "wheat_fhb", code, time=end + timedelta(days=n))
        for n, code in enumerate((NO_RISK, MEDIUM, HIGH))
    ]
    outlook.replace_outlook(conn, ahead, {"qf-liuge-1": NOW}, NOW)
    tables = draw_up(conn, "", NOW)
    assert [(r["day"], r["villages_high"]) for r in tables["forecast"]] == [
        ("2016-05-09", 0),
        ("2016-05-10", 1),
    ]
    assert "5月9日至5月10日" in drafted(tables, "zh_CN")["forecast"]
    assert "05-09 to 05-10" in drafted(tables, "en")["forecast"]


def test_advice_is_what_officers_released_and_measures_alone(conn):
    assert "没有已发布" in drafted(draw_up(conn, "", NOW), "zh_CN")["advice"]
    village.release_in(conn, ["qf-liuge"], "wheat_fhb", "李娜", NOW)
    tables = draw_up(conn, "", NOW)
    (row,) = tables["advice"]
    assert (row["county"], row["by"], row["villages"]) == ("410922", ["李娜"], 1)
    assert row["chemical"] is True
    text = drafted(tables, "zh_CN")["advice"]
    assert row["measures"][0][0] in text
    assert "用药前请向植保站问清" in text


def test_a_draft_is_issued_once_and_numbers_count_within_the_year(conn):
    made = [drafting.on_demand(conn, "", "1", "李娜", "zh_CN", NOW) for _ in range(3)]
    assert [bulletins.issue(conn, each, 1, "李娜", NOW) for each in made[:2]] == [
        (2016, 1),
        (2016, 2),
    ]
    with pytest.raises(bulletins.AlreadyIssued, match="was issued already, as number 1 of 2016"):
        bulletins.issue(conn, made[0], 1, "王强", NOW)
    # 31 December 2016 20:00 UTC is next year's first day here.
    newyear = NOW.replace(month=12, day=31, hour=20)
    assert bulletins.issue(conn, made[2], 1, "李娜", newyear) == (2017, 1)


def test_the_database_takes_no_gap_no_double_and_no_change(conn):
    first, second = (drafting.on_demand(conn, "", "1", "李娜", "zh_CN", NOW) for _ in range(2))
    bulletins.issue(conn, first, 1, "李娜", NOW)
    conn.commit()
    values = "(year, number, follows, draft, area, issued, issued_by, content) VALUES"
    for row, wrong in (
        (f"(2016, 3, 2, {second}, '', now(), 'x', '{{}}')", "ForeignKeyViolation"),
        (f"(2016, 1, NULL, {second}, '', now(), 'x', '{{}}')", "UniqueViolation"),
        (f"(2016, 2, NULL, {second}, '', now(), 'x', '{{}}')", "CheckViolation"),
        (f"(2016, 2, 1, {first}, '', now(), 'x', '{{}}')", "UniqueViolation"),
    ):
        with pytest.raises(getattr(psycopg2.errors, wrong)), conn.cursor() as cur:
            cur.execute(f"INSERT INTO bulletin {values} {row}")
        conn.rollback()
    with pytest.raises(psycopg2.errors.RaiseException), conn.cursor() as cur:
        cur.execute("UPDATE bulletin SET content = '{}'")
    conn.rollback()


def test_officers_who_issue_at_once_get_numbers_in_a_row(conn, dsn):
    drafts = [drafting.on_demand(conn, "", "1", "李娜", "zh_CN", NOW) for _ in range(6)]
    conn.commit()
    found, start = [], threading.Barrier(12)

    def press(draft):
        own = db.connect(dsn)
        start.wait()
        try:
            found.append(bulletins.issue(own, draft, 1, "李娜", NOW))
            own.commit()
        except bulletins.AlreadyIssued as error:
            own.rollback()
            found.append((error.year, -error.number))
        own.close()

    threads = [threading.Thread(target=press, args=(each,)) for each in drafts * 2]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert sorted(n for _, n in found) == [*range(-6, 0), *range(1, 7)]


def test_of_two_who_save_at_once_one_is_told_and_nothing_is_lost(conn):
    draft = drafting.on_demand(conn, "", "1", "李娜", "zh_CN", NOW)
    texts = dict(bulletins.draft(conn, draft).newest.texts)
    assert bulletins.save(conn, draft, 1, texts | {"advice": "甲"}, "李娜", NOW) == 2
    with pytest.raises(bulletins.Outdated, match="was saved since edition 1"):
        bulletins.save(conn, draft, 1, texts | {"advice": "乙"}, "王强", NOW)
    with pytest.raises(bulletins.Outdated):
        bulletins.issue(conn, draft, 1, "王强", NOW)
    assert bulletins.save(conn, draft, 2, texts | {"advice": "乙"}, "王强", NOW) == 3
    assert [each.texts["advice"] for each in bulletins.editions(conn, draft)][:2] == ["乙", "甲"]


def test_what_is_given_up_is_neither_saved_nor_issued(conn):
    draft = drafting.on_demand(conn, "", "1", "李娜", "zh_CN", NOW)
    assert bulletins.give_up(conn, draft, NOW) is True
    assert bulletins.give_up(conn, draft, NOW) is False
    with pytest.raises(bulletins.GivenUp, match="was given up"):
        bulletins.issue(conn, draft, 1, "李娜", NOW)
    assert bulletins.open_drafts(conn) == []
    with pytest.raises(bulletins.BulletinError, match="there is none"):
        bulletins.issue(conn, draft + 1, 1, "李娜", NOW)


def test_a_correction_names_what_it_corrects(conn):
    draft = drafting.on_demand(conn, "", "1", "李娜", "zh_CN", NOW)
    bulletins.issue(conn, draft, 1, "李娜", NOW)
    old = bulletins.issued(conn, 2016, 1)
    new = drafting.correction(conn, old, "2", "王强", NOW)
    bulletins.issue(conn, new, 1, "王强", NOW)
    mended = bulletins.issued(conn, 2016, 2)
    assert mended.corrects == (2016, 1)
    assert mended.content["texts"]["title"].startswith("更正：")
    assert bulletins.issued(conn, 2016, 1).corrected_by == [(2016, 2)]
    assert mended.content["tables"] == old.content["tables"]


def test_the_weekly_job_drafts_once_a_week(conn, dsn):
    conn.commit()
    pool = db.Pool(dsn)
    said = [draft_bulletin(Context(pool, NOW + timedelta(days=n))) for n in (0, 0, 1, 7)]
    pool.close()
    # 8 May 2016 is a Sunday: the Monday after it begins another week.
    assert [each.params["drafts"] for each in said] == [1, 0, 1, 0]
    weeks = [each.week.isoformat() for each in bulletins.open_drafts(conn)]
    assert weeks == ["2016-05-09", "2016-05-02"]


def test_the_weekly_job_is_due_on_monday_morning():
    (job,) = JOBS
    assert job.due(NOW).isoformat() == "2016-05-01T22:00:00+00:00"
