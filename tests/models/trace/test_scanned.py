"""Codes as scanners, cameras and fingers give them."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.trace.codes import KINDS, make_code
from models.trace.scanned import CERTIFICATE, CLASS, LOT, THING, UNIT, ScanError, Scanned, read

LETTERS = {each: make_code(each, date(2026, 5, 8), range(9)) for each in KINDS}
SSCC = "069012340000000016"  # General Specifications 7.9.1: digits 3 and 1 in turn
PALLET = Scanned(THING, f"https://id.gs1.org/00/{SSCC}")
BATCH = Scanned(CLASS, "https://id.gs1.org/01/06901234567892/10/L1")
PIECE = Scanned(THING, "https://id.gs1.org/01/06901234567892/21/S5")


def test_the_check_digit_of_the_example_is_right() -> None:
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(SSCC[:-1]))
    assert (10 - total % 10) % 10 == int(SSCC[-1])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (LETTERS["L"], Scanned(LOT, LETTERS["L"])),
        (f" {LETTERS['C'].lower()} ", Scanned(CERTIFICATE, LETTERS["C"])),
        (LETTERS["B"], Scanned(UNIT, LETTERS["B"])),
        (LETTERS["P"], Scanned(UNIT, LETTERS["P"])),
        (f"https://nongqing.example/c/{LETTERS['C']}", Scanned(CERTIFICATE, LETTERS["C"])),
        (f"http://10.0.0.2:8080/goods/{LETTERS['B']}?lang=en", Scanned(UNIT, LETTERS["B"])),
        (f"HTTPS://NONGQING.EXAMPLE/GOODS/{LETTERS['P']}", Scanned(UNIT, LETTERS["P"])),
        (f"https://nongqing.example/lots/{LETTERS['L']}", Scanned(LOT, LETTERS["L"])),
        ("https://id.gs1.org/01/06901234567892/10/L1?17=260601", BATCH),
        ("https://shop.example/01/06901234567892/10/L1", BATCH),
        (f"https://nongqing.example/goods/00/{SSCC}", PALLET),
        ("HTTPS://ID.GS1.ORG/00/" + SSCC, PALLET),
        (f"(00){SSCC}", PALLET),
        (f"00{SSCC}", PALLET),
        (f"]C100{SSCC}", PALLET),
        (SSCC, PALLET),
        (f"{SSCC[:4]} {SSCC[4:10]} {SSCC[10:]}", PALLET),
        ("（０１）０６９０１２３４５６７８９２（10）L1", BATCH),
        ("(01) 06901234567892 (10) L1", BATCH),
        ("010690123456789210L1", BATCH),
        ("\x1d010690123456789210L1\x1d", BATCH),
        ("]d2010690123456789210L1\x1d21S5", PIECE),
        ("]C1010690123456789210L1\x1d21S5", PIECE),
        ("(01)06901234567892(10)L1(21)S5", PIECE),
        ("(02)06901234567892(10)L1(37)24", BATCH),
        ("010690123456789210L1\x1d3103012500", BATCH),
        ("urn:epc:id:sscc:6901234.0000000001", PALLET),
        ("urn:epc:class:lgtin:6901234.056789.L1", BATCH),
        ("urn:epc:id:sgtin:6901234.056789.S5", PIECE),
        (
            "urn:epc:id:grai:6901234.00012.7",
            Scanned(THING, "https://id.gs1.org/8003/069012340001227"),
        ),
        (
            "https://nongqing.example/subject/91410922X/obj/K1",
            Scanned(THING, "https://nongqing.example/subject/91410922X/obj/K1"),
        ),
        (
            "https://nongqing.example/subject/91410922X/class/K1",
            Scanned(CLASS, "https://nongqing.example/subject/91410922X/class/K1"),
        ),
        (
            "urn:uuid:0190b1a4-0000-7000-8000-00000000000A",
            Scanned(UNIT, "urn:uuid:0190b1a4-0000-7000-8000-00000000000a"),
        ),
    ],
)
def test_every_form_of_a_code_is_read(text: str, found: Scanned) -> None:
    assert read(text) == found


@pytest.mark.parametrize(
    ("text", "why", "given_"),
    [
        ("", "nothing", {}),
        (" \x1d ", "nothing", {}),
        ("9" * 401, "long", {"most": 400}),
        (
            "069012340000000017",
            "digit",
            {"key": "069012340000000017", "place": 18, "is_": "7", "right": "6"},
        ),
        ("(00)069012340000000017", "digit", {"place": 18, "right": "6"}),
        ("010690123456789310L1", "digit", {"key": "06901234567893", "place": 14, "right": "2"}),
        ("https://id.gs1.org/01/06901234567893/10/L1", "digit", {"place": 14, "right": "2"}),
        ("https://id.gs1.org/00/069012340000000017", "digit", {"place": 18, "right": "6"}),
        ("6901234567893", "digit", {"place": 14, "right": "2"}),
        ("6901234567892", "product", {"key": "6901234567892"}),
        ("(01)06901234567892", "product", {"key": "06901234567892"}),
        ("urn:epc:idpat:sgtin:6901234.056789.*", "product", {"key": "06901234567892"}),
        ("urn:epc:id:sgln:6901234.00000.0", "place", {}),
        ("https://nongqing.example/subject/91410922X/loc/K1", "place", {}),
        ("(01)0690", "broken", {"code": "(01)0690"}),
        ("https://id.gs1.org/01/0690/10/L1", "broken", {}),
        ("urn:epc:id:sscc:6901234.1", "broken", {}),
        ("(01)06901234567892(10)L#1", "broken", {}),
        ("(414)6901234567892", "unknown", {}),
        ("hello", "unknown", {"code": "hello"}),
        ("https://example.com/x", "unknown", {}),
        ("L260508-23456O89AD", "letter", {"place": 14, "is_": "O"}),
        ("LX60508-23456789AD", "letter", {"place": 2, "is_": "X"}),
        ("L260508-23456", "length", {"has": 13, "wanted": 18}),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    text: str, why: str, given_: dict[str, object]
) -> None:
    with pytest.raises(ScanError) as error:
        read(text)
    assert error.value.why == why
    assert given_.items() <= error.value.given.items()


def test_a_wrong_character_of_our_codes_is_found() -> None:
    code = LETTERS["B"]
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    with pytest.raises(ScanError) as error:
        read(wrong)
    assert error.value.why == "character"


@given(st.text(max_size=60) | st.from_regex(r"[\]()0-9A-Z:/.\x1d-]{0,50}", fullmatch=True))
def test_whatever_is_scanned_is_read_or_refused_with_a_reason(text: str) -> None:
    reason = ""
    try:
        found = read(text).value
    except ScanError as error:
        found, reason = "", error.why
    assert bool(found) != bool(re.fullmatch(r"[a-z]+", reason))
