"""The menu is built from what each page module declares as ``NAV``."""

from dataclasses import dataclass

from flask_babel import LazyString


@dataclass(frozen=True)
class NavItem:
    """One entry of the menu.

    Parameters
    ----------
    order
        Place in the menu, ascending.
    endpoint
        The Flask endpoint that the entry leads to.
    label
        Its word, translated when shown.
    """

    order: int
    endpoint: str
    label: LazyString
