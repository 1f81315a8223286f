"""The real firmware under MicroPython, against a real broker."""

from __future__ import annotations

from pathlib import Path

from tests.firmware.field import Collector, FleetMaker, wait_for


def journal(folder: Path, node: str) -> dict[tuple[int, int], str]:
    path = folder / "journal" / f"{node}.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    rows = [line.split() for line in lines]
    return {(int(boot), int(seq)): digest for boot, seq, digest in rows}


def test_every_frame_of_a_backlog_arrives(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path
) -> None:
    fleet = make_fleet("qf-001", "py-002", days=10)
    fleet.start()
    wait_for(lambda: len(collector.received()) > 480)
    fleet.stop()
    for node in ("qf-001", "py-002"):
        written = journal(tmp_path, node)
        assert len(written) >= 240
    assert not collector.refused
