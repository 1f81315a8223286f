"""Paths of Digital Links: as printed today, as printed years ago, as misread."""

from __future__ import annotations

from datetime import date

import pytest

from models.trace.codes import make_code
from models.trace.digital_link import BadLink, lot_in, product_lot_path, read_path

GTIN = "06901234567892"
HOST = "https://id.gs1.org"
LOT = make_code("L", date(2016, 5, 8), range(9))


@pytest.mark.parametrize(
    ("path", "today", "uris"),
    [
        (f"/01/{GTIN}/10/L1", f"/01/{GTIN}/10/L1", [f"/01/{GTIN}/10/L1"]),
        (f"/01/{GTIN}/21/7", f"/01/{GTIN}/21/7", [f"/01/{GTIN}/21/7"]),
        (f"/01/{GTIN}/10/L1/21/7", None, [f"/01/{GTIN}/21/7", f"/01/{GTIN}/10/L1"]),
        (f"/01/{GTIN}/22/A/10/L1", None, [f"/01/{GTIN}/10/L1"]),
        ("/00/069012345678901238", None, ["/00/069012345678901238"]),
        ("/01/6901234567892/10/L1", f"/01/{GTIN}/10/L1", [f"/01/{GTIN}/10/L1"]),
        (f"/gtin/{GTIN}/lot/L1/ser/7", f"/01/{GTIN}/10/L1/21/7", None),
        (f"/01/{GTIN}/LOT/L1", f"/01/{GTIN}/10/L1", None),
        (f"/01/{GTIN}/10/a%2Fb", None, [f"/01/{GTIN}/10/a%2Fb"]),
        ("/8003/06901234567892AB", None, ["/8003/06901234567892AB"]),
        (f"/01/{GTIN}/10/L1/", f"/01/{GTIN}/10/L1", None),
    ],
)
def test_a_path_names_a_thing(path: str, today: str | None, uris: list[str] | None) -> None:
    named = read_path(path)
    assert named.path == (today or path)
    if uris is not None:
        assert list(named.uris) == [HOST + each for each in uris]


def test_a_product_alone_is_told_apart() -> None:
    assert read_path(f"/01/{GTIN}").product
    assert not read_path(f"/01/{GTIN}/10/L1").product


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/01/06901234567891/10/L1", "check_digit"),
        ("/01/6901234567891/10/L1", "check_digit"),
        ("/00/069012345678901230", "check_digit"),
        ("/8003/06901234567891AB", "check_digit"),
        ("/01/0690123456789/10/L1", "check_digit"),
        ("/01/069012345678922/10/L1", "length"),
        ("/01/x", "length"),
        ("/01/٠٦٩٠١٢٣٤٥٦٧٨٩٢", "length"),
        ("/8004/x", "length"),
        (f"/01/{GTIN}/10", "rest"),
        (f"/01/{GTIN}/10/%E6%89%B9", "rest"),
        (f"/01/{GTIN}/10/{'x' * 21}", "rest"),
        (f"/01/{GTIN}/11/160508", "rest"),
        (f"/01/{GTIN}//10/L1", "rest"),
        ("/99/1", "rest"),
        ("/01", "rest"),
        (f"/01/{GTIN}/10/{'%41' * 200}", "length"),
    ],
)
def test_a_path_that_is_none_says_what_is_wrong(path: str, what: str) -> None:
    with pytest.raises(BadLink) as caught:
        read_path(path)
    assert caught.value.what == what
    assert len(caught.value.value) <= 40


def test_a_lot_of_ours_is_known_by_its_code() -> None:
    assert read_path(f"/01/{GTIN}/10/{LOT}").lot == LOT
    assert read_path(f"/01/{GTIN}/10/{LOT.lower()}").lot == LOT
    wrong = LOT[:-1] + ("2" if LOT[-1] != "2" else "3")
    assert read_path(f"/01/{GTIN}/10/{wrong}").lot is None
    assert lot_in(f"{HOST}/01/{GTIN}/10/{LOT}") == LOT
    assert lot_in(f"https://a.cn/subject/LIUGE1/class/{LOT}") == LOT
    assert lot_in(f"https://a.cn/subject/LIUGE1/obj/{LOT}") is None
    assert lot_in(f"https://a.cn/class/C{LOT[1:]}") is None


def test_a_code_to_print_goes_through_the_same_check() -> None:
    assert product_lot_path("690 1234 567892", LOT) == f"/01/{GTIN}/10/{LOT}"
    with pytest.raises(BadLink):
        product_lot_path("6901234567891", LOT)
