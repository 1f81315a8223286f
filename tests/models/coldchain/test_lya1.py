"""Real cold rooms: what is unknown, what was a defrost; the figures of docs/coldchain.md hold."""

import numpy as np
import pytest

from models.coldchain.causes import Cause, causes, without_coil
from models.coldchain.exposure import exposure
from tests.models.coldchain import lya1
from tests.paths import ROOT


@pytest.fixture(scope="module")
def rooms():
    if not lya1.PATH.exists():
        pytest.skip(f"{lya1.PATH} is not there: it has no licence, so it may not be copied here")
    return lya1.read_rooms()


def test_the_page_has_these_figures(rooms):
    page = (ROOT / "docs" / "coldchain.md").read_text(encoding="utf-8")
    lines = lya1.report()
    print("\n".join(lines))
    assert [line for line in lines if line.strip() not in page] == []


def test_what_has_fault_or_stale_is_unknown_once_the_scale_is_known(rooms):
    """By room: the ends of the scale are those that the other two rooms' faults show."""
    every = np.ones(len(rooms.times), dtype=bool)
    for room, least in ((1, 1.0), (2, 1.0)):
        others = [other for other in range(3) if other != room]
        known = lya1.known_of(rooms, room, lya1.scale_of(rooms, others, every))
        got = lya1.unknown_tally(rooms, room, known, every)
        assert (got.precision, got.recall) == (1.0, least), lya1.ROOMS[room]


def test_defrosts_of_days_never_looked_at(rooms):
    """By days: nothing is fitted; the second half holds 16 defrosts and nothing else."""
    middle = (rooms.times[0] + rooms.times[-1]) / 2
    for room in range(3):
        judged = causes(lya1.known_of(rooms, room), lya1.LIMIT_C)
        got = lya1.defrost_tally(rooms, judged, middle, np.inf, lya1.by_shape)
        assert (got.called, got.right, got.true, got.met) == (16, 16, 16, 16)
        assert judged.on_coil.item(), "a median of 31 degC and more in half an hour"


def test_a_room_that_only_its_own_past_is_known_of(rooms):
    """As it comes in: each defrost is judged from what was there an hour after it began."""
    called = 0
    for since, _ in rooms.defrosts[6:]:
        upto = rooms.times <= since + 3600
        known = lya1.known_readings(rooms.times[upto], rooms.values[1][upto])
        judged = causes(known, lya1.LIMIT_C)
        assert Cause.FAILURE not in judged.cause
        called += judged.cause[-1] is Cause.DEFROST
    assert called == len(rooms.defrosts[6:]) == 23


def test_the_stuck_sensor_of_room_c_is_the_only_failure_alarmed(rooms):
    found = [c for room in range(3) for c in causes(lya1.known_of(rooms, room), -15.0).cause]
    assert (len(found), found.count(Cause.FAILURE)) == (89, 1)


def test_the_coils_defrosts_are_not_the_goods(rooms):
    """Room B: without them no known time is above -15 degC but the one rise nobody explained."""
    known = lya1.known_of(rooms, 1)
    judged = causes(known, lya1.LIMIT_C)
    hidden = without_coil(known, judged)
    warm = (hidden.value > lya1.LIMIT_C).sum()
    assert (warm, (known.value > lya1.LIMIT_C).sum()) == (1, 115)
    assert hidden.unknown.item() > known.unknown.item() + 20 * 3600
    assert exposure(hidden).known.item() == pytest.approx(hidden.known.item())
