"""Whom a broker lets in, as files."""

from __future__ import annotations

import stat
from pathlib import Path

from collector.ingest.access import ACL_FILE, PASSWORD_FILE, PSK_FILE, acl_of, write

LINES = {"qf-001": "qf-001:11", "qf-002": "qf-002:22"}


def test_a_device_has_its_own_topics_and_no_pattern() -> None:
    text = acl_of(["qf-001"], ["gauge-7"])
    rules = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert rules == [
        "user qf-001",
        "topic write nq/1/qf-001/up",
        "topic write nq/1/qf-001/evt",
        "topic write nq/1/qf-001/ask",
        "topic read nq/1/qf-001/ack",
        "topic read nq/1/qf-001/cmd",
        "topic read nq/1/qf-001/part",
        "user gauge-7",
        "topic write senml/gauge-7",
        "topic write thingsboard/gauge-7",
    ]


def test_files_are_written_once_and_for_the_broker_alone(tmp_path: Path) -> None:
    changes = write(tmp_path, LINES)
    assert changes.changed
    assert changes.gone == set()
    assert not write(tmp_path, LINES).changed
    for name in (PSK_FILE, ACL_FILE):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [ACL_FILE, PSK_FILE]


def test_who_is_taken_out_and_who_has_another_key_is_named(tmp_path: Path) -> None:
    write(tmp_path, LINES)
    changes = write(tmp_path, {"qf-002": "qf-002:33", "qf-003": "qf-003:44"})
    assert changes.changed
    assert changes.gone == {"qf-001", "qf-002"}
    assert "qf-001" not in (tmp_path / PSK_FILE).read_text() + (tmp_path / ACL_FILE).read_text()


def test_passwords_of_devices_that_do_not_count_are_taken_out(tmp_path: Path) -> None:
    passwords = tmp_path / PASSWORD_FILE
    passwords.write_text("gauge-7:$7$101$x\ngauge-8:$7$101$y\n")
    assert write(tmp_path, LINES).gone == set()
    changes = write(tmp_path, LINES, ["gauge-8"])
    assert changes.gone == {"gauge-7"}
    assert passwords.read_text() == "gauge-8:$7$101$y\n"
    assert not write(tmp_path, LINES, ["gauge-8"]).changed
