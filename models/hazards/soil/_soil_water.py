"""Soil water against what the soil can hold: the limits that drought and waterlogging share.

The limits belong to a soil. No survey of the fields reaches these functions, so they are those
of a loam in AquaCrop's table, the commonest texture of the plain, and provisional for any given
field; calibrate them by the probe's own reading two days after a soaking rain (field capacity).
One probe at one depth stands for the root zone.

References
----------
FAO AquaCrop, soil "Loam", as in the Python package aquacrop (entities/soil.py).
"""

from __future__ import annotations

from models.risk.features import mean
from models.risk.hazard import Parameter

_LOAM = "FAO AquaCrop soil Loam (aquacrop entities/soil.py); not this field's own"
WILTING_POINT = Parameter(0.15, "m3 m-3", _LOAM, "provisional")
FIELD_CAPACITY = Parameter(0.31, "m3 m-3", _LOAM, "provisional")
SATURATION = Parameter(0.46, "m3 m-3", _LOAM, "provisional")
MOISTURE = mean("soil_moisture", "m3 m-3")
CERTAINTY = 0.4
