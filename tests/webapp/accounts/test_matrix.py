"""Every route, every role, inside and outside its scope: who may open what."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from collector.permissions import ROLES
from tests.webapp.conftest import make_app
from tests.webapp.every_page import routes
from tests.webapp.people import client_of
from webapp.accounts import access
from webapp.app.database import App

NOBODY = "nobody"
ALL = frozenset({NOBODY, *ROLES})
SIGNED_IN = frozenset(ROLES)
NONE: frozenset[str] = frozenset()
DRAFTS = frozenset({"agent", "officer", "administrator"})
RELEASE = frozenset({"officer", "administrator"})
OWN = frozenset({"farmer", "agent", "administrator"})
NETWORK = frozenset({"technician", "officer", "administrator"})
NODES = frozenset({"technician", "administrator"})
PEOPLE = frozenset({"administrator"})
INSPECT = frozenset({"inspector", "administrator"})
OFFICERS = frozenset({"officer", "administrator"})
#: Written down by hand: what each page is for, not what the code says.
MAY_OPEN = {
    "static": ALL,
    "home.villages": ALL,
    "village.page": ALL,
    "village.text": ALL,
    "details.page": ALL,
    "field_water.page": ALL,
    "robots.robots": ALL,
    "display.form": ALL,
    "display.save": ALL,
    "my_village.remember": ALL,
    "my_village.start": ALL,
    "offline.manifest": ALL,
    "offline.worker": ALL,
    "offline.page": ALL,
    "offline.waiting": ALL,
    "listen.sound": ALL,
    "card.page": ALL,
    "card.one": ALL,
    "skill.page": ALL,
    "language.set_language": ALL,
    "health.healthz": ALL,
    "metrics.metrics": ALL,  # by token or from this machine: test_health.py
    # by a party's token alone, whoever is signed in: tests/webapp/api/epcis
    "uplinks.uplink": NONE,  # by the token of a network server: tests/webapp/api/test_uplinks.py
    "epcis_capture.captured": NONE,
    "epcis_capture.one": NONE,
    "epcis_events.resources": NONE,
    "epcis_events.events": NONE,
    "epcis_events.event": NONE,
    "epcis_views.listed": NONE,
    "epcis_views.one": NONE,
    "epcis_views.its_events": NONE,
    "epcis_queries.listed": NONE,
    "epcis_queries.one": NONE,
    "epcis_queries.its_events": NONE,
    "epcis_subscriptions.listed": NONE,
    "epcis_subscriptions.one": NONE,
    "account.ask": ALL,
    "account.use": ALL,
    "account.token": ALL,
    "account.page": SIGNED_IN,
    "my_fields.page": OWN,
    "my_fields.new": OWN,
    "my_fields.edit": OWN,
    "my_fields.sow": OWN,
    "my_fields.give_up": OWN,
    "my_field.page": OWN,
    "my_field.diary": OWN,
    "my_field.diary_file": OWN,
    "my_water.page": OWN,
    "my_water.facts": OWN,
    "my_work.add": OWN,
    "my_work.change": OWN,
    "my_answers.answer": OWN,
    "my_sharing.people": OWN,
    "my_sharing.withdraw": OWN,
    "my_sharing.remove": OWN,
    "my_sharing.answer": OWN,
    # whose field it is, or whether they report for others there: test_own_fields.py
    "my_field.photo": SIGNED_IN,
    "my_reports.stage": SIGNED_IN,
    "my_reports.seen": SIGNED_IN,
    "my_traps.trap": SIGNED_IN,
    "region.page": DRAFTS,
    "watch.page": DRAFTS,
    "desk.page": DRAFTS,
    "desk.act": RELEASE,
    "desk.drafts": ALL,  # leads on to /desk
    "decision.page": DRAFTS,
    "decision.act": RELEASE,
    "heard.attest": DRAFTS,
    "again.send": RELEASE,
    "status.page": NETWORK,
    "nodes.page": NETWORK,
    "node.page": NETWORK,
    "external_devices.page": NETWORK,
    "node.photo": NETWORK,
    "node_items.act": NODES,
    "tell.act": NODES,
    "updates.page": NETWORK,
    "updates.one": NETWORK,
    "updates.act": NODES,
    # on whose lists they are, or where they reach: tests/webapp/pages/control
    "control.page": SIGNED_IN,
    "control.all_off": SIGNED_IN,
    "switching.page": SIGNED_IN,
    "switching.on": SIGNED_IN,
    "switching.off": SIGNED_IN,
    "switching.auto": SIGNED_IN,
    "switch_history.page": SIGNED_IN,
    "commission.page": NODES,
    "commission.live": NODES,
    "commission.label": NODES,
    "handover.page": NODES,
    "node_quality.page": NODES,
    "people.page": PEOPLE,
    "people.add": PEOPLE,
    "person.page": PEOPLE,
    "person.grant": PEOPLE,
    "person.withdraw": PEOPLE,
    "person.lock": PEOPLE,
    "person.link": PEOPLE,
    "deputies.page": frozenset({"officer", "administrator"}),
    "deputies.name": frozenset({"officer", "administrator"}),
    "deputies.end": frozenset({"officer", "administrator"}),
    "onboarding.page": OFFICERS,
    "onboarding.blank": OFFICERS,
    "onboarding.bring": OFFICERS,
    "exports.page": OFFICERS,
    "exports.take": OFFICERS,
    "exports.start": OFFICERS,
    "exports.one": OFFICERS,
    "exports.fetch": OFFICERS,
    "exports.columns": OFFICERS,
    "lots.page": OWN,
    "lots.harvest": OWN,
    "lots.one": OWN,
    "lots.split": OWN,
    "lots.merge": OWN,
    "lots.test": OWN,
    "lot_codes.page": OWN,
    "lot_codes.picture": OWN,
    # whoever holds goods in their hands: nobody is asked who they are
    "held.link": ALL,
    "held.private": ALL,
    "held.look": ALL,
    "held.lot": ALL,
    "held.described": ALL,
    # whose party they are of, or who inspects there: test_shipments.py
    "shipments.page": SIGNED_IN,
    "shipments.one": SIGNED_IN,
    "shipments.handover": SIGNED_IN,
    "shipments.new": OWN,
    "assets.page": OWN,
    "assets.one": OWN,
    "assets.attach": OWN,
    "assets.detach": OWN,
    "assets.check": OWN,
    "bought.add": OWN,
    "bought.photo": OWN,
    "issuing.ask": OWN,
    "goods.page": OWN,
    "goods.one": OWN,
    "goods.shipping_unit": OWN,
    "goods.photo": OWN,
    "goods.do": OWN,
    "goods.pallets": OWN,
    "goods.sheet": OWN,
    "certificate.look": ALL,
    "certificate.page": ALL,
    # of its issuer, or who inspects there: test_lots.py
    "certificate.sheet": SIGNED_IN,
    "certificate.label": SIGNED_IN,
    "certificate.make_void": SIGNED_IN,
    "corrections.page": INSPECT,
    "corrections.correct": INSPECT,
    "plans.add_photo": INSPECT,
    "plans.photo": INSPECT,
    "findings.add_photo": INSPECT,
    "findings.photo": INSPECT,
    "register.page": INSPECT,
    "register.one": INSPECT,
    "register.act": INSPECT,
    "register.rules": INSPECT,
    "recalls.page": INSPECT,
    "recalls.new": INSPECT,
    "recalls.begin": INSPECT,
    "recalls.one": INSPECT,
    "recalls.listed": INSPECT,
    "recalls.report": INSPECT,
    "recalls.act": INSPECT,
    "plans.page": INSPECT,
    "plans.new": INSPECT,
    "plans.draw": INSPECT,
    "plans.one": INSPECT,
    "plans.sample": INSPECT,
    "plans.act": INSPECT,
    "findings.page": INSPECT,
    "findings.new": INSPECT,
    "findings.add": INSPECT,
    "findings.one": INSPECT,
    "findings.move": INSPECT,
    "flags.page": INSPECT,
    "flags.story": INSPECT,
    "bulletins.page": ALL,
    "bulletins.one": ALL,
    "bulletins.pdf": ALL,
    "bulletins.xlsx": ALL,
    "bulletins.csv": ALL,
    "bulletins.dictionary_file": ALL,
    "bulletin_drafts.begin": OFFICERS,
    "bulletin_drafts.correct": OFFICERS,
    "bulletin_drafts.page": OFFICERS,
    "bulletin_drafts.save": OFFICERS,
    "bulletin_drafts.give_up": OFFICERS,
    "security.login": ALL,
    "security.us_signin": ALL,
    "security.us_signin_send_code": ALL,
    "security.two_factor_token_validation": ALL,
    "security.two_factor_setup": ALL,
    "security.logout": ALL,
    "security.change_password": SIGNED_IN,
    "security.two_factor_setup_validate": SIGNED_IN,
    "security.tf_select": ALL,
    "security.wan_signin": ALL,
    "security.wan_signin_response": ALL,
    "security.wan_register": SIGNED_IN,
    "security.wan_register_response": SIGNED_IN,
    "security.wan_delete": SIGNED_IN,
    "security.us_verify": SIGNED_IN,
    "security.us_verify_send_code": SIGNED_IN,
    # what Flask-Security brings and nobody is offered
    "security.us_setup": NONE,
    "security.us_setup_validate": NONE,
    "security.us_verify_link": NONE,
    "security.two_factor_rescue": NONE,
    "security.verify": NONE,
}


#: Townships of the two villages with drafts.
LIUGE, BAGONGQIAO = "410922104", "410928104"


@pytest.fixture(scope="module")
def app(seeded_dsn: str) -> Iterator[App]:
    app = make_app(seeded_dsn)
    app.config["WTF_CSRF_ENABLED"] = False  # who may, not whether the form is ours
    yield app
    app.pool.close()


@pytest.fixture(scope="module")
def clients(app: App) -> dict[str, FlaskClient]:
    found = {role: client_of(app, role) for role in ROLES}
    return found | {NOBODY: app.test_client()}


def is_shut(status: int, location: str) -> bool:
    """Whether an answer says that this reader may not."""
    return status in (401, 403) or (status == 303 and "/account/sign-in?next=" in location)


def test_every_route_stands_in_the_matrix(app: App) -> None:
    assert {endpoint for endpoint, _, _ in routes(app)} == set(MAY_OPEN)


@pytest.mark.parametrize("role", sorted(ALL))
def test_a_role_opens_what_is_for_it_and_nothing_else(
    app: App, clients: dict[str, FlaskClient], role: str
) -> None:
    wrong = []
    for endpoint, method, path in routes(app):
        if endpoint == "security.logout":
            continue  # it would end the session that the others need
        answer = clients[role].open(path, method=method)
        answer.close()
        shut = is_shut(answer.status_code, answer.headers.get("Location", ""))
        if MAY_OPEN[endpoint] is NONE:
            shut = shut or answer.status_code == 404
        if shut == (role in MAY_OPEN[endpoint]) or answer.status_code >= 500:
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize(
    ("level", "scope", "status"),
    [
        ("city", "", 404),
        ("county", "410922", 404),
        ("county", "410928", 403),
        ("village", "qf-mazhuangqiao", 403),
    ],
)
def test_a_village_is_acted_on_inside_the_scope_alone(
    app: App, level: str, scope: str, status: int
) -> None:
    officer = client_of(app, "officer", level, scope)
    assert officer.post("/v/qf-liuge/heard/1").status_code == status  # there is no decision
    assert officer.post("/v/nowhere/heard/1").status_code == 403


@pytest.mark.parametrize(
    ("level", "scope", "places"),
    [
        ("city", "", {LIUGE, BAGONGQIAO}),
        ("county", "410922", {LIUGE}),
        ("county", "410928", {BAGONGQIAO}),
        ("township", LIUGE, {LIUGE}),
        ("village", "qf-liuge", {LIUGE}),
        ("village", "qf-mazhuangqiao", set()),
    ],
)
@pytest.mark.parametrize("role", sorted(DRAFTS))
def test_drafts_are_those_of_the_readers_scope(
    app: App, role: str, level: str, scope: str, places: set[str]
) -> None:
    page = client_of(app, role, level, scope).get("/desk").text
    assert set(re.findall(r'href="/desk/([0-9]+)/', page)) == places


def test_the_menu_holds_what_the_reader_may_open(clients: dict[str, FlaskClient]) -> None:
    for role, client in clients.items():
        page = client.get("/").text
        assert ('href="/desk"' in page) == (role in DRAFTS), role
        assert ('href="/status"' in page) == (role in NETWORK), role


def test_a_view_that_does_not_say_who_may_open_it_keeps_the_app_from_starting(app: App) -> None:
    other = Flask("other")
    bp = Blueprint("new", __name__)
    bp.get("/new")(lambda: "")
    other.register_blueprint(bp)
    with pytest.raises(access.AccessUndeclared, match="view new.<lambda>: says not who may open"):
        access.check_declared(other)


#: Reading with these shows what is private to others: whoever does is in the audit log.
PRIVATE = ("drafts", "network", "people", "audit", "reports", "inspect")


def test_every_page_of_what_is_private_says_how_its_readers_are_noted(app: App) -> None:
    pages = [rule.endpoint for rule in app.url_map.iter_rules() if "GET" in rule.methods]
    asked = {page: access.access_of(app, page) for page in pages}
    silent = [
        page
        for page, each in asked.items()
        if isinstance(each, access.Access) and each.permission in PRIVATE and each.reads is None
    ]
    assert silent == []
