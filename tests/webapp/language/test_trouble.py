"""What goes wrong is said in words of both languages."""

import re
from pathlib import Path

import pytest

import collector
from collector.ingest import authenticity as proof
from webapp.language import trouble as trouble_words

COLLECTOR = Path(collector.__file__).parent
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(params=["zh", "en"])
def both(app, request):
    with app.test_request_context(f"/?lang={request.param}"):
        yield request.param


@pytest.mark.parametrize(
    ("detail", "zh", "en"),
    [
        (
            "node qf-001: last heard 2016-05-07 00:20 UTC; see to its power, radio and antenna",
            "设备 qf-001：最后一次消息是 2016年5月7日 08:20；请检查供电、通信和天线",
            "node qf-001: last heard 7 May 2016, 08:20; see to its power, radio and antenna",
        ),
        (
            "node qf-001: last heard never; see to its power, radio and antenna",
            "设备 qf-001：最后一次消息是 从未；请检查供电、通信和天线",
            "node qf-001: last heard never; see to its power, radio and antenna",
        ),
        ("6 statuses, 2 new", "6 个结果，新的 2 个", "6 statuses, 2 new"),
        (
            "6 statuses, 2 new, 7 of days ahead",
            "6 个结果，新的 2 个，另有后几天的 7 个",
            "6 statuses, 2 new, 7 of days ahead",
        ),
        ("KeyError: 'x'", "KeyError: 'x'", "KeyError: 'x'"),
        ("100% of %(node)s", "100% of %(node)s", "100% of %(node)s"),
    ],
)
def test_details_are_said_in_words(both, detail, zh, en):
    assert trouble_words.detail_text(detail) == (zh if both == "zh" else en)


def test_a_time_that_is_none_is_left_as_it_is(both):
    detail = "node a: last heard 2016-99-07 00:20 UTC; see to its power, radio and antenna"
    assert "2016-99-07 00:20 UTC" in trouble_words.detail_text(detail)


def test_sentences_are_those_of_the_collector():
    text = "".join(
        re.sub(r'"\s*\n\s*f?"', "", path.read_text(encoding="utf-8"))
        for path in COLLECTOR.rglob("*.py")
    )
    lost = [
        part
        for sentence in trouble_words.SENTENCES
        for part in re.split(r"%\(\w+\)s|; ", trouble_words.source_of(sentence))
        if part.strip(" ,;()") and part.rstrip(" ,;") not in text
    ]
    assert lost == [], "the collector says it differently now; follow it in SENTENCES"


def names_in(pattern, file):
    return set(re.findall(pattern, (COLLECTOR / file).read_text(encoding="utf-8")))


def test_every_kind_and_reason_of_the_collector_has_words(app):
    kinds = names_in(r'self\.item\("(\w+)"', "ingest/intake.py")
    kinds |= names_in(r'items\.append\(\("(\w+)"', "store/upkeep.py")
    kinds |= names_in(r'raise_items\(conn, \[\("(\w+)"', "ingest/intake.py")
    assert kinds - trouble_words.ITEM_KINDS.keys() == set()
    reasons = set(re.findall(r"``(\w+)``", proof.prove.__doc__))
    reasons |= names_in(r'self\.bury\([^"]+"(\w+)"', "ingest/intake.py")
    assert reasons - trouble_words.REASONS.keys() == set()
    assert len(kinds) > 8
    assert len(reasons) > 8
    with app.test_request_context("/?lang=zh"):
        assert all(CHINESE.search(trouble_words.item_kind(kind)) for kind in kinds)
        assert all(CHINESE.search(trouble_words.reason_name(reason)) for reason in reasons)
        assert trouble_words.item_kind("new_kind") == "new_kind"
        assert trouble_words.reason_name("new_reason") == "new_reason"
        assert trouble_words.job_name("new_job") == "new_job"
