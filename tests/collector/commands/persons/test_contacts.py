"""Contacts of villages from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from collector.commands.persons.contacts import contacts_group
from collector.store import settings_table
from collector.store.network import contacts, registry
from collector.store.network.contacts import BadContact, Contact
from field_configs.load import load
from tests.collector.commands.test_services import Parts
from tests.collector.conftest import NOW

if TYPE_CHECKING:
    from collector.store.postgres import db

STATION = ("--zh", "清丰县植保站", "--en", "Qingfeng station", "--phone", "0393-000 0000")


def run(dsn: str, *arguments: str) -> Result:
    return CliRunner().invoke(contacts_group, list(arguments), obj=Parts({"NONGQING_DSN": dsn}))


@pytest.fixture
def site(conn: db.Connection) -> None:
    """The demo's villages, committed."""
    with conn:
        registry.import_configs(conn, load(site="demo"), NOW)


@pytest.mark.usefixtures("site")
def test_a_contact_is_entered_listed_and_removed(dsn: str) -> None:
    assert run(dsn, "list").exit_code == 1
    assert run(dsn, "set", "410922", *STATION).exit_code == 0
    assert "410922       0393-000 0000    清丰县植保站" in run(dsn, "list").output
    assert run(dsn, "remove", "410922").exit_code == 0
    assert "no contact is entered" in run(dsn, "list").output


@pytest.mark.usefixtures("site")
def test_what_has_no_village_is_named_with_what_is_near(dsn: str) -> None:
    wrong = run(dsn, "set", "41092", *STATION)
    assert wrong.exit_code == 1
    assert "41092: no village of the registry has this id" in wrong.output
    assert 'did you mean "410922"' in wrong.output


@pytest.mark.parametrize(
    ("contact", "why"),
    [
        (Contact("站", "station", "call me"), "phone"),
        (Contact("站", "station", "1"), "phone"),
        (Contact("", "station", "12316"), "name"),
        (Contact("站" * 41, "station", "12316"), "zh: write at most 40"),
        (Contact("站\u202e", "station", "12316"), "printable"),
        (Contact("站", "station", "12316", address_zh="a\nb"), "address_zh"),
    ],
)
def test_a_contact_that_is_none_is_refused(contact: Contact, why: str) -> None:
    with pytest.raises(BadContact, match=why):
        contacts.checked(contact)


def test_the_nearest_contact_counts_and_a_broken_one_does_not(conn: db.Connection) -> None:
    county, village = Contact("县", "county", "12345"), Contact("村", "village", "54321")
    contacts.put(conn, "410922", county, NOW)
    settings = settings_table.everything(conn)
    assert contacts.nearest(settings, "qf-liuge", None, "410922") == county
    contacts.put(conn, "qf-liuge", village, NOW)
    settings = settings_table.everything(conn)
    assert contacts.nearest(settings, "qf-liuge", None, "410922") == village
    settings_table.put(conn, "contact.qf-liuge", '{"zh": 3', NOW)
    settings = settings_table.everything(conn)
    assert contacts.nearest(settings, "qf-liuge", None, "410922") == county
    assert contacts.everything(conn) == {"410922": county}
