"""Products in the cold chain: their limits and how long they keep, read from TOML."""

from __future__ import annotations

from collections.abc import Callable

from field_configs.collected import Collected
from field_configs.reading import Section
from field_configs.schema import Keeps, Product, Span

_CELSIUS = (-30, 50, "degrees Celsius")
_SOURCE = "where the figure was read, or why there is none"


def take_product(section: Section, stem: str, found: Collected) -> None:
    """Take a product out of its file: limits that are a range, days that fit their temperatures."""
    product = Product(
        stem,
        section.text("zh"),
        section.text("en"),
        _span(section, "temperature", *_CELSIUS),
        _span(section, "humidity", 0, 100, "%"),
        _keeps(section, "life"),
        _maybe(section, "freezing", *_CELSIUS),
        _maybe(section, "arrhenius", 10, 300, "kJ/mol"),
        _keeps(section, "chilling"),
        section.maybe_text("note"),
    )
    if not section.bad:
        _check(product, section)
    found.keep(found.products, stem, product, section)


def _maybe(section: Section, key: str, low: float, high: float, unit: str) -> Span | None:
    return _span(section, key, low, high, unit) if section.has(key) else None


def _span(section: Section, key: str, low: float, high: float, unit: str) -> Span:
    part = section.table(key)
    span = Span(
        part.number("low", low, high, unit),
        part.number("high", low, high, unit),
        part.flag("verified"),
        part.text("source", _SOURCE),
    )
    part.close()
    if not part.bad and span.low > span.high:
        part.fail("low", f"{span.low:g} is above high, {span.high:g}: swap or mend them")
    section.bad |= part.bad
    return span


def _keeps(section: Section, key: str) -> tuple[Keeps, ...]:
    rows = []
    for part in section.tables(key, "celsius"):
        row = Keeps(
            part.number("celsius", *_CELSIUS),
            part.number("shortest_days", 0.01, 3650, "days"),
            part.number("longest_days", 0.01, 3650, "days"),
            part.flag("verified"),
            part.text("source", _SOURCE),
        )
        part.close()
        if not part.bad and row.shortest_days > row.longest_days:
            reason = f"is above longest_days, {row.longest_days:g}: swap or mend them"
            part.fail("shortest_days", f"{row.shortest_days:g} {reason}")
        section.bad |= part.bad
        rows.append(row)
    return tuple(rows)


def _check(product: Product, section: Section) -> None:
    if not product.life:
        section.fail("life", "a product needs at least one [[life]] table: add one")
    _in_order(section, "life", product.life, lambda before, after: after <= before, "rises")
    _in_order(section, "chilling", product.chilling, lambda before, after: after >= before, "falls")
    freezing = product.freezing
    if freezing and product.temperature.high < freezing.high:
        reason = f"{product.temperature.high:g} lies below the freezing point, {freezing.high:g}"
        section.fail("temperature.high", f"{reason}: mend one")


def _in_order(
    section: Section,
    key: str,
    rows: tuple[Keeps, ...],
    fits: Callable[[float, float], bool],
    wrong: str,
) -> None:
    for before, row in zip(rows, rows[1:], strict=False):
        place = f"{key}[{row.celsius:g}]"
        if row.celsius <= before.celsius:
            section.fail(f"{place}.celsius", f"does not rise after {before.celsius:g}: sort them")
        for name in ("shortest_days", "longest_days"):
            if not fits(getattr(before, name), getattr(row, name)):
                reason = f"{getattr(row, name):g} {wrong} after {getattr(before, name):g} at "
                section.fail(f"{place}.{name}", f"{reason}{before.celsius:g} degrees: mend one")
