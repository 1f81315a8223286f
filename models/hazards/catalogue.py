"""The catalogue: every hazard file below this folder, found by looking.

A file whose name begins with an underscore holds what several hazards share. Folders are rooms
for people; the id of a hazard is the stem of its file, wherever it lies.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

import models.hazards
from models.risk.hazard import Hazard


class CatalogueError(Exception):
    """A file below models/hazards is not a hazard."""


@cache
def catalogue() -> Mapping[str, Hazard]:
    """Every hazard below ``models/hazards``, by id.

    Returns
    -------
    Mapping
        id -> `Hazard`, in alphabetical order.

    Raises
    ------
    CatalogueError
        If a file has no ``HAZARD``, its declaration is wrong, its id is not the file's stem, or
        another file has the same id.
    """
    found: dict[str, Hazard] = {}
    prefix = f"{models.hazards.__name__}."
    for info in pkgutil.walk_packages(models.hazards.__path__, prefix):
        stem = info.name.rpartition(".")[2]
        if info.ispkg or stem.startswith("_") or info.name == __name__:
            continue
        place = f"{info.name.replace('.', '/')}.py"
        try:
            module = importlib.import_module(info.name)
        except ValueError as error:
            raise CatalogueError(f"{place}: {error}") from error
        if stem in found:
            raise CatalogueError(f'{place}: another file declares "{stem}" too; rename one')
        found[stem] = check_hazard(place, getattr(module, "HAZARD", None))
    return dict(sorted(found.items()))


@cache
def unlevelled() -> frozenset[str]:
    """Ids of the hazards of which no level is shown: background, outlooks, members of an ensemble.

    Returns
    -------
    frozenset of str
        See ``shown`` of `models.risk.hazard.Hazard`.
    """
    return frozenset(h.id for h in catalogue().values() if h.shown != "level")


@cache
def background() -> frozenset[str]:
    """Ids of the hazards of which the season is shown and no level.

    Returns
    -------
    frozenset of str
        See ``shown`` of `models.risk.hazard.Hazard`.
    """
    return frozenset(h.id for h in catalogue().values() if h.shown == "background")


@cache
def outlooks() -> frozenset[str]:
    """Ids of the hazards that give one class for the season, shown once and never as a level.

    Returns
    -------
    frozenset of str
        See ``shown`` of `models.risk.hazard.Hazard`.
    """
    return frozenset(h.id for h in catalogue().values() if h.shown == "outlook")


def check_hazard(place: str, hazard: object) -> Hazard:
    """Accept what a hazard file declares.

    Parameters
    ----------
    place
        Path of the file, whose stem is the id.
    hazard
        What the file calls HAZARD.

    Raises
    ------
    CatalogueError
        If it is no `Hazard`, or its id is not the stem.
    """
    if not isinstance(hazard, Hazard):
        raise CatalogueError(f"{place}: no HAZARD = Hazard(...) at its end; add it")
    stem = place.rpartition("/")[2].removesuffix(".py")
    if hazard.id != stem:
        raise CatalogueError(f'{place}: its id is "{hazard.id}"; the id is the file\'s stem')
    return hazard
