"""A node's power is cut before and in the middle of the writes of its flash.

Here at some of them; ``make faults`` does it at each, and so does ``make whole``.
"""

from __future__ import annotations

import pytest

from tests.faults import power_cuts
from tests.faults.cut_safeguards import SAFEGUARDS, Safeguard
from tests.paths import WHOLE

pytestmark = pytest.mark.system

EVERY = 1 if WHOLE else 160
SEED = 1


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("story", "operations"), [("life", 5000), ("update", 1000)])
def test_a_node_whose_power_is_cut_loses_and_makes_up_nothing(story: str, operations: int) -> None:
    report = power_cuts.campaign(EVERY, SEED, story=story)
    print(story, report.told(EVERY, SEED))
    assert report.faults == []
    assert report.operations > operations
    assert report.images > 3.9 * report.operations / EVERY
    assert report.started > report.images / 10


#: Every third is tried without its safeguard with each change, all by ``make whole``.
EACH = [
    pytest.param(each, marks=[pytest.mark.whole] * bool(n % 3)) for n, each in enumerate(SAFEGUARDS)
]


@pytest.mark.parametrize("safeguard", EACH)
def test_the_campaign_fails_without(safeguard: str) -> None:
    report = power_cuts.campaign(
        story=SAFEGUARDS[safeguard].story,
        length=2,
        without=safeguard,
        near=SAFEGUARDS[safeguard].near,
        most_faults=1,
    )
    assert report.faults


def test_a_safeguard_that_is_not_there_cannot_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Safeguard("firmware/node/main.py", "no such text", "")
    monkeypatch.setitem(SAFEGUARDS, "gone", gone)
    with pytest.raises(ValueError, match=r"main.py: the text of 'gone' is there 0 times"):
        power_cuts.campaign(without="gone")
