"""The crops and products of this release, for pages that name them."""

from functools import lru_cache

from field_configs.load import load
from field_configs.schema import Crop, Product


@lru_cache
def crop_types() -> dict[str, Crop]:
    """Crops by id, as this release declares them."""
    return dict(load(site=None).crops)


@lru_cache
def product_types() -> dict[str, Product]:
    """What is stored and carried, by id, as this release declares it."""
    return dict(load(site=None).products)
