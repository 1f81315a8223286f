"""What goes wrong is said in words of both languages."""

import pytest

from field_configs.events import event
from webapp.language import events


@pytest.fixture(params=["zh", "en"])
def both(app, request):
    with app.test_request_context(f"/?lang={request.param}"):
        yield request.param


@pytest.mark.parametrize(
    ("said", "zh", "en"),
    [
        (
            event("silent_node", node="qf-001", seen="2016-05-07T00:20:00Z"),
            "设备 qf-001（上次收到消息：2016年5月7日 08:20）：请检查供电、通信和天线",
            "node qf-001: last heard 7 May 2016, 08:20; check its power, radio and antenna",
        ),
        (
            event("silent_node", node="qf-001", seen=None),
            "设备 qf-001（上次收到消息：从未）：请检查供电、通信和天线",
            "node qf-001: last heard never; check its power, radio and antenna",
        ),
        (
            event("risk_computed", statuses=6, new=2, ahead=7),
            "6 个结果，新的 2 个，后几天的 7 个",
            "6 statuses, 2 new, 7 of days ahead",
        ),
        (
            event("job_failed", error="KeyError", detail="'x'"),
            "出错：KeyError: 'x'",
            "error: KeyError: 'x'",
        ),
        (event("undecodable", detail="of an earlier release"),) + ("of an earlier release",) * 2,
        (None, "", ""),
    ],
)
def test_events_are_said_in_words(both, said, zh, en):
    assert events.event_text(said) == (zh if both == "zh" else en)


def test_a_kind_has_a_name(both):
    assert events.refusal_name("wrong_seal") == ("密封不对" if both == "zh" else "seal is wrong")
    assert events.refusal_name("new_reason") == "new_reason"
    assert events.event_name("new_kind") == "new_kind"
    assert events.job_name("new_job") == "new_job"
