"""Products that an agronomist stands for: what may be sprayed, how much, how long before harvest.

One list of a deployment, signed and with a last day. None is shipped: until one is brought, pages
send readers to the station to ask which product is registered.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from collector.store import settings_table
from collector.store.postgres.db import Connection, StoreError
from models.hazards.catalogue import catalogue

KEY = "products"
UNITS = ("g", "ml")
MOST_LETTERS = 60


class BadProducts(StoreError, ValueError):  # noqa: N818 - named for what happened
    """A list of products that cannot be taken in; the message names the place and the mend."""


@dataclass(frozen=True)
class Product:
    """A registered product against a hazard on a crop.

    ``dose_mu`` is for a mu and ``dose_sprayer`` for a sprayer of 15 litres, both in ``unit``;
    ``interval_d`` is the safety interval before harvest [d], ``most_uses`` the most uses in a
    season.
    """

    hazard: str
    crop: str
    zh: str
    en: str
    registration: str
    unit: str
    dose_mu: float
    dose_sprayer: float
    interval_d: int
    most_uses: int


@dataclass(frozen=True)
class ProductList:
    """Products, who signed for them on which local day, and the last day on which they count."""

    signed_by: str
    signed: date
    until: date
    products: tuple[Product, ...]

    def of(self, hazard: str, crop: str, today: date) -> tuple[Product, ...]:
        """Return the products against a hazard on a crop; none once the list is over."""
        if not self.signed <= today <= self.until:
            return ()
        return tuple(p for p in self.products if (p.hazard, p.crop) == (hazard, crop))


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise BadProducts(f"{where}{key}: give a text")
    if len(value) > MOST_LETTERS:
        raise BadProducts(f"{where}{key}: give at most {MOST_LETTERS} letters")
    return value.strip()


def _number(table: Mapping[str, Any], key: str, where: str, most: float) -> float:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        raise BadProducts(f"{where}{key}: give a number above 0, at most {most:g}")
    return float(value)


def _whole(table: Mapping[str, Any], key: str, where: str, least: int, most: int) -> int:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadProducts(f"{where}{key}: give a whole number from {least} to {most}")
    return value


def _day(table: Mapping[str, Any], key: str) -> date:
    value = table.get(key)
    if isinstance(value, datetime) or not isinstance(value, date):
        raise BadProducts(f"{key}: give a day, as 2026-03-01")
    return value


def _product(table: Mapping[str, Any], number: int) -> Product:
    where = f"products[{number}]."
    hazard, crop = _text(table, "hazard", where), _text(table, "crop", where)
    known = catalogue().get(hazard)
    if known is None:
        raise BadProducts(
            f"{where}hazard: there is no hazard {hazard}; the page /models lists them"
        )
    if crop not in known.crops:
        raise BadProducts(
            f"{where}crop: {hazard} is none of {crop}; it is of {', '.join(known.crops)}"
        )
    unit = _text(table, "unit", where)
    if unit not in UNITS:
        raise BadProducts(f"{where}unit: give one of {', '.join(UNITS)}")
    return Product(
        hazard=hazard,
        crop=crop,
        zh=_text(table, "zh", where),
        en=_text(table, "en", where),
        registration=_text(table, "registration", where),
        unit=unit,
        dose_mu=_number(table, "dose_mu", where, 5000),
        dose_sprayer=_number(table, "dose_sprayer", where, 5000),
        interval_d=_whole(table, "interval_d", where, 0, 365),
        most_uses=_whole(table, "most_uses", where, 1, 20),
    )


def parse_products(text: str) -> ProductList:
    """Read a list of products from TOML.

    Raises
    ------
    BadProducts
        With the first key that is wrong and how to mend it.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadProducts(f"the list is no TOML: {error}") from error
    rows = table.get("products", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadProducts("products: give [[products]] tables")
    found = ProductList(
        _text(table, "signed_by", ""),
        _day(table, "signed"),
        _day(table, "until"),
        tuple(_product(row, n) for n, row in enumerate(rows, start=1)),
    )
    if found.until < found.signed:
        raise BadProducts("until: lies before signed; swap or mend them")
    return found


def put(conn: Connection, products: ProductList, at: datetime) -> None:
    """Put a list in the place of the one in force."""
    text = json.dumps(asdict(products), ensure_ascii=False, default=str)
    settings_table.put(conn, KEY, text, at)


def read(text: str | None) -> ProductList | None:
    """Read the list as `put` keeps it; None where there is none, or none that can be read."""
    try:
        kept = json.loads(text) if text else None
        if kept is None:
            return None
        return ProductList(
            kept["signed_by"],
            date.fromisoformat(kept["signed"]),
            date.fromisoformat(kept["until"]),
            tuple(Product(**each) for each in kept["products"]),
        )
    except (ValueError, TypeError, KeyError):
        return None
