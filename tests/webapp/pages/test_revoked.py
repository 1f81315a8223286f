"""A node that was taken away, on the status page and in the metrics."""

import pytest

from collector.store.network import registry
from tests.webapp.people import client_of

SILENCE = 'nongqing_node_silence_seconds{node="%s"}'


@pytest.fixture
def revoked(empty_app, seed):
    """The first node of a filled database, revoked."""
    with empty_app.pool.connection() as conn:
        seed.fill(conn)
        node = registry.nodes(conn)[0].id
        registry.revoke(conn, node, reason="stolen", by="Li", at=seed.NOW)
    return node


def test_the_status_page_calls_it_revoked_not_silent(empty_app, revoked):
    text = client_of(empty_app, "technician").get("/status").get_data(as_text=True)
    row = text.split(revoked)[1].split("</tr>")[0]
    assert "已停用" in row


def test_nobody_is_alarmed_by_its_silence(empty_app, revoked, seed):
    client = empty_app.test_client()
    text = client.get("/metrics").get_data(as_text=True)
    assert SILENCE % revoked not in text
    with empty_app.pool.connection() as conn:
        others = [row.id for row in registry.nodes(conn) if row.last_seen and not row.revoked]
    assert others
    assert all(SILENCE % other in text for other in others)
