"""Products: what the shipped files hold, and mistakes in one: file, key, reason."""

from __future__ import annotations

import pytest

from field_configs.load import load

P = "products/fruit.toml"
FRUIT = """
zh = "果子"
en = "fruit"

[temperature]
low = 8
high = 12
verified = true
source = "s"

[humidity]
low = 85
high = 95
verified = false
source = "s"

[freezing]
low = -1
high = -0.5
verified = true
source = "s"

[[life]]
celsius = 0
shortest_days = 10
longest_days = 20
verified = true
source = "s"

[[life]]
celsius = 20
shortest_days = 2
longest_days = 4
verified = false
source = "s"

[arrhenius]
low = 60
high = 90
verified = true
source = "s"

[[chilling]]
celsius = 5
shortest_days = 1
longest_days = 2
verified = true
source = "s"

[[chilling]]
celsius = 10
shortest_days = 3
longest_days = 6
verified = true
source = "s"
"""

CASES = [
    ("no life", "[[life]]\ncelsius = 0", "[[lives]]\ncelsius = 0", "lives", "unknown key"),
    ("swapped limits", "low = 8", "low = 13", "temperature.low", "13 is above high, 12"),
    ("beyond the range", "high = 12", "high = 120", "temperature.high", "120 is out of range"),
    ("no source", 'source = "s"\n\n[humidity]', "[humidity]", "temperature.source", "is missing"),
    (
        "days swapped",
        "shortest_days = 2\n",
        "shortest_days = 5\n",
        "life[20].shortest_days",
        "5 is above longest_days, 4: swap or mend them",
    ),
    (
        "temperatures not in order",
        "celsius = 20",
        "celsius = -3",
        "life[-3].celsius",
        "does not rise after 0: sort them",
    ),
    (
        "life longer in the warm",
        "shortest_days = 2\nlongest_days = 4",
        "shortest_days = 2\nlongest_days = 40",
        "life[20].longest_days",
        "40 rises after 20 at 0 degrees: mend one",
    ),
    (
        "chilling borne shorter in the warm",
        "shortest_days = 3\n",
        "shortest_days = 0.5\n",
        "chilling[10].shortest_days",
        "0.5 falls after 1 at 5 degrees: mend one",
    ),
    (
        "stored frozen",
        "low = 8\nhigh = 12",
        "low = -9\nhigh = -8",
        "temperature.high",
        "-8 lies below the freezing point, -0.5: mend one",
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_mistake_is_told(folder, old, new, key, reason):
    folder.write(P, FRUIT)
    folder.change(P, old, new)
    error = folder.only_error()
    assert (error.file, error.key) == (f"field_configs/{P}", key)
    assert reason in error.reason


def test_without_any_life(folder):
    head, tail = FRUIT.split("[[life]]", 1)
    folder.write(P, head + "[arrhenius]" + tail.split("[arrhenius]", 1)[1])
    error = folder.only_error()
    assert (error.key, error.reason) == (
        "life",
        "a product needs at least one [[life]] table: add one",
    )


def test_a_product_is_read_and_says_what_nobody_verified(folder):
    folder.write(P, FRUIT)
    product = load(folder.root).products["fruit"]
    assert (product.temperature.low, product.temperature.high) == (8, 12)
    assert [row.celsius for row in product.chilling] == [5, 10]
    assert product.provisional == ("humidity", "life[20]")


def test_what_may_be_left_out(folder):
    head = FRUIT.split("[freezing]", 1)[0]
    life = "[[life]]" + FRUIT.split("[[life]]")[1]
    folder.write(P, head + life)
    product = load(folder.root).products["fruit"]
    assert (product.freezing, product.arrhenius, product.chilling, product.note) == (
        None,
        None,
        (),
        None,
    )


def test_the_shipped_products():
    """What cannot be verified here is named, so that pages can say it."""
    products = load(site=None).products
    assert {name: product.provisional for name, product in products.items()} == {
        "cucumber": (),
        "garlic_bulb": (),
        "garlic_scape": ("freezing", "life[0]", "life[20]"),
        "leafy_vegetables": (),
        "peanut_dry": ("humidity",),
        "tomato": ("freezing",),
    }
    assert [name for name, product in products.items() if product.chilling] == [
        "cucumber",
        "tomato",
    ]
