"""Whose the bytes of a node's heap are, by what the probe of the bench prints."""

from __future__ import annotations

import pytest

from tests.bench._wire_heap import heap_of, room_for

SAID = """qstr pool: n_pool=4, n_qstr={emulated}, n_str_data_bytes=1000, n_total_bytes=4300
emulated 20000
qstr pool: n_pool=5, n_qstr=500, n_str_data_bytes=1000, n_total_bytes=7820
loaded 80000
qstr pool: n_pool=5, n_qstr=510, n_str_data_bytes=1000, n_total_bytes=7820
watched 82000
qstr pool: n_pool=5, n_qstr=510, n_str_data_bytes=1000, n_total_bytes=7820
ready 83000
qstr pool: n_pool={pools}, n_qstr=540, n_str_data_bytes=1000, n_total_bytes={total}
started {started}
broker answers
qstr pool: n_pool={pools}, n_qstr={names}, n_str_data_bytes=1000, n_total_bytes={total}
peak 110000
qstr pool: n_pool={pools}, n_qstr={names}, n_str_data_bytes=1000, n_total_bytes={total}
peak 120000
"""


@pytest.mark.parametrize(
    ("names", "room"), [(1, 20), (20, 20), (21, 60), (300, 300), (301, 620), (621, 1260)]
)
def test_pools_of_names_double(names: int, room: int) -> None:
    assert room_for(names) == room


def test_a_pool_that_only_the_emulation_made_necessary_is_not_the_nodes() -> None:
    """700 names need 1260 places; without 200 + 30 + 10 of others 460 need 620."""
    heap = heap_of(SAID.format(emulated=200, pools=6, names=700, started=95040, total=14860))
    assert heap.names == 460
    assert heap.pools == 13860 - 6820
    assert heap.emulation == (20000 - 3300) + (95040 - 13860) - (83000 - 6820)
    assert heap.looking == 2000
    assert heap.node == 120000 - heap.emulation - heap.looking - heap.pools


def test_room_that_the_emulation_left_over_is_the_nodes() -> None:
    """With 600 names there is no further pool; all of the 620 places count as the node's."""
    heap = heap_of(SAID.format(emulated=100, pools=5, names=600, started=88000, total=7820))
    assert (heap.names, heap.pools) == (460, 0)
    assert heap.emulation == (20000 - 3300) + 5000
