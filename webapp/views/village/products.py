"""Products that an agronomist signed for, in words: dose, safety interval, uses."""

from collections.abc import Sequence

from collector.store.advice.products import Product, ProductList
from webapp.language.formats import local_day
from webapp.language.i18n import gettext
from webapp.language.words import name_of


def _unit(unit: str) -> str:
    return str({"g": gettext("g"), "ml": gettext("ml")}[unit])


def show_products(products: Sequence[Product]) -> list[str]:
    """Say of each product how much goes on a mu and into a sprayer, and when to stop.

    Parameters
    ----------
    products
        Against one hazard on one crop; doses in their unit, intervals in days [d].
    """
    return [
        str(
            gettext(
                "%(name)s (registration %(registration)s): %(mu)s %(unit)s a mu, %(sprayer)s "
                "%(unit)s in a sprayer of 15 litres; none in the last %(days)d days before "
                "harvest, at most %(uses)d times a season.",
                name=name_of(each),
                registration=each.registration,
                mu=f"{each.dose_mu:g}",
                sprayer=f"{each.dose_sprayer:g}",
                unit=_unit(each.unit),
                days=each.interval_d,
                uses=each.most_uses,
            )
        )
        for each in products
    ]


def signed_line(listed: ProductList) -> str:
    """Name who stands for the products."""
    return str(
        gettext(
            "If the field shows it, these may be sprayed; %(who)s signed for them on %(day)s, and "
            "the label goes before all:",
            who=listed.signed_by,
            day=local_day(listed.signed),
        )
    )
