"""The bytes of an entry, and what the chain tells of: without a database."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.audit.chain import (
    ACTIONS,
    NOTHING,
    AuditError,
    Entry,
    canonical,
    digest,
    digest_of,
    microseconds,
)
from collector.audit.checking import FAULTS, Fault, verify
from collector.audit.heads import Head
from field_configs.words import LANGUAGES, Words
from tests.paths import ROOT

AT = datetime(2016, 5, 1, 12, 0, 0, 123456, UTC)


def log(count: int, start: int = 0) -> list[Entry]:
    """A log of so many entries; `start` makes another one."""
    found, previous = [], NOTHING
    for number in range(1, count + 1):
        at = microseconds(AT) + start + number
        detail = canonical({"n": number})
        this = digest(number, at, "7", "sign_in", "", detail, previous)
        found.append(Entry(number, at, "7", "sign_in", "", detail, previous, this))
        previous = this
    return found


def head(entry: Entry) -> Head:
    return Head(entry.number, entry.digest, AT)


def test_the_bytes_are_those_of_the_documentation() -> None:
    packed = bytes.fromhex(
        "6e6f6e6771696e672061756469742031 0a"  # "nongqing audit 1", line feed
        + "00" * 32  # nothing before
        + "0000000000000001"  # number 1
        + "000531c69d8d5240"  # microseconds
        + "00000001 37"  # actor "7"
        + "00000007 7369676e5f696e"  # action "sign_in"
        + "00000003 e69d91"  # object "村"
        + "0000000d 7b2261223a312c2262223a327d"  # detail {"a":1,"b":2}
    )
    at = microseconds(AT)
    assert at.to_bytes(8, "big").hex() == "000531c69d8d5240"
    detail = canonical({"b": 2, "a": 1})
    assert detail == '{"a":1,"b":2}'
    made = digest(1, at, "7", "sign_in", "村", detail, NOTHING)
    assert made == hashlib.sha256(packed).digest()


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ({"a": 1.5}, "detail.a: a float does not come back"),
        ({"a": [b"x"]}, r"detail.a\[0\]: a bytes does not"),
        ({"a": "x\0"}, "holds NUL or half a character"),
        ({"\ud800": "x"}, "holds NUL or half a character"),
        ({"a": 2**63}, "has more than 64 bits; write it as text"),
        ({"a": {1: "x"}}, "detail.a: the key 1 is no text"),
    ],
)
def test_what_would_not_come_back_is_refused(detail: dict[str, object], said: str) -> None:
    with pytest.raises(AuditError, match=said):
        canonical(detail)


def test_a_whole_log_is_whole() -> None:
    entries = log(5)
    found = verify(entries, [head(entries[1]), head(entries[3]), head(entries[3])])
    assert (found.entries, found.heads, found.covered, found.fault) == (5, 3, 4, None)
    assert verify([], []).fault is None
    rest = verify(entries[2:], [head(entries[1]), head(entries[4])], 3, entries[1].digest)
    assert (rest.entries, rest.heads, rest.covered, rest.fault) == (3, 1, 5, None)


def test_each_fault_is_named_with_its_first_entry() -> None:
    whole = log(9)
    heads = [head(whole[3]), head(whole[7])]
    other = log(9, start=1)
    cases = {
        "missing": ([*whole[:4], *whole[5:]], Fault("missing", 5, 5)),
        "missing first": (whole[2:], Fault("missing", 1, 2)),
        "extra": ([*whole[:4], whole[3], *whole[4:]], Fault("extra", 4, 4)),
        "below the first": ([replace(whole[0], number=0), *whole], Fault("extra", 0, 0)),
        "changed": ([*whole[:4], replace(whole[4], actor="8"), *whole[5:]], Fault("changed", 5, 5)),
        "no time": ([replace(whole[0], at_us=None), *whole[1:]], Fault("changed", 1, 1)),
        "no JSON": ([replace(whole[0], detail="{"), *whole[1:]], Fault("changed", 1, 1)),
        "swapped": (
            [*whole[:4], replace(whole[5], number=5), replace(whole[4], number=6), *whole[6:]],
            Fault("changed", 5, 5),
        ),
        "unlinked": ([*whole[:4], *other[4:]], Fault("unlinked", 5, 5)),
        "rewritten": (other, Fault("rewritten", 1, 4)),
        "cut": (whole[:6], Fault("cut", 7, 8)),
        "emptied": ([], Fault("cut", 1, 4)),
    }
    found = {name: verify(entries, heads).fault for name, (entries, _) in cases.items()}
    assert found == {name: fault for name, (_, fault) in cases.items()}


def resealed(entries: list[Entry], first: int) -> list[Entry]:
    """The entries from place `first` on, sealed anew as who knows how it is done would."""
    done = list(entries)
    previous = done[first - 1].digest if first else NOTHING
    for place in range(first, len(done)):
        one = replace(done[place], number=place + 1, previous=previous)
        sealed = digest_of(one)
        assert sealed is not None
        done[place] = replace(one, digest=sealed)
        previous = sealed
    return done


@given(st.data())
def test_even_a_log_that_was_sealed_anew_is_found_up_to_its_last_head(data: st.DataObject) -> None:
    whole = log(12)
    covered = data.draw(st.integers(1, 12), "last head")
    place = data.draw(st.integers(0, covered - 1), "place")
    kind = data.draw(st.sampled_from(["remove", "edit", "insert", "swap"]), "kind")
    changed = list(whole)
    if kind == "remove":
        del changed[place]
    elif kind == "edit":
        changed[place] = replace(changed[place], object="other")
    elif kind == "insert":
        changed.insert(place, replace(changed[place], object="other"))
    else:
        other = data.draw(st.integers(0, 11).filter(lambda each: each != place), "other")
        changed[place], changed[other] = changed[other], changed[place]
        place = min(place, other)
    found = verify(resealed(changed, place), [head(whole[covered - 1])])
    assert found.fault is not None
    assert found.fault.kind in ("rewritten", "cut")


def test_every_action_that_the_code_writes_is_one_of_them_and_has_its_words() -> None:
    written = {
        node.args[2].value
        for room in ("collector", "webapp")
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "audit.append"
        and len(node.args) > 2
        and isinstance(node.args[2], ast.Constant)
    }
    assert len(written) >= 10
    assert written <= set(ACTIONS)
    assert len(set(ACTIONS)) == len(ACTIONS)
    for language in LANGUAGES:
        words = Words.load(language)
        assert [a for a in ACTIONS if f"audit_action.{a}" not in words] == []
        assert [f for f in FAULTS if f"audit_fault.{f}" not in words] == []
    assert {key for key in Words.load("en").texts if key.startswith("audit_action.")} == {
        f"audit_action.{action}" for action in ACTIONS
    }
