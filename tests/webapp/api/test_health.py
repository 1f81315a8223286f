"""`/healthz` for load balancers, `/metrics` for Prometheus."""

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families

from collector.store.network import server_clock
from collector.store.postgres import db


def test_all_parts_are_told_and_a_failed_job_degrades(client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    body = answer.get_json()
    assert body["state"] == "degraded"
    assert body["time"] == "2016-05-08T06:20:00Z"
    states = {name: part["state"] for name, part in body["parts"].items()}
    assert states == {
        "database": "ok",
        "schema": "ok",
        "ingest": "ok",
        "jobs": "degraded",
        "clock": "ok",
    }
    assert body["parts"]["jobs"]["failed"] == ["roll_up"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_clock_in_doubt_degrades(app, seed):
    with app.pool.connection() as conn:
        server_clock.put(conn, "gate", seed.NOW, "stepped")
    part = app.test_client().get("/healthz").get_json()["parts"]["clock"]
    assert part == {"state": "degraded", "doubts": {"gate": "stepped"}}


def test_silence_of_all_nodes_degrades(app, seed):
    app.clock.at = seed.NOW + timedelta(hours=4)
    parts = app.test_client().get("/healthz").get_json()["parts"]
    assert parts["ingest"]["state"] == "degraded"


def test_a_new_installation_waits_and_is_well(empty_app):
    answer = empty_app.test_client().get("/healthz")
    assert answer.status_code == 200
    assert answer.get_json()["state"] == "ok"
    assert answer.get_json()["parts"]["ingest"]["detail"] == "no node was heard yet"


def test_database_down_is_503_and_keeps_its_secrets(down_app):
    answer = down_app.test_client().get("/healthz")
    assert answer.status_code == 503
    assert answer.get_json()["state"] == "down"
    assert "no answer" in answer.get_json()["parts"]["database"]["detail"]
    assert b"secret" not in answer.data


def test_a_schema_behind_names_the_command(postgres, seed):
    from webapp import create_app

    dsn = postgres.create()
    app = create_app(db.Pool(dsn), type("Clock", (), {"now": lambda self: seed.NOW})())
    answer = app.test_client().get("/healthz")
    body = answer.get_json()
    app.pool.close()
    assert (answer.status_code, body["state"]) == (503, "down")
    assert body["parts"]["schema"]["mend"] == "run: nongqing db migrate"


def values(client):
    text = client.get("/metrics").get_data(as_text=True)
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_count_requests_and_tell_the_store(client):
    client.get("/")
    client.get("/v/nowhere")
    found = values(client)
    assert found["nongqing_database_up",] == 1
    assert found["nongqing_web_requests_total", "home.villages", "200"] == 1
    assert found["nongqing_web_requests_total", "village.page", "404"] == 1
    assert found["nongqing_dead_letters",] == 1
    assert {
        labels[1:]: count for labels, count in found.items() if labels[0] == "nongqing_nodes"
    } == {
        ("soilair-1", "410922", "not_enrolled"): 1,
        ("soilair-1", "410922", "silent"): 1,
        ("soilair-1", "410922", "works"): 2,
        ("soilair-1", "410928", "works"): 2,
    }
    assert found["nongqing_longest_silence_seconds", "410928"] == 720
    assert found["nongqing_job_failed", "roll_up"] == 1
    assert found["nongqing_job_failed", "risk"] == 0


def test_metrics_never_name_an_address_that_was_asked_for(client):
    client.get("/v/somebody-private")
    client.get("/nothing-here")
    assert b"somebody-private" not in client.get("/metrics").data
    assert b"nothing-here" not in client.get("/metrics").data


def test_metrics_say_that_the_database_is_down(down_app):
    found = values(down_app.test_client())
    assert found["nongqing_database_up",] == 0
