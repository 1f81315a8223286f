"""Nodes and probes change hands; the curve of a place goes on with whoever measures there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from collector.store.network import handover, nodes, registry
from collector.store.network.handover import CannotHandOver, Done
from tests.collector.conftest import NOW, enrol
from tests.collector.ingest.test_intake import refusals, take

if TYPE_CHECKING:
    from collector.store.postgres import db
    from tests.collector.conftest import Bench

HOUR = timedelta(hours=1)


def done(at: datetime = NOW, note: str = "lightning") -> Done:
    return Done(at, at, None, "Li", note)


def times_of(conn: db.Connection, placement: str) -> list[datetime]:
    with conn, conn.cursor() as cur:
        cur.execute(
            "SELECT r.time FROM reading r JOIN series s ON s.id = r.series_id "
            "WHERE s.placement = %s ORDER BY 1",
            (placement,),
        )
        return [time for (time,) in cur.fetchall()]


def served(conn: db.Connection, node: str) -> set[str]:
    with conn:
        return {each.placement for each in nodes.channels(conn, node) if each.valid_to is None}


@pytest.fixture
def bench(registered: db.Connection) -> Bench:
    """A node in its field."""
    return enrol(registered, "qf-001")


@pytest.fixture
def spare(registered: db.Connection) -> Bench:
    """A node on the shelf: in the registry, with a key, serving nothing."""
    with registered:
        handover.retire(registered, "qf-004", done(NOW - 20 * HOUR))
    return enrol(registered, "qf-004", NOW - 19 * HOUR)


def test_the_curve_goes_on_with_the_node_that_replaces_another(
    registered: db.Connection, bench: Bench, spare: Bench
) -> None:
    places = served(registered, "qf-001")
    take(registered, bench.frame(t0=0))  # six samples from six hours ago on
    at = NOW - 3 * HOUR
    with registered:
        kept = handover.replace_node(registered, "qf-001", "qf-004", done(at))
    assert set(kept) == places == served(registered, "qf-004")
    assert served(registered, "qf-001") == set()
    before = times_of(registered, "qf-liuge-1-t")
    assert len(before) == 6
    take(registered, spare.frame(t0=4 * 3600))
    assert len(times_of(registered, "qf-liuge-1-t")) == 12
    with registered:
        old, new = nodes.facts(registered, "qf-001"), nodes.facts(registered, "qf-004")
        assert old is not None
        assert new is not None
        assert (old.state(NOW), new.field) == ("retired", "qf-liuge-1")
        assert [each.kind for each in nodes.history(registered, "qf-004")][0] == "replaces"
        assert nodes.history(registered, "qf-001")[0].detail == {"by": "qf-004"}


def test_what_the_old_node_measures_afterwards_is_not_taken(
    registered: db.Connection, bench: Bench, spare: Bench
) -> None:
    with registered:
        handover.replace_node(registered, "qf-001", "qf-004", done(NOW - 3 * HOUR))
    take(registered, bench.frame(t0=0))  # measured before: it may come late
    assert len(times_of(registered, "qf-liuge-1-t")) == 6
    take(registered, bench.frame(t0=4 * 3600))
    assert refusals(registered) == {("qf-001", "retired_epoch"): 1}
    assert len(times_of(registered, "qf-liuge-1-t")) == 6


def test_what_the_new_node_measured_elsewhere_before_does_not_enter_the_curve(
    registered: db.Connection, spare: Bench
) -> None:
    with registered:
        handover.replace_node(registered, "qf-001", "qf-004", done(NOW - 3 * HOUR))
    take(registered, spare.frame(t0=0))
    assert times_of(registered, "qf-liuge-1-t") == []


def test_a_moved_node_begins_a_curve_of_its_own_where_nobody_measured(
    registered: db.Connection, bench: Bench
) -> None:
    with registered:
        handover.retire(registered, "qf-004", done(NOW - 5 * HOUR))
        (former,) = registry.nodes(registered, "qf-004")
        field = former.field
        kept = handover.move(registered, "qf-001", field, done(NOW - 3 * HOUR))
    assert set(kept) == served(registered, "qf-001")
    take(registered, bench.frame(t0=0), bench.frame(t0=4 * 3600))
    assert len(times_of(registered, "qf-liuge-1-t")) == 6
    with registered:
        (air,) = [
            each
            for each in nodes.channels(registered, "qf-001")
            if each.valid_to is None and each.quantity == "air_temperature"
        ]
    assert air.field == field
    assert air.placement == f"{field}-t", "nobody serves that placement: its curve goes on"
    assert len(times_of(registered, air.placement)) == 6


@pytest.mark.parametrize(
    ("old", "new", "at", "why"),
    [
        ("qf-001", "qf-001", NOW, "same"),
        ("qf-001", "qf-002", NOW, "busy"),
    ],
)
def test_a_node_cannot_take_over_what_it_cannot_serve(
    registered: db.Connection, old: str, new: str, at: datetime, why: str
) -> None:
    with registered, pytest.raises(CannotHandOver, match=rf"node {new}: cannot take over \({why}"):
        handover.replace_node(registered, old, new, done(at))


@pytest.mark.usefixtures("spare")
def test_a_node_cannot_take_over_without_the_channels_for_it(
    registered: db.Connection,
) -> None:
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE layout SET channels = '[[0, 1, 100]]'")
    with registered, pytest.raises(CannotHandOver, match="lacks relative_humidity"):
        handover.replace_node(registered, "qf-001", "qf-004", done())


@pytest.mark.usefixtures("spare")
def test_a_handing_over_does_not_reach_behind_the_one_before(
    registered: db.Connection,
) -> None:
    with registered:
        handover.replace_node(registered, "qf-001", "qf-004", done(NOW - 3 * HOUR))
        with pytest.raises(CannotHandOver, match="early"):
            handover.move(registered, "qf-004", "qf-mazhuangqiao-2", done(NOW - 4 * HOUR))


def test_a_node_cannot_move_to_where_another_measures(registered: db.Connection) -> None:
    with registered, pytest.raises(CannotHandOver, match="taken qf-002"):
        handover.move(registered, "qf-001", "qf-liuge-2", done())


def test_an_unknown_node_is_named_with_its_neighbour(registered: db.Connection) -> None:
    with registered, pytest.raises(registry.UnknownNode, match='did you mean "qf-00'):
        handover.retire(registered, "qf-01", done())


def test_a_start_of_a_node_is_kept_with_its_cause(registered: db.Connection, bench: Bench) -> None:
    take(registered, bench.event("boot", [3, 17]), bench.frame())
    with registered:
        (boot,) = nodes.boots(registered, "qf-001")
    assert (boot.boot, boot.cause, boot.torn, boot.unix_s) == (1, "3", 17, bench.offset)


@pytest.mark.parametrize(
    ("said", "kept"),
    [(None, ("", 0)), ("brown\nout", ("brownout", 0)), ([7], ("7", 0)), ([1, -4], ("1", 0))],
)
def test_whatever_a_node_says_of_its_start_can_be_kept(
    registered: db.Connection, bench: Bench, said: object, kept: tuple[str, int]
) -> None:
    take(registered, bench.event("boot", said))
    with registered:
        (boot,) = nodes.boots(registered, "qf-001")
    assert (boot.cause, boot.torn) == kept
