"""A node's outputs while everything around them fails; `tests/faults/leases.py` says what holds."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.faults import lease_rig, leases
from tests.paths import ROOT, WHOLE

ROUNDS = 10_000 if WHOLE else 100
FEW = 60


@pytest.mark.timeout(3600)
def test_nothing_stays_on_and_no_limit_is_broken() -> None:
    report = leases.campaign(seed=2, rounds=ROUNDS)
    print(report.told(2))
    assert report.faults == []
    assert report.rounds == ROUNDS
    for what in ("on", "proof", "alarm", "refused", "reset"):
        assert report.counts[what] > ROUNDS / 2, what


@pytest.mark.parametrize(
    ("safeguard", "said"),
    [
        ("lease-timer", "beyond its lease"),
        ("expiry-check", "too late"),
        ("command-identity", "a second time"),
    ],
)
def test_the_campaign_fails_without(safeguard: str, said: str) -> None:
    report = leases.campaign(rounds=FEW, without=safeguard, most=1)
    assert len(report.faults) == 1
    assert said in report.faults[0]


def test_the_command_line_says_what_was_found() -> None:
    command = [sys.executable, "-m", "tests.faults.leases", "--rounds", "20"]
    for more, code, said in (
        ([], 0, "20 rounds: "),
        (["--without", "lease-timer"], 1, "beyond its lease"),
    ):
        done = subprocess.run(
            [*command, *more], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert said in done.stdout


def test_a_safeguard_that_is_not_there_cannot_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lease_rig.SAFEGUARDS, "gone", (("control", "no such text", ""),))
    with pytest.raises(ValueError, match=r"the text of 'gone' is not there once"):
        leases.campaign(rounds=1, without="gone")
