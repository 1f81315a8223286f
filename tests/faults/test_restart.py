"""kill -9 of collector, database, broker and node while nodes report: every frame arrives once."""

import importlib.util
import sys
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("campaign", Path(__file__).with_name("campaign.py"))
faults = importlib.util.module_from_spec(spec)
sys.modules["campaign"] = faults
spec.loader.exec_module(faults)


@pytest.mark.system
def test_every_frame_written_ends_in_the_store_once():
    books, (readings, conflicts) = faults.campaign(seed=1, rounds=6)
    assert books.written > 50
    assert books.balanced, books
    assert readings > books.written
    assert conflicts == 0


@pytest.mark.system
def test_the_campaign_notices_an_acknowledgement_before_the_commit():
    """The campaign must fail when the collector acknowledges what it has not stored.

    Only the server falls: frames that came between its disk and its power are those at stake.
    """
    faults_before = faults.SETTLE_SECONDS
    faults.SETTLE_SECONDS = 15.0
    try:
        books, _ = faults.campaign(
            seed=2, rounds=2, without="commit-before-ack", victims=("server",)
        )
    finally:
        faults.SETTLE_SECONDS = faults_before
    assert books.missing
