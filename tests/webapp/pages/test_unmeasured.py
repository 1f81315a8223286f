"""Pages about a village that nobody measured: no position stands on them, and none fails."""

from collector.store.network import registry
from field_configs.load import load
from tests.webapp.people import client_of

TECHNICIAN = (
    "/nodes",
    "/nodes?order=route&longitude=115&latitude=35.5",
    "/nodes/qf-001",
    "/nodes/qf-001/commission",
    "/nodes/qf-001/handover",
    "/nodes/qf-001/label",
)
OFFICER = (
    "/v/qf-liuge",
    "/v/qf-liuge/details",
    "/desk",
    "/region",
    "/watch",
    "/exports/nodes.csv?from=2016-05-01&to=2016-05-08",
)


def test_every_page_about_it_is_there(conn, seed, empty_app):
    registry.import_configs(conn, load(site="demo"), seed.NOW)
    unmeasured = "SET longitude = NULL, latitude = NULL, position = 'unknown'"
    with conn, conn.cursor() as cur:
        cur.execute(f"UPDATE village {unmeasured} WHERE id = 'qf-liuge'")
    found = {}
    for role, pages in (("technician", TECHNICIAN), ("officer", OFFICER)):
        client = client_of(empty_app, role)
        for page in pages:
            with client.get(page) as answer:
                assert answer.status_code == 200, page
                found[page] = answer.get_data(as_text=True)
    assert found["/nodes"].count('class="spot"') == 2  # two spots for the four other nodes
    route = found[TECHNICIAN[1]]
    assert route.rindex("qf-003") < route.index(">qf-001") < route.index(">qf-002")
    with conn, conn.cursor() as cur:
        cur.execute(f"UPDATE village {unmeasured}")
    with client_of(empty_app, "technician").get("/nodes") as answer:
        assert 'class="spot"' not in answer.get_data(as_text=True)
