"""Every page that can be opened, found by asking the application: a new page joins by itself.

What an address needs in its middle is in `VALUES`; one page more than its address alone shows is in
`MORE`. `nobody` has no account, `administrator` may open everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from flask import Flask
from flask.testing import FlaskClient

from collector.keys import MasterKey
from collector.permissions import Grant
from collector.store import people
from collector.store.advice import export_requests, risk, works
from collector.store.advice.exports import Order, Wanted
from collector.store.advice.works import FieldWork
from collector.store.coldchain import assets, shipments
from collector.store.coldchain.shipments import Line
from collector.store.control import control_list
from collector.store.goods import goods, handling, units
from collector.store.goods.handling import Asked
from collector.store.inspection import findings, plans, recalls
from collector.store.lots import certificates, lot_marks, lots
from collector.store.lots.lots import Bought, Who
from collector.store.network import own_fields, roll_out_nodes, roll_outs
from collector.store.network.own_fields import Entered
from collector.store.postgres.db import Connection
from collector.store.trace import flags, members, parties
from collector.store.trace.parties import Party
from field_configs.load import load
from models.risk.hazard import HIGH
from models.trace.goods import PALLET, STEPS
from models.trace.scanned import LOT, UNIT, Scanned
from models.weather.local_days import local_day
from tests.collector.releases import Made, begin, run_before
from tests.webapp import acting
from tests.webapp.conftest import seed_module
from tests.webapp.load_on_its_way import load_on_its_way
from tests.webapp.pages.trace import chain
from webapp.app.database import App

NOW = seed_module.NOW

VALUES = {
    "village_id": "qf-liuge",
    "plot_id": "qf-liuge-1",
    "token": "x",
    "filename": "icon.svg",
    "hazard": "wheat_fhb",
    "node_id": "qf-001",
    "person": 1,
    "person_id": 1,
    "number": 1,
    "place": "410922104",
    "crop": "winter_wheat",
    "year": 2016,
    "draft_id": 2,
    "table": "fields",
    "kind": "csv",
    "form": "places",
    "view": "epcs",
    "lot_code": "L160508-22222222KD",
    "shipment_code": "S160510-22222222KD",
    "certificate_number": "C160508-22222222KD",
    "act": "held",
    "rest": "06901234567892",
    "subject": "LIUGE1",
    "use": "class",
    "thing": "L1",
    "goods_code": "B160508-22222222KD",
    "sscc": "069012340000000016",
    "step_id": "store",
    "batch": "0123456789abcdef01234567",
    "recall_number": "R160508-22222222KD",
    "recall_act": "look",
    "plan_number": "M160508-22222222KD",
    "sample_lot": "L160508-22222222KD",
    "sample_act": "taken",
    "finding_number": "N160508-22222222KD",
    "test_number": "1",
    "evidence_photo": "1",
}
OTHERWISE = "wheat_fhb_post"
NOBODY, ADMINISTRATOR = "nobody", "administrator"
#: Other states of pages: a village where nothing threatens, a day gone by, errors, a form's answer.
MORE = (
    ("/v/py-bagongqiao", NOBODY),
    ("/v/qf-mazhuangqiao", NOBODY),
    ("/v/py-bagongqiao/details", NOBODY),
    ("/v/qf-liuge?day=2016-05-07", NOBODY),
    ("/?q=柳格", NOBODY),
    ("/?q=nobody", NOBODY),
    ("/v/nowhere", NOBODY),
    ("/v/qf-liuge?day=x", NOBODY),
    ("/account/link/x", NOBODY),
    ("/my/new?village=qf-liuge", ADMINISTRATOR),
    ("/my/new?q=柳格", ADMINISTRATOR),
    ("/my/qf-liuge-1/seen", ADMINISTRATOR),
    ("/my/qf-liuge-1/trap", ADMINISTRATOR),
)
#: What there is of a field that somebody keeps.
OF_FIELDS = (
    *("", "/edit", "/sow", "/work", "/diary", "/seen", "/trap", "/stage"),
    *("/people", "/give-up"),
)


class Page(NamedTuple):
    """An address and who opens it."""

    path: str
    who: str


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Endpoint, method and address of every route."""
    for rule in app.url_map.iter_rules():
        values = {name: VALUES.get(name, OTHERWISE) for name in rule.arguments}
        with app.test_request_context():
            path = app.url_map.bind("localhost").build(rule.endpoint, values)
        for method in sorted(rule.methods & {"GET", "POST"}):
            yield rule.endpoint, method, path


def _link(app: App) -> str:
    """A link that signs in once, not used up yet."""
    at = datetime.now(UTC)
    with app.pool.connection() as conn:
        person = people.add(conn, "reader of a link", at, username="reader-of-a-link")
        return people.LINK_PATH + people.make_link(conn, person, at)


def _own_field(app: App, keeper: FlaskClient) -> str:
    """Address of a field that somebody keeps, with a diary and a warning."""
    with keeper.session_transaction() as session:
        uniquifier = session["_user_id"]
    today = local_day(NOW)
    with app.pool.connection() as conn:
        person = people.find(conn, uniquifier=uniquifier)
        assert person is not None
        said = Entered("河边", "open", 0.2, "loam", "winter_wheat", date(2015, 10, 12), "百农207")
        field = own_fields.add(conn, person.id, "qf-liuge", said, NOW)
        spray = ("spray", today, "张三", True, "戊唑醇", "赤霉病", None, "", "person:1", "30 克/亩")
        works.write(conn, FieldWork(field, *spray, None, 28, "entry"), NOW)
        status = seed_module.status(field, "wheat_fhb", HIGH)
        risk.save_statuses(conn, [status], NOW)
        risk.save_advisories(conn, [seed_module.advisory(status, draft=False)], NOW)
        own_fields.invite(conn, field, "+8613812345678", person.id, NOW)
    return f"/my/{field}"


def _exports(app: App, reader: FlaskClient) -> list[str]:
    """Addresses of files that somebody asked for: one being written, one ready, one that failed."""
    with reader.session_transaction() as session:
        uniquifier = session["_user_id"]
    today = local_day(NOW)
    wanted = Wanted(today, today, (Grant("", "city", ""),))
    order = Order("hours", "parquet", wanted, "zh_CN")
    with app.pool.connection() as conn:
        person = people.find(conn, uniquifier=uniquifier)
        assert person is not None
        numbers = [export_requests.ask(conn, person.id, order, NOW) for _ in range(3)]
        taken = {}
        while (each := export_requests.take_next(conn)) is not None:
            taken[each.id] = each
        running, ready, failed = (taken[number] for number in numbers)
        export_requests.note(conn, running, 1_250_000, 8_000_000)
        export_requests.finish(conn, ready, 8_000_000, 412_000_000, datetime.now(UTC))
        export_requests.fail(conn, failed, "no_room")
    # The first renews itself, which would break off who looks at it.
    return [
        f"/exports/kept/{n}{more}" for n, more in zip(numbers, ("?still=1", "", ""), strict=True)
    ]


def _break_the_story_of(conn: Connection, lot: str) -> None:
    """Tell that somebody saw a lot before it was there, and look at it."""
    found = lots.find(conn, lot)
    assert found is not None
    early = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": "2016-01-01T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "bizStep": "storing",
        "quantityList": [{"epcClass": found.uri}],
    }
    parties.add(conn, Party("store", "柳格冷库"), NOW)
    members.tell(conn, Party("store", "柳格冷库"), [early], NOW)
    for party, after in flags.behind(conn):
        flags.look_on(conn, party, after, 0.05, NOW)


def _lots(app: App, keeper: FlaskClient) -> list[Page]:
    """Pages of lots: one that may be certified, one that may not, a certificate and a void one."""
    with keeper.session_transaction() as session:
        uniquifier = session["_user_id"]
    today, crops = local_day(NOW), load(site=None).crops
    with app.pool.connection() as conn:
        person = people.find(conn, uniquifier=uniquifier)
        assert person is not None
        who = Who(person.id, person.name, NOW)
        said = Entered("蒜地", "open", 0.2, None, "garlic", date(2015, 10, 1), None)
        field = own_fields.add(conn, person.id, "qf-liuge", said, NOW)
        own = own_fields.find(conn, field, person.id)
        assert own is not None
        issuer = {"kind": "household", "name": "张三", "contact": "13812345678"}
        made = [lots.harvest(conn, own, "garlic_scape", 800, today, who) for _ in range(2)]
        numbers = [certificates.issue(conn, lot, "control", issuer, crops, who) for lot in made]
        certificates.make_void(conn, numbers[1], "重量写错", True, who)
        spray = ("spray", today, "张三", True, "嘧菌酯", "叶枯病", None, "", "person:1", "30 克/亩")
        works.write(conn, FieldWork(field, *spray, None, 7, "spray-of-lot"), NOW)
        lot_marks.set_state(conn, made[1], "held", "抽检", who)
        moving = _goods(conn, person.id, lots.harvest(conn, own, "garlic_scape", 90, today, who))
        lots.harvest(conn, own, "garlic_scape", 400, today, who)
        given = ("lot", made[0], "qf-liuge", 1, "克百威超标", who)
        begun = [recalls.start(conn, *given, drill=drill) for drill in (False, True)]
        recalls.answer(conn, begun[1], f"party:person-{person.id}", 600, 100, 100, "已封存", who)
        recalls.close(conn, begun[1], "练完", who)
        asked = (today, today, ("garlic_scape",), ("410922",), 1, ("克百威",), "routine")
        number = plans.plan(conn, plans.Wanted(*asked), who)
        drawn = plans.samples(conn, number)[0].lot
        tested = ("self_test", today, ["嘧菌酯"])
        wrong, right = (
            lot_marks.add_test(conn, made[0], *tested, passed, "镇检测室", "R-1", who)
            for passed in (False, True)
        )
        struck = lot_marks.test_of(conn, wrong)
        assert struck is not None
        lot_marks.strike(conn, struck, right, "看错了行", who)
        about = findings.About(made[0], field, "张三", "qf-liuge")
        found = findings.add(conn, "没有记安全间隔期", about, "major", "李监管", today, who)
        _break_the_story_of(conn, made[1])
    paths = [f"/lots/harvest/{field}", *moving, f"/goods/{made[1]}"]
    paths += [f"/register/plans/{number}", f"/register/plans/{number}/{drawn}"]
    paths += [f"/register/findings/{found}"]
    paths += [f"/register/tests/{each}" for each in (wrong, right)]
    paths += [f"/register/recalls/{number}" for number in begun]
    paths += [f"/register/recalls/{number}/report" for number in begun]
    paths += [f"/lots/{made[0]}/{each}" for each in ("split", "test", "certificate")]
    paths += [f"/{each}/{lot}" for each in ("lots", "register") for lot in made]
    paths += [f"/register/story?thing={made[1]}", "/register/story?thing=urn:x:nothing"]
    paths += ["/register/flags?cleared=1", "/register/flags?kind=flag_not_in&thing=x"]
    paths += [f"/c/{number}/sheet" for number in numbers]
    paths += [f"/lots/{made[0]}/codes?many=8"]
    public = [Page(f"/c/{number}", NOBODY) for number in numbers]
    public += [Page(f"/t/{lot}", NOBODY) for lot in made]
    box = chain.BOX
    readings = [chain.sensed(box, 9 - n, 8.5 - n, 0, 0.3 + n % 3) for n in (0, 1, 2, 6, 7)]
    there = {"id": "https://nongqing.example/subject/LIUGE1/loc/qf-liuge"}
    packed = chain.packed(box, 10, lots=[chain.uri_of(app, made[0])], readPoint=there)
    chain.tell(app, chain.COOP, packed)
    arrived = chain.event("ObjectEvent", 0.5, epcList=[box], bizStep="receiving")
    chain.tell(app, chain.CARRIER, *readings, arrived)
    public += [Page(f"/00/{box[-18:]}", NOBODY), Page("/00/069012345678901230", NOBODY)]
    return [*public, *(Page(path, ADMINISTRATOR) for path in paths)]


def _goods(conn: Connection, person: int, lot: str) -> list[str]:
    """Pages of goods on their way: a lot, boxes, a pallet, labels, what was destroyed."""
    party = members.party_of(conn, person, NOW)
    place = units.use_place(conn, party.id, None, "包装间", NOW)
    found = goods.find(conn, Scanned(LOT, lot))
    assert found is not None
    asked = Asked(STEPS["pack"], found, NOW, place, "0" * 24, boxes=3, weight_kg=12.5)
    batch = handling.tell(conn, party, person, asked, NOW).batch
    stack = handling.begin_pallets(conn, party, PALLET, 1, place, NOW)
    assert batch is not None
    one, other, third = (each.code for each in units.batch(conn, party.id, batch))
    (pallet,) = units.batch(conn, party.id, stack)
    series = "1" * 24
    for step, code in (("onto", one), ("onto", other), ("destroy", third)):
        what = goods.find(conn, Scanned(UNIT, code))
        on = goods.find(conn, Scanned(UNIT, pallet.code)) if step == "onto" else None
        assert what is not None
        own = {"reason": "压坏了"} if step == "destroy" else {}
        asked = Asked(STEPS[step], what, NOW, place, series, pallet=on, own=own)
        handling.tell(conn, party, person, asked, NOW)
    seen = [lot, one, third, pallet.code]
    return [
        *(f"/goods/{code}" for code in seen),
        *(f"/goods/labels/{each}" for each in (batch, stack)),
        *(f"/goods/do/{step}" for step in ("pack", "load", "receive", "destroy")),
        f"/goods/do/onto?series={series}&pallet={pallet.code}",
    ]


def _shipments(app: App, keeper: FlaskClient) -> list[Page]:
    """Pages of a load on its way, and of the truck that carries it."""
    with keeper.session_transaction() as session:
        uniquifier = session["_user_id"]
    with app.pool.connection() as conn:
        person = people.find(conn, uniquifier=uniquifier)
        assert person is not None
        world, code = load_on_its_way(conn, NOW)
        members.join(conn, person.id, world.receiver.id, NOW)
        store = assets.add(conn, "store_room", "一号库", world.receiver, NOW, person.name)
        came = Bought("commitment", "C2", "柳格农户", "", NOW.date())
        who = replace(world.who, at=NOW)
        more = [
            lots.buy(conn, each, 300.0, "濮阳柳格", came, None, None, who)
            for each in ("tomato", "garlic_scape")
        ]
        load = [Line(more[0], 250.0, "tomato"), Line(more[1], 120.5, "garlic_scape")]
        parties = (world.sender, world.receiver.id)
        hours = [NOW - timedelta(hours=each) for each in (3, 1)]
        together = shipments.ship_together(conn, load, world.truck.id, parties, who, hours[0])
        given = ("logger", "lg-001", None, 2, "冷藏车超温", who)
        recall = recalls.start(conn, *given, drill=True, span=(hours[0], hours[1]))
    paths = [f"/shipments/{code}", "/shipments/new", "/shipments/", f"/assets/{store.id}"]
    paths += [f"/shipments/{together[0]}", "/assets/", "/register/recalls/new?logger=lg-001"]
    paths += [f"/register/recalls/{recall}", f"/register/recalls/{recall}/report"]
    return [Page(path, ADMINISTRATOR) for path in paths]


def _updates(app: App) -> list[Page]:
    """Pages of updates: one on its way, one that halted by itself."""
    keys = MasterKey(bytes(range(32)))
    with app.pool.connection() as conn:
        run_before(conn, ["qf-001", "qf-002", "qf-003", "py-001"], NOW)
        begin(conn, {"qf-001": 1, "qf-002": 2}, NOW)
        number = begin(conn, {"qf-003": 1, "py-001": 2}, NOW, Made("9.2.0"))
        for each in roll_outs.running(conn):
            roll_outs.begin_ring(conn, each, 1, NOW)
            roll_outs.give_offers(conn, keys, roll_outs.find(conn, each), limit=9, at=NOW)
        for boot, said in ((2, "trial"), (3, "undone")):
            told = ("qf-003", Made("9.2.0").number, said, "no acknowledgement in 3 starts")
            roll_out_nodes.reported(conn, *told, boot=boot, at=NOW)
        detail = {"ring": 1, "failures": 1, "most": 1}
        roll_outs.halt(conn, number, detail, by="", at=NOW)
    paths = [f"/updates/{number}", f"/updates/{number}?state=undone", "/nodes/qf-003"]
    return [Page(path, ADMINISTRATOR) for path in paths]


def _outputs(app: App, administrator: FlaskClient) -> list[Page]:
    """Pages of a greenhouse that acts: on, off with an alarm, an order that waits."""
    with administrator.session_transaction() as session:
        uniquifier = session["_user_id"]
    with app.pool.connection() as conn:
        person = people.find(conn, uniquifier=uniquifier)
        assert person is not None
        acting.build(conn, NOW)
        for field in (acting.FIELD, acting.WELL_FIELD):
            control_list.add(conn, field, person.id, by=person.name, at=NOW)
        acting.all_kinds(conn, person, NOW)
    node = f"/control/{acting.NODE}"
    on = f"{node}/{acting.DRIP}/on?minutes"
    paths = [node, f"{node}/history", f"{on}=20&why=dry", f"{on}=999&why=dry"]
    paths.append(f"/control/{acting.WELL}")
    return [Page(path, ADMINISTRATOR) for path in paths]


def every_page(app: App, administrator: FlaskClient) -> list[Page]:
    """Find every address that answers with a page, each for the one who sees most there.

    Parameters
    ----------
    app
        On a database with the known world.
    administrator
        A browser in which somebody is signed in who may open everything.
    """
    clients = {ADMINISTRATOR: administrator, NOBODY: app.test_client()}
    found = []
    for _, method, path in routes(app):
        for who, client in clients.items():
            if method != "GET":
                continue
            with client.get(path) as answer:
                if answer.status_code == 200 and answer.mimetype == "text/html":
                    found.append(Page(path, who))
                    break
    field = _own_field(app, administrator)
    kept = [Page(field + each, ADMINISTRATOR) for each in OF_FIELDS]
    more = [Page(*each) for each in MORE]
    more += [Page(each, ADMINISTRATOR) for each in _exports(app, administrator)]
    kept += _lots(app, administrator)
    kept += _shipments(app, administrator)
    kept += _updates(app)
    kept += _outputs(app, administrator)
    return [*dict.fromkeys(found), *more, *kept, Page(_link(app), NOBODY)]
