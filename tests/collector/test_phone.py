"""Mobile numbers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.phone import PhoneError, mask_phone, normalise_phone, phone_digest
from field_configs.events import sentence
from field_configs.words import Words

KEPT = "+8613812341234"


@pytest.mark.parametrize(
    "text",
    [
        "13812341234",
        " 138 1234 1234\n",
        "138-1234-1234",
        "138–1234—1234",
        "１３８１２３４１２３４",
        "＋８６　１３８－１２３４－１２３４",
        "+86 138 1234 1234",
        "(+86)138.1234.1234",
        "008613812341234",
        "0086-138-1234-1234",
        "8613812341234",
        "\u202d138 1234 1234\u202c",  # as an address book copies it
        "\u200b138\xa01234\u30001234\ufeff",
    ],
)
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert normalise_phone(text) == KEPT


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("", "Enter a mobile number", "请填写手机号"),
        (" \u200b", "Enter a mobile number", "请填写手机号"),
        ("1381234123a", "enter its 11 digits only", "只填 11 位数字"),
        ("１３８一二三四", "enter its 11 digits only", "只填 11 位数字"),
        ("\u0661\u0663812341234", "enter its 11 digits only", "只填 11 位数字"),
        ("138+12341234", "enter its 11 digits only", "只填 11 位数字"),
        ("1" * 10_000 + "x", "enter its 11 digits only", "只填 11 位数字"),
        ("+1 202 555 0101", "mainland China", "中国大陆"),
        ("0085291234567", "mainland China", "中国大陆"),
        ("1381234123", "this one has 10", "填了 10 位"),
        ("+86 138 1234 12345", "this one has 12", "填了 12 位"),
        ("0393 4411234", "begin with 13 to 19", "13 到 19 开头"),
        ("12012341234", "begin with 13 to 19", "13 到 19 开头"),
        ("110", "begin with 13 to 19", "13 到 19 开头"),
    ],
)
def test_what_is_no_number_is_said_in_both_languages(text: str, english: str, chinese: str) -> None:
    with pytest.raises(PhoneError, match=english) as caught:
        normalise_phone(text)
    assert chinese in sentence(caught.value.event, Words.load("zh_CN"))


@given(st.text(max_size=30))
def test_anything_is_a_number_or_is_refused(text: str) -> None:
    try:
        kept = normalise_phone(text)
    except PhoneError:
        return
    assert normalise_phone(kept) == kept


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_every_number_is_kept_masked_and_found(number: str) -> None:
    kept = normalise_phone(number)
    assert kept == f"+86{number}"
    assert mask_phone(kept) == f"{number[:3]}****{number[-4:]}"
    assert phone_digest(kept) == phone_digest(normalise_phone(f"0086 {number}"))
    assert number not in mask_phone(kept)


def test_what_is_no_kept_number_is_masked_whole() -> None:
    assert mask_phone("13812341234") == "****"
    assert mask_phone("") == "****"
