"""Identifiers in both spellings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.trace.identifiers import Identifier, IdentifierError, canonical, link, parse, urn

#: URN and link of the same thing; the links' check digits were computed by hand.
PAIRS = [
    ("urn:epc:id:sgtin:0614141.112345.400", "https://id.gs1.org/01/10614141123459/21/400"),
    ("urn:epc:idpat:sgtin:4012345.066666.*", "https://id.gs1.org/01/04012345666663"),
    ("urn:epc:class:lgtin:4012345.012345.998877", "https://id.gs1.org/01/04012345123456/10/998877"),
    ("urn:epc:id:sscc:4012345.0000000111", "https://id.gs1.org/00/040123450000001112"),
    ("urn:epc:id:sgln:4012345.00011.987", "https://id.gs1.org/414/4012345000115/254/987"),
    ("urn:epc:id:sgln:4012345.00005.0", "https://id.gs1.org/414/4012345000054"),
    ("urn:epc:id:pgln:4012345.00225", "https://id.gs1.org/417/4012345002256"),
    ("urn:epc:id:giai:4000001.111", "https://id.gs1.org/8004/4000001111"),
    ("urn:epc:id:grai:4012345.00077.18765", "https://id.gs1.org/8003/0401234500077118765"),
]


@pytest.mark.parametrize(("name", "address"), PAIRS)
def test_both_spellings_are_one_identifier(name: str, address: str) -> None:
    assert canonical(name) == address
    assert canonical(address) == address
    found = parse(name)
    assert found is not None
    assert urn(found) == name
    by_link = parse(address)
    assert by_link is not None
    assert (by_link.kind, by_link.key, by_link.serial) == (found.kind, found.key, found.serial)


def test_the_end_of_a_chinese_company_prefix_is_looked_up() -> None:
    found = parse("https://id.gs1.org/01/06901234567892/10/L1")
    assert found is not None
    assert urn(found) == "urn:epc:class:lgtin:6901234.056789.L1"


def test_a_prefix_that_the_list_does_not_hold_needs_a_urn() -> None:
    with pytest.raises(IdentifierError, match="does not tell where its company prefix ends"):
        urn(Identifier("gtin", "01400000000009"))


def test_a_link_of_any_host_and_with_more_than_is_needed() -> None:
    more = "https://shop.example.com/de/01/10614141123459/22/A/10/L1/21/400?17=280101"
    assert canonical(more) == "https://id.gs1.org/01/10614141123459/21/400"
    assert (
        canonical("http://example.org/01/4012345123456") == "https://id.gs1.org/01/04012345123456"
    )


@pytest.mark.parametrize(
    "other",
    [
        "urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8",
        "https://example.org/lots/7",
        "https://example.org/01/7",
        "geo:35.76,115.03",
        "urn:epc:id:gdti:0614141.00001.1618034",
        "https://example.org/8004/ABC",
    ],
)
def test_any_other_uri_stays_as_it_is(other: str) -> None:
    assert parse(other) is None
    assert canonical(other) == other


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (
            "https://id.gs1.org/01/10614141123450/21/400",
            'check digit of 10614141123450 is 9, not "0"',
        ),
        ("https://id.gs1.org/00/040123450000001119", "check digit"),
        ("https://example.org/414/4012345000055", "check digit"),
        ("https://id.gs1.org/8003/0401234500077518765", "check digit"),
        ("https://id.gs1.org/01/1061414112345", "check digit"),
        ("https://id.gs1.org/01/10614/21/400", "has not the 14 digits"),
        ("https://id.gs1.org/01/10614141123459/99/1", "after 10614141123459 may stand"),
        ("https://id.gs1.org/01/10614141123459/21", "after 10614141123459 may stand"),
        ("https://id.gs1.org/01/10614141123459/21/%E8%92%9C", "is no serial number"),
        ("https://id.gs1.org/01/10614141123459/21/123456789012345678901", "is no serial number"),
        ("urn:epc:id:sgtin:0614141.112345", "stand 3 parts"),
        ("urn:epc:id:sgtin:0614141.1123456.400", "with 13 digits together"),
        ("urn:epc:id:sgtin:06141.11123456.400", "no company prefix"),
        ("urn:epc:idpat:sgtin:4012345.066666.4", "a pattern ends in"),
        ("urn:epc:id:sscc:4012345.000000011", "with 17 digits together"),
        ("urn:epc:id:giai:4000001.", "is no asset"),
        ("urn:epc:id:giai:4000001." + "1" * 24, "is no asset"),
    ],
)
def test_what_has_the_form_of_one_and_is_wrong_is_refused(wrong: str, why: str) -> None:
    with pytest.raises(IdentifierError, match=why):
        parse(wrong)


SERIALS = st.text("!\"%&'()*+,-./0123456789:;<=>?ABCXYZ_abcxyz", min_size=1, max_size=20).filter(
    lambda text: text not in ("0", ".", "..")
)


@given(st.integers(6, 12), st.data(), SERIALS)
def test_every_serial_number_goes_both_ways(prefix: int, data: st.DataObject, serial: str) -> None:
    digits = data.draw(st.text("0123456789", min_size=13, max_size=13))
    name = f"urn:epc:id:sgtin:{digits[:prefix]}.{digits[prefix:]}"
    found = parse(f"{name}.x")
    assert found is not None
    made = Identifier("sgtin", found.key, serial, prefix)
    assert parse(urn(made)) == made
    again = parse(link(made))
    assert again is not None
    assert (again.key, again.serial) == (made.key, made.serial)


def test_a_product_alone_is_a_class() -> None:
    product, lot = parse(PAIRS[1][0]), parse(PAIRS[2][0])
    assert product is not None
    assert lot is not None
    assert product.is_class
    assert not lot.is_class
