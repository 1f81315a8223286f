"""Places on a plane and how far they are apart."""

from __future__ import annotations

import numpy as np

from models.weather.dataset import Array

EARTH_KM = 6371.0


def plane_km(longitude: Array, latitude: Array) -> Array:
    """Places on a plane [km], shape (place, 2), good to a few parts in a thousand below 300 km.

    Parameters
    ----------
    longitude, latitude
        (place,) [degree].
    """
    scale = np.cos(np.radians(36.0))
    places: Array = np.radians(np.stack([longitude * scale, latitude], axis=1)) * EARTH_KM
    return places


def distances_km(a: Array, b: Array) -> Array:
    """Distances (row of a, row of b) [km] between places on the plane [km].

    Parameters
    ----------
    a, b
        Places on the plane (place, 2) [km].
    """
    found: Array = np.square(a[:, None, 0] - b[None, :, 0])
    found += np.square(a[:, None, 1] - b[None, :, 1])
    return np.sqrt(found, out=found)
