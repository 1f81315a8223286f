"""A node that was taken away, on the status page and in the metrics."""

import re
from datetime import timedelta

import pytest

from collector.store.network import registry
from tests.webapp.people import client_of

SILENT = 'nongqing_nodes{board="soilair-1",county="%s",state="%s"}'


@pytest.fixture
def revoked(empty_app, seed):
    """The first node of a filled database, revoked."""
    with empty_app.pool.connection() as conn:
        seed.fill(conn)
        node = registry.nodes(conn)[0].id
        registry.revoke(conn, node, reason="stolen", by="Li", at=seed.NOW)
    return node


def test_the_list_of_nodes_calls_it_revoked_not_silent(empty_app, revoked):
    client = client_of(empty_app, "technician")
    assert "已停用" in client.get(f"/nodes/{revoked}").get_data(as_text=True)
    assert "停用" in client.get("/status").get_data(as_text=True)
    assert revoked in client.get("/nodes?state=out").get_data(as_text=True)
    assert revoked not in client.get("/nodes?state=silent").get_data(as_text=True)


def test_nobody_is_alarmed_by_its_silence(empty_app, revoked, seed):
    with empty_app.pool.connection() as conn:
        conn.cursor().execute(
            "UPDATE node SET last_seen = %s WHERE id = %s",
            (seed.NOW - timedelta(days=9), revoked),
        )
    text = empty_app.test_client().get("/metrics").get_data(as_text=True)
    assert SILENT % ("410928", "revoked") + " 1.0" in text
    longest = re.search(r'nongqing_longest_silence_seconds{county="410928"} (\S+)', text)
    assert longest is not None
    assert float(longest[1]) < timedelta(days=2).total_seconds()
