"""The signed list of products: read strictly, kept, and in force for its days only."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from collector.commands.judging.products import products_group
from collector.store import settings_table
from collector.store.advice import products
from collector.store.advice.products import BadProducts, parse_products
from tests.collector.commands.test_services import Parts
from tests.collector.conftest import NOW

if TYPE_CHECKING:
    from collector.store.postgres import db

# A made-up product: none is shipped.
LIST = """
signed_by = "Li, county station"
signed = 2016-04-01
until = 2016-06-30

[[products]]
hazard = "wheat_fhb"
crop = "winter_wheat"
zh = "试剂"
en = "test product"
registration = "PD00000000"
unit = "ml"
dose_mu = 20
dose_sprayer = 10.5
interval_d = 28
most_uses = 2
"""


def run(dsn: str, *arguments: str) -> Result:
    return CliRunner().invoke(products_group, list(arguments), obj=Parts({"NONGQING_DSN": dsn}))


def test_a_list_counts_from_its_signature_to_its_last_day() -> None:
    found = parse_products(LIST)
    for day, count in ((date(2016, 3, 31), 0), (date(2016, 4, 1), 1), (date(2016, 6, 30), 1)):
        assert len(found.of("wheat_fhb", "winter_wheat", day)) == count
    assert found.of("wheat_fhb", "winter_wheat", date(2016, 7, 1)) == ()
    assert found.of("wheat_leaf_rust", "winter_wheat", date(2016, 5, 1)) == ()
    assert found.of("wheat_fhb", "garlic", date(2016, 5, 1)) == ()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("2016-06-30", "2016-03-01", "until: lies before signed"),
        ("signed = 2016-04-01", 'signed = "soon"', "signed: give a day"),
        ('"Li, county station"', '""', "signed_by: give a text"),
        ('"Li, county station"', '"\\u202e"', "signed_by: give a text"),
        ('"wheat_fhb"', '"wheat_scab"', r"products\[1\].hazard: there is no hazard wheat_scab"),
        ('"winter_wheat"', '"garlic"', "it is of winter_wheat"),
        ('"ml"', '"bottle"', "unit: give one of g, ml"),
        ("dose_mu = 20", "dose_mu = 0", "dose_mu: give a number above 0"),
        ("dose_mu = 20", "dose_mu = nan", "dose_mu: give a number above 0"),
        ("dose_mu = 20", "dose_mu = true", "dose_mu: give a number above 0"),
        ("interval_d = 28", "interval_d = 2.5", "interval_d: give a whole number"),
        ("most_uses = 2", "", "most_uses: give a whole number from 1"),
        ("[[products]]", "[products]", "products: give"),
        ("until", "= =", "no TOML"),
        ('"试剂"', f'"{"试" * 61}"', "zh: give at most 60 letters"),
    ],
)
def test_a_list_that_is_wrong_is_refused_with_its_place_and_mend(
    old: str, new: str, why: str
) -> None:
    assert LIST.count(old) >= 1
    with pytest.raises(BadProducts, match=why):
        parse_products(LIST.replace(old, new, 1))


def test_the_list_is_imported_shown_and_taken_back(dsn: str, tmp_path: Path) -> None:
    assert run(dsn, "list").exit_code == 1
    file = tmp_path / "products.toml"
    file.write_text(LIST, encoding="utf-8")
    assert run(dsn, "import", str(file)).exit_code == 0
    assert "试剂 (PD00000000), 20 ml a mu, 10.5 ml in 15 litres" in run(dsn, "list").output
    file.write_bytes(LIST.encode("gb18030"))
    assert "is no UTF-8 text" in run(dsn, "import", str(file)).output
    file.write_text(LIST.partition("[[")[0], encoding="utf-8")
    assert run(dsn, "import", str(file)).output.startswith("0 products")
    assert "试剂" not in run(dsn, "list").output


def test_what_is_kept_is_read_again_and_what_is_broken_is_no_list(conn: db.Connection) -> None:
    products.put(conn, parse_products(LIST), NOW)
    assert products.read(settings_table.get(conn, products.KEY)) == parse_products(LIST)
    for text in (None, "", "{", "[]", '{"signed_by": 1}'):
        assert products.read(text) is None
