"""People from the command line: added, granted, locked, let in again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from collector.commands.persons.people import people as people_commands
from collector.permissions import Grant, RoleError, roles_with
from collector.store import people, sign_in_attempts
from collector.store.network import registry
from field_configs.load import load
from tests.collector.commands.test_services import Parts
from tests.collector.conftest import NOW

if TYPE_CHECKING:
    from collector.store.postgres import db


@pytest.fixture
def world(conn: db.Connection) -> None:
    """The demo's villages, and an officer in one county."""
    with conn:
        registry.import_configs(conn, load(site="demo"), NOW)


def run(dsn: str, *arguments: str) -> Result:
    return CliRunner().invoke(people_commands, list(arguments), obj=Parts({"NONGQING_DSN": dsn}))


ADD = ("add", "李娜", "--username", "LiNa", "--role", "officer", "--in", "county:410922")


def test_a_person_is_added_listed_and_gets_a_link(
    dsn: str, conn: db.Connection, world: None
) -> None:
    assert (run(dsn, "list").exit_code, run(dsn, "list").output) == (
        1,
        "nobody is there yet; the first start of the web makes an administrator\n",
    )
    assert run(dsn, *ADD).output == "person 1: added\n"
    listed = run(dsn, "list")
    assert "李娜  (lina)  officer in county:410922" in listed.output
    (row,) = json.loads(run(dsn, "list", "--json").output)
    assert row["grants"] == ["officer in county:410922"]
    link = run(dsn, "link", "lina", "--url", "https://nongqing.example/").output.strip()
    assert link.startswith("https://nongqing.example/account/link/")
    holder = people.link_holder(conn, link.rpartition("/")[2], datetime.now(UTC))
    assert holder is not None
    assert holder.name == "李娜"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("add", "Li"), 2, "name --username or --phone: by one of them a person signs in"),
        (("add", "Li", "--username", "x", "--role", "officer"), 2, "--role and --in belong"),
        (
            ("add", "Li", "--username", "x", "--role", "boss", "--in", "city"),
            1,
            'role "boss": there are farmer, agent, technician, officer, inspector, administrator',
        ),
        (
            ("add", "Li", "--username", "x", "--role", "officer", "--in", "county:1"),
            1,
            'county "1": is not in the registry; a county has its code of six digits',
        ),
        (
            ("add", "Li", "--username", "x", "--role", "officer", "--in", "county"),
            2,
            '"county": write city, county:410922',
        ),
        (("add", "Wang", "--username", "lina"), 1, 'user name "lina": is that of person 1 already'),
        (("link", "nobody"), 1, '"nobody": nobody is named so; `nongqing people list` shows who'),
        (("grant", "lina", "officer"), 2, "--in is missing: a role holds somewhere"),
        (
            ("grant", "lina", "farmer", "--in", "city", "--withdraw"),
            1,
            "person 1: has no such role there",
        ),
        (
            ("deputy", "lina", "lina", "--until", "2090-01-01T00:00+08:00"),
            1,
            "person 1: cannot be their own deputy",
        ),
        (("role", "x", "--may", "fly"), 2, 'permission "fly": there are own, reports'),
        (("role", "farmer", "--may", "own"), 2, 'role "farmer": is always there and stays'),
    ],
)
def test_what_is_wrong_is_named(
    dsn: str, world: None, arguments: tuple[str, ...], code: int, words: str
) -> None:
    assert run(dsn, *ADD).exit_code == 0
    wrong = run(dsn, *arguments)
    assert wrong.exit_code == code
    assert words in wrong.output


def test_who_is_locked_stays_out_until_unlocked(dsn: str, conn: db.Connection, world: None) -> None:
    run(dsn, *ADD)
    token = run(dsn, "link", "lina").output.strip().rpartition("/")[2]
    before = people.named(conn, "lina").uniquifier
    conn.rollback()
    assert run(dsn, "lock", "lina").output == "person 1: locked\n"
    assert people.link_holder(conn, token, datetime.now(UTC)) is None
    assert people.named(conn, "lina").uniquifier != before, "the old sessions go on"
    conn.rollback()
    refused = run(dsn, "link", "lina")
    assert refused.exit_code == 1
    assert "person 1: is locked; first: nongqing people unlock 1" in refused.output
    assert run(dsn, "unlock", "lina").output == "person 1: may sign in again\n"
    assert people.link_holder(conn, token, datetime.now(UTC)) is None, "an old link came to life"
    assert run(dsn, "link", "lina").exit_code == 0


def test_a_deputy_may_what_the_other_may_until_a_time(
    dsn: str, conn: db.Connection, world: None
) -> None:
    run(dsn, *ADD)
    run(dsn, "add", "王强", "--username", "wang")
    now = datetime.now(UTC)
    until = now + timedelta(days=1)
    assert run(dsn, "deputy", "wang", "lina", "--until", until.isoformat()).exit_code == 0
    wang = people.named(conn, "wang")
    assert people.grants(conn, wang, now) == [Grant("officer", "county", "410922", 1)]
    assert people.grants(conn, wang, until + timedelta(seconds=1)) == []
    conn.rollback()
    assert "officer in county:410922 for person 1" in run(dsn, "list").output
    run(dsn, "lock", "lina")
    assert people.grants(conn, wang, now) == [], "a deputy of a locked person may go on"
    conn.rollback()
    past = run(dsn, "deputy", "wang", "lina", "--until", "2020-01-01T00:00+08:00")
    assert past.exit_code == 1
    assert "that is past; name a later time" in past.output


def test_a_role_of_ones_own_is_granted_and_withdrawn(
    dsn: str, conn: db.Connection, world: None
) -> None:
    run(dsn, *ADD)
    made = run(dsn, "role", "auditor", "--may", "audit", "--may", "drafts")
    assert made.output == "role auditor: audit, drafts\n"
    grant = ("grant", "lina", "auditor", "--in", "city")
    assert run(dsn, *grant).output == "person 1: auditor granted\n"
    held = people.grants(conn, people.named(conn, "lina"), datetime.now(UTC))
    assert "audit" in people.permissions_of(held, people.roles(conn))
    assert people.is_staff([Grant("auditor", "city", "")]), "no second factor is asked for"
    conn.rollback()
    assert run(dsn, *grant, "--withdraw").output == "person 1: auditor withdrawn\n"


def test_a_setting_that_is_no_role_is_named() -> None:
    with pytest.raises(RoleError, match=r'setting role.x: write a JSON list, such as \["own"\]'):
        roles_with({"role.x": "drafts"})


def test_a_number_given_to_somebody_else_is_taken_away(
    dsn: str, conn: db.Connection, world: None
) -> None:
    run(dsn, "add", "赵敏", "--phone", "+8613812345678", "--role", "farmer", "--in", "city")
    assert run(dsn, "phone", "1").output == "person 1: phone taken away\n"
    assert people.find(conn, phone="+8613812345678") is None
    person = people.named(conn, "1")
    assert not person.active, "nobody could sign in, yet the account is open"
    conn.rollback()
    assert run(dsn, "phone", "1", "+8613912345678").exit_code == 0


def test_the_first_administrator_is_made_once(conn: db.Connection) -> None:
    now = datetime.now(UTC)
    token = people.first_administrator(conn, now)
    assert token is not None
    assert people.first_administrator(conn, now) is None
    person = people.use_link(conn, token, now)
    assert person is not None
    assert people.grants(conn, person, now) == [Grant("administrator", "city", "")]
    for leave in (
        lambda: people.lock(conn, person, now),
        lambda: people.withdraw(conn, person, "administrator", "city", ""),
    ):
        with pytest.raises(
            people.PeopleError, match="last administrator of the city; make another"
        ):
            leave()
    person.active = False  # as an older release left it
    people.save(conn, person)
    assert people.first_administrator(conn, now) is not None, "nobody can get in any more"


def test_what_nobody_needs_is_forgotten(conn: db.Connection) -> None:
    now = datetime.now(UTC)
    before = now - timedelta(days=2)
    for phone, by in (("+8613800000001", people.BY_PHONE), ("+8613800000002", "an officer")):
        person = people.add(conn, phone, before, phone=phone)
        people.grant(conn, person, "farmer", "city", "", before, by)
    fresh = people.add(conn, "new", now, phone="+8613800000003")
    people.grant(conn, fresh, "farmer", "city", "", now, people.BY_PHONE)
    sign_in_attempts.note_failure(conn, "x", "", before)
    sign_in_attempts.note_failure(conn, "x", "", now)
    people.tidy(conn, now)
    kept = {person.phone for person in people.everyone(conn)}
    assert kept == {"+8613800000002", "+8613800000003"}
    with conn.cursor() as cur:
        cur.execute("SELECT count(*) FROM sign_in_failure")
        assert cur.fetchone() == (1,)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2ff::1", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("nonsense", ""),
        (None, ""),
    ],
)
def test_a_network_is_what_a_household_or_village_shares(address: str | None, network: str) -> None:
    assert sign_in_attempts.network_of(address) == network
