"""Codes of lots and certificates: one wrong character shows."""

import secrets
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from models.trace.codes import ALPHABET, LENGTH, make_code, parse_code

DAY = date(2026, 5, 8)
CODES = st.lists(st.integers(0, 255), min_size=LENGTH, max_size=LENGTH).map(
    lambda random: make_code("C", DAY, random)
)


def test_a_code_is_read_as_people_type_it() -> None:
    code = make_code("L", DAY, secrets.token_bytes(LENGTH))
    assert code.startswith("L260508-")
    assert parse_code(f" {code.lower()} ") == code
    assert parse_code(f"{code[:11]} {code[11:]}") == code


@given(CODES, st.integers(8, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found(code: str, place: int, other: str) -> None:
    wrong = code[:place] + other + code[place + 1 :]
    assert (parse_code(wrong) == wrong) == (wrong == code)


def test_what_is_no_code_is_none() -> None:
    code = make_code("C", DAY, range(LENGTH))
    for wrong in ("", "x", "1", code[:-1], code + "2", "X" + code[1:], code.replace("-", "")):
        assert parse_code(wrong) is None, wrong
