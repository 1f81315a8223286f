"""Outputs switched from a phone: shown as they were told, switched once, by who may, with why."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient

from collector.store import audit, people
from collector.store.control import control_list, output_orders
from collector.store.people import Person
from firmware.wire.outputs import State
from tests.webapp import acting
from tests.webapp.acting import DRIP, FIELD, NODE, UPTIME, VENT, WELL
from tests.webapp.pages.control.conftest import NOW
from tests.webapp.people import client_as, client_of
from webapp.app.database import App

PAGE = f"/control/{NODE}"
ON = f"{PAGE}/{DRIP}/on"
WANTED = {"minutes": "20", "why": "dry", "note": ""}
_keys = count()
Change = Callable[[Callable[..., Any]], Any]


def look(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(f"{path}{'&' if '?' in path else '?'}lang=en")
    assert answer.status_code == status, answer.text[-2000:]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).replace("&#39;", "'")


def press(client: FlaskClient, path: str, status: int = 303, **form: str) -> str:
    form.setdefault("entry_key", f"key-{next(_keys):012d}")
    form.setdefault("seen", str(int(time.time())))
    answer = client.post(f"{path}?lang=en", data=form)
    assert answer.status_code == status, answer.text[-2000:]
    return re.sub(r"\s+", " ", answer.text)


def orders(change: Change) -> list[output_orders.OutputOrder]:
    return change(  # type: ignore[no-any-return]
        lambda conn: output_orders.of_nodes(conn, [NODE, WELL], before=NOW + timedelta(days=1))
    )


def test_what_a_node_said_is_shown_with_when_by_whom_and_what_is_left(
    client: FlaskClient, change: Change, li: Person
) -> None:
    assert "not known: the node has said nothing of it" in look(client, PAGE)
    change(lambda conn: acting.all_kinds(conn, li, NOW))
    for path in ("/control", PAGE):
        page = look(client, path)
        for words in (
            "drip valve",
            "at most 23 minutes more",
            "Li",
            "automatic: its rules may switch it",
            "seen to work: ",
            "off: nothing showed that it works",
            "nothing showed that it works: it was switched off",
            "switch on for 10 minutes (Li, 8 May, 14:19): Waits to be sent",
            "The node said so 3 minutes ago",
            "8 May, 14:20",
        ):
            assert words in page, (path, words)


def test_on_is_asked_twice_and_ordered_once_with_who_and_why(
    client: FlaskClient, change: Change, li: Person
) -> None:
    change(lambda conn: acting.start(conn, NOW))
    page = look(client, f"{ON}?minutes=20&why=dry&note=row+3")
    assert "drip valve on for 20 minutes" in page
    assert "switches it off by itself after 20 minutes at the latest" in page
    assert "Why: the soil is dry: row 3" in page
    assert orders(change) == []  # looking orders nothing
    wanted = {**WANTED, "note": "row 3", "entry_key": "key-of-one-form-00"}
    press(client, ON, **wanted)
    press(client, ON, **wanted)  # the same form, sent twice
    (order,) = orders(change)
    assert (order.act, order.output, order.seconds) == ("on", DRIP, 1200)
    assert (order.person, order.why) == (li.id, "the soil is dry: row 3")
    page = look(client, PAGE)
    assert (
        "Ordered for drip valve: switch on for 20 minutes. Below stands what the node answers."
        in page
    )
    assert "Waits to be sent" in page
    (told,) = change(lambda conn: audit.entries(conn, action="output_ordered"))
    assert (told.actor, told.detail["by"], told.detail["why"]) == (str(li.id), "Li", order.why)


def test_off_back_to_automatic_and_all_off_stand_in_the_audit_log(
    client: FlaskClient, change: Change, li: Person
) -> None:
    change(lambda conn: acting.start(conn, NOW))
    assert "Keep drip valve off, by hand" in look(client, PAGE)
    press(client, f"{PAGE}/{DRIP}/off")
    press(client, f"{PAGE}/{DRIP}/auto")
    press(client, f"/control/place/{FIELD}/all-off")
    told = change(lambda conn: audit.entries(conn, action="output_ordered"))[::-1]
    assert [each.detail["act"] for each in told] == ["off", "auto", "all_off"]
    assert [each.detail["why"] for each in told] == [
        "off, by the button",
        "back to automatic, by the button",
        "everything off, by the button",
    ]
    assert {each.actor for each in told} == {str(li.id)}
    assert "Everything off: ordered from 1 node of Demonstration greenhouse." in look(
        client, "/control"
    )


def test_it_is_reached_from_where_its_readers_are(app: App, client: FlaskClient) -> None:
    technician = client_of(app, "technician")
    for who, path in ((client, "/my/"), (client, "/account/"), (technician, "/nodes")):
        assert 'href="/control"' in who.get(path).text
    assert f'href="{PAGE}"' in technician.get(f"/nodes/{NODE}").text


def test_limits_are_said_in_words(client: FlaskClient, change: Change, li: Person) -> None:
    page = look(client, PAGE)
    for words in (
        "On for 2 hours at most in one go.",
        "Off for 5 minutes between.",
        "Not while this is below 8 °C: Air temperature.",
    ):
        assert words in page
    change(lambda conn: control_list.add(conn, "qf-liuge-well", li.id, by="test", at=NOW))
    assert "Only while this is on: field valve." in look(client, f"/control/{WELL}")


def test_an_order_that_is_sent_is_said_to_be_unanswered(
    client: FlaskClient, change: Change
) -> None:
    change(lambda conn: acting.start(conn, NOW))
    press(client, ON, **WANTED)
    change(lambda conn: acting.send(conn, NOW))
    page = look(client, PAGE)
    assert "Sent; the node has not answered yet." in page
    assert "Switch drip valve off" in page  # it may be on by now
    (order,) = orders(change)
    refused = State(0, UPTIME + 3, DRIP, "refused", order.id, "rest")
    change(lambda conn: acting.say(conn, [refused], NOW))
    words = "The node refused it: it must be off for longer first."
    assert words in look(client, PAGE)
    assert words in look(client, f"{PAGE}/history")


# Who may not ---------------------------------------------------------------------------------


def test_somebody_of_another_village_finds_nothing(app: App, change: Change) -> None:
    other = client_of(app, "farmer", "village", "py-bagongqiao")
    change(lambda conn: acting.start(conn, NOW))
    assert "You are on no place's list." in look(other, "/control")
    there = "There is nothing of this name that you may switch."
    for path in (PAGE, f"{PAGE}/history", f"{ON}?minutes=20&why=dry"):
        assert there in look(other, path, 404)
    for path in (ON, f"{PAGE}/{DRIP}/off", f"{PAGE}/{DRIP}/auto"):
        assert there in press(other, path, 404, **WANTED)
    assert there in press(other, f"/control/place/{FIELD}/all-off", 404)
    assert there in press(other, "/control/place/nowhere/all-off", 404)
    assert orders(change) == []


def test_the_list_alone_is_for_all_off_and_no_more(
    app: App, client: FlaskClient, change: Change, li: Person
) -> None:
    change(lambda conn: people.withdraw(conn, li, "farmer", "village", "qf-liuge"))
    change(lambda conn: acting.start(conn, NOW))
    wanting = "To switch something on takes a role of this village that may"
    page = look(client, PAGE)
    assert wanting in page
    assert "Switch on" not in page
    assert wanting in press(client, ON, 403, **WANTED)
    assert wanting in press(client, f"{PAGE}/{DRIP}/off", 403)
    press(client, f"/control/place/{FIELD}/all-off")
    assert [each.act for each in orders(change)] == ["all_off"]


def test_the_role_without_the_list_finds_nothing(app: App, change: Change) -> None:
    other = change(lambda conn: acting.farmer(conn, "Wang", NOW, listed=False))
    phone = client_as(app, other)
    there = "There is nothing of this name that you may switch."
    assert there in look(phone, PAGE, 404)
    assert there in press(phone, ON, 404, **WANTED)
    assert there in press(phone, f"/control/place/{FIELD}/all-off", 404)
    assert orders(change) == []


def test_without_the_token_of_the_form_nothing_is_ordered(
    app: App, client: FlaskClient, change: Change
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    change(lambda conn: acting.start(conn, NOW))
    for path in (ON, f"{PAGE}/{DRIP}/off", f"{PAGE}/{DRIP}/auto"):
        assert "Look at it and send it again." in press(client, path, 400, **WANTED)
    assert press(client, f"/control/place/{FIELD}/all-off", 400)
    assert orders(change) == []


def test_without_its_key_a_form_is_not_taken(client: FlaskClient, change: Change) -> None:
    said = press(client, f"/control/place/{FIELD}/all-off", 400, entry_key="")
    assert "The form came without its key; open its page anew." in said
    assert orders(change) == []


# What cannot be meant ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"minutes": "121"}, "drip valve may be on from 1 minute to 2 hours in one go."),
        ({"minutes": "0"}, "drip valve may be on from 1 minute to 2 hours in one go."),
        ({"minutes": "-5"}, "Say for how many minutes, in digits."),
        ({"minutes": "²"}, "Say for how many minutes, in digits."),
        ({"minutes": "9" * 5000}, "Say for how many minutes, in digits."),
        ({"why": ""}, "Say why: it stands in the history."),
        ({"why": "other"}, "Say why: it stands in the history."),
        ({"note": "x" * 101}, "Write at most 100 characters."),
        ({"note": "a\u202eb"}, "Write at most 100 characters."),
    ],
)
def test_what_cannot_be_meant_is_said(
    client: FlaskClient, change: Change, changed: dict[str, str], said: str
) -> None:
    change(lambda conn: acting.start(conn, NOW))
    assert said in press(client, ON, 422, **{**WANTED, **changed})
    assert orders(change) == []


def test_an_unknown_output_is_named(client: FlaskClient, change: Change) -> None:
    for number in (2, 2**70):
        path = f"{PAGE}/{number}"
        said = f"Node {NODE} has no such output."
        assert said in press(client, f"{path}/on", 404, **WANTED)
        assert said in press(client, f"{path}/off", 404)
        assert said in press(client, f"{path}/auto", 404)
    assert orders(change) == []


@pytest.mark.parametrize("seen", ["", "x", "²", "0", "700 s ago"])
def test_an_old_second_look_is_taken_again(client: FlaskClient, change: Change, seen: str) -> None:
    change(lambda conn: acting.start(conn, NOW))
    seen = str(int(time.time()) - 700) if seen == "700 s ago" else seen
    said = press(client, ON, 409, **WANTED, seen=seen)
    assert "More than 10 minutes went by since: look at it again, then press." in said
    assert orders(change) == []


def test_a_silent_node_is_not_switched_on_but_off(client: FlaskClient, change: Change) -> None:
    change(lambda conn: acting.start(conn, NOW - timedelta(hours=4)))
    sql = "UPDATE node SET last_seen = %s WHERE id = %s"
    change(lambda conn: conn.cursor().execute(sql, (NOW - timedelta(hours=4), NODE)))
    said = "The node is not heard since 8 May, 10:20: it cannot be switched on."
    page = look(client, PAGE)
    assert said in page
    assert "Look at it once more" not in page
    assert said in press(client, ON, 409, **WANTED)
    assert said in press(client, f"{PAGE}/{DRIP}/auto", 409)
    press(client, f"{PAGE}/{DRIP}/off")
    assert [each.act for each in orders(change)] == ["off"]


def test_a_node_without_a_key_takes_no_orders(
    app: App, client: FlaskClient, change: Change, li: Person
) -> None:
    change(lambda conn: control_list.add(conn, "qf-liuge-well", li.id, by="test", at=NOW))
    said = "This node has no key yet, so it takes no orders: ask your technician."
    assert said in press(client, f"/control/{WELL}/0/on", 409, **WANTED)
    press(client, "/control/place/qf-liuge-well/all-off")
    none = "No node of this place can be reached: none has a key."
    assert none in look(client, "/control")
    assert orders(change) == []


# What was done -------------------------------------------------------------------------------


def test_history_tells_who_why_and_what_happened_newest_first(
    client: FlaskClient, change: Change, li: Person
) -> None:
    change(lambda conn: acting.all_kinds(conn, li, NOW))
    page = look(client, f"{PAGE}/history")
    order = ("switch on for 10 minutes", "rule 1 of the node", "switch on for 30 minutes")
    places = [page.index(each) for each in order]
    assert places == sorted(places)
    for words in ("地干了", "It went on, and was seen to work.", "order taken", "lasts"):
        assert words in page
    assert "Vent" in page or "vent" in page


def test_history_goes_on_over_pages_without_a_gap(
    client: FlaskClient, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.pages.control.history.READ", 4)
    change(lambda conn: acting.start(conn, NOW))
    said = [State(k, UPTIME + k, VENT, "on", -1, 60 * (k + 1)) for k in range(11)]
    for k, each in enumerate(said):
        at = NOW + timedelta(seconds=k * 1.3)
        change(lambda conn, each=each, at=at: acting.say(conn, [each], at))
    seen, path = [], f"{PAGE}/history?"
    for _ in range(9):
        page = client.get(f"{path}&lang=en").text
        seen += re.findall(r"on, for (\d+) minutes? at most", page)
        further = re.search(r'href="([^"]+)" rel="next"', page)
        if further is None:
            break
        path = further[1]
    assert [int(each) for each in seen] == list(range(11, 0, -1))
    assert "Nothing yet." in look(client, f"{PAGE}/history?before=1")
