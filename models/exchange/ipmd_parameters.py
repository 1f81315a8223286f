"""The weather parameters of IPM Decisions: codes, our quantities, heights and factors.

References
----------
IPM Decisions formats, weather_parameters_draft_v2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from models.weather.meteo import wind_at_2_m


class Parameter(NamedTuple):
    """A weather parameter: code, quantity of the vocabulary, height [m], factor to its unit."""

    code: int
    quantity: str
    height_m: float
    factor: float
    name: str


_TO_2_M = wind_at_2_m(10)

#: For each quantity the one that is written comes first: what is read from, in order of preference.
PARAMETERS = (
    Parameter(1002, "air_temperature", 2, 1, "Mean air temperature at 2m"),
    Parameter(1001, "air_temperature", 2, 1, "Instantaneous air temperature at 2m"),
    Parameter(3002, "relative_humidity", 2, 1, "Mean RH at 2m"),
    Parameter(3001, "relative_humidity", 2, 1, "Instantaneous RH at 2m"),
    Parameter(2001, "precipitation_amount", 1, 1, "Precipitation"),
    Parameter(4003, "wind_speed", 2, 1, "Mean wind speed at 2m"),
    Parameter(4002, "wind_speed", 2, 1, "Instantaneous wind speed at 2m"),
    Parameter(4013, "wind_speed", 10, _TO_2_M, "Mean wind speed at 10m"),
    Parameter(4012, "wind_speed", 10, _TO_2_M, "Instantaneous wind speed at 10m"),
    Parameter(4001, "wind_from_direction", 2, 1, "Wind direction at 2m"),
    Parameter(4011, "wind_from_direction", 10, 1, "Wind direction at 10m"),
    Parameter(5001, "shortwave_irradiance", 2, 1, "Solar radiation (Q0)"),
    Parameter(3101, "leaf_wetness_duration", 2, 1, "Leaf wetness in 2m (minutes/hour)"),
    Parameter(1112, "soil_temperature", -0.10, 1, "Mean temperature at -10cm"),
    Parameter(1111, "soil_temperature", -0.10, 1, "Instantaneous temperature at -10cm"),
    Parameter(1122, "soil_temperature", -0.20, 1, "Mean temperature at -20cm"),
    Parameter(1121, "soil_temperature", -0.20, 1, "Instantaneous temperature at -20cm"),
)
_BY_CODE = {parameter.code: parameter for parameter in PARAMETERS}


def chosen(codes: Sequence[int]) -> dict[str, Parameter]:
    """Return which of the codes each quantity is read from, the preferred one.

    Parameters
    ----------
    codes
        Parameter codes of the standard.
    """
    found: dict[str, Parameter] = {}
    for parameter in PARAMETERS:
        if parameter.code in codes:
            found.setdefault(parameter.quantity, parameter)
    return found


def unknown(codes: Sequence[int]) -> tuple[int, ...]:
    """Return the codes that the vocabulary has no quantity for; they are left out.

    Parameters
    ----------
    codes
        Parameter codes of the standard.
    """
    return tuple(code for code in codes if code not in _BY_CODE)
