"""Steps and the words of the vocabulary; what is in something after what was told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from field_configs.business_steps import business_steps
from models.exchange.epcis.vocabulary import BIZ_STEPS, DISPOSITIONS
from models.trace.goods import STEPS, Contents, Done, contents, counted, event_of, sscc

AT = datetime(2016, 5, 8, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize("step", STEPS.values(), ids=list(STEPS))
def test_steps_speak_the_vocabulary(step: Any) -> None:
    assert step.biz_step in BIZ_STEPS or business_steps()[step.step].why
    assert step.disposition in DISPOSITIONS


def test_an_event_has_local_time_and_leaves_out_what_is_empty() -> None:
    done = Done(STEPS["load"], AT, "urn:x:p", ("urn:x:1",), own={"vehicle": "", "step": "load"})
    assert event_of(done) == {
        "type": "ObjectEvent",
        "eventTime": "2016-05-08T12:30:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "loading",
        "disposition": "in_progress",
        "readPoint": {"id": "urn:x:p"},
        "epcList": ["urn:x:1"],
        "nongqing:step": "load",
    }


def test_a_receipt_says_whether_all_came() -> None:
    told = {"disposition": "in_progress"}
    assert counted(told, 3, 3)["persistentDisposition"] == {"set": ["completeness_verified"]}
    assert counted(told, 2, 3)["disposition"] == "mismatch_quantity"
    assert counted(told, 2, 3)["nongqing:expected"] == "3"


def joined(action: str, things: str = "", **lots: float) -> dict[str, Any]:
    amounts = [{"epcClass": lot, "quantity": kg} for lot, kg in lots.items()]
    return {"action": action, "childEPCs": things.split(), "childQuantityList": amounts}


@pytest.mark.parametrize(
    ("events", "left"),
    [
        ([], Contents()),
        ([joined("ADD", "a b"), joined("DELETE", "a")], Contents(("b",))),
        ([joined("ADD", "a", x=5)], Contents(("a",), {"x": 5})),
        ([joined("ADD", "a", x=5), joined("DELETE")], Contents()),
        (
            [joined("ADD", x=5), joined("ADD", x=2.5), joined("DELETE", x=3)],
            Contents((), {"x": 4.5}),
        ),
        ([joined("ADD", x=5), joined("DELETE", x=5)], Contents()),
        ([joined("ADD", "a"), joined("OBSERVE", "a b")], Contents(("a",))),
        ([joined("DELETE", "a"), joined("ADD", "a")], Contents(("a",))),
    ],
)
def test_what_is_inside_follows_from_the_order_of_events(
    events: list[dict[str, Any]], left: Contents
) -> None:
    assert contents(events) == left


def test_shipping_codes_have_eighteen_digits_and_run_out() -> None:
    assert sscc("6901234", 1) == "069012340000000016"
    assert len(sscc("690123499999", 9999)) == 18
    with pytest.raises(ValueError, match="all 10000 numbers are used"):
        sscc("690123499999", 10000)
