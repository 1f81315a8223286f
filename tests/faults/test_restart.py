"""What fails while nodes report, one after another and together: every frame arrives once."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.faults import campaign, sabotage
from tests.faults.books import Books
from tests.faults.kinds import KINDS, PARTS, SPECIAL
from tests.faults.rig import Setting
from tests.faults.sabotage import SAFEGUARDS
from tests.mosquitto import MOSQUITTO

IS_ROOT = os.geteuid() == 0
MOSQUITTO_THERE = Path(MOSQUITTO).exists()
#: What CI tries with each change; the others by ``make whole`` and ``make faults``.
SAMPLE = (
    "collectors",
    "database",
    "broker-forgets",
    "node",
    "cut-collectors",
    "disk-full",
    "replay",
)


def books_without(name: str, seed: int = 2, rounds: int = 2) -> Books:
    """The books of two rounds without a safeguard."""
    safeguard = SAFEGUARDS[name]
    setting = Setting(
        "mosquitto" if "broker" in name or "session" in name else "rumqttd",
        once=safeguard.kinds == ("collectors",),
        powered="power" in safeguard.kinds,
        backlog_days=safeguard.backlog_days,
    )
    books, _ = campaign.campaign(
        seed,
        rounds,
        without=name,
        kinds=safeguard.kinds,
        setting=setting,
        most=1,
        still=15.0,
    )
    return books


@pytest.mark.system
def test_every_frame_written_ends_in_the_store_once() -> None:
    setting = Setting("mosquitto" if MOSQUITTO_THERE else "rumqttd")
    books, (readings, conflicts) = campaign.campaign(1, len(SAMPLE), kinds=SAMPLE, setting=setting)
    assert books.written > 50
    assert books.balanced, books
    assert readings > books.written
    assert conflicts == 0


@pytest.mark.system
@pytest.mark.whole
@pytest.mark.parametrize("seed", [2, 3])
def test_each_kind_of_fault_loses_doubles_and_alters_nothing(seed: int) -> None:
    books, (_, conflicts) = campaign.campaign(seed, len(KINDS))
    assert books.balanced, books
    assert conflicts == 0


@pytest.mark.system
@pytest.mark.whole
def test_a_power_cut_loses_nothing_and_a_node_frees_what_is_stored() -> None:
    reason = _why_not("synced-to-disk")
    if reason:
        pytest.skip(reason)
    setting = Setting("rumqttd", powered=True, backlog_days=SAFEGUARDS["free-on-ack"].backlog_days)
    books, _ = campaign.campaign(4, 3, kinds=("power",), setting=setting, most=1)
    assert books.balanced, books


@pytest.mark.system
def test_the_campaign_notices_an_acknowledgement_before_the_commit() -> None:
    """The campaign must fail when the collector acknowledges what it has not stored.

    Only the server falls: frames that came between its disk and its power are those at stake.
    """
    assert books_without("commit-before-ack").missing


def _why_not(name: str) -> str | None:
    """Why a safeguard cannot be shown on this machine; None: it can."""
    if "power" in SAFEGUARDS[name].kinds and not (IS_ROOT and shutil.which("mkfs.ext4")):
        return "a disk that loses what was not written out takes root and mkfs.ext4"
    if SAFEGUARDS[name].kinds == ("collectors",) and not MOSQUITTO_THERE:
        return "mosquitto is not installed (apt-get install mosquitto)"
    return None


@pytest.mark.system
@pytest.mark.whole
@pytest.mark.parametrize("name", [name for name in SAFEGUARDS if name != "commit-before-ack"])
def test_the_campaign_fails_without(name: str) -> None:
    reason = _why_not(name)
    if reason:
        pytest.skip(reason)
    for seed in range(5):  # what a kill meets depends on the moment
        if getattr(books_without(name, seed), SAFEGUARDS[name].wrong):
            return
    pytest.fail(f"nothing is {SAFEGUARDS[name].wrong} without {name}")


def test_safeguards_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["campaign.py", "--list-safeguards"])
    assert campaign.main() == 0
    assert set(capsys.readouterr().out.split()) == set(SAFEGUARDS)


def test_a_safeguard_that_is_not_there_cannot_be_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = sabotage.Safeguard((), "", file="firmware/node/outbox.py", old="no such text")
    monkeypatch.setitem(SAFEGUARDS, "gone", gone)
    with pytest.raises(ValueError, match=r"outbox.py: the text of 'gone' is there 0 times"):
        sabotage.node_program("gone", tmp_path)


def test_each_kind_says_what_it_takes_away() -> None:
    assert PARTS.keys() == KINDS.keys()
    assert KINDS.keys() >= SPECIAL
    assert {kind for each in SAFEGUARDS.values() for kind in each.kinds} <= KINDS.keys()
