"""Pests and diseases known in northern Henan for which no daily rule could be read.

They are listed where the models are, so that silence on them is not taken for safety. What was
found is told with its source; a rule that can be run makes a file of the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unruled:
    """A pest or disease without a rule: its word key, the crop's id, and what was found of it."""

    id: str
    crop: str
    found: str


UNRULED = (
    Unruled(
        "wheat_sharp_eyespot",
        "winter_wheat",
        "predictors of a year alone: incidence in late December, mean temperature of January and "
        "February, rain from February to April (植保技术与推广 2001(4):6)",
    ),
    Unruled(
        "peanut_white_mould",
        "peanut",
        "Rideout 2008, Plant Disease 92:392: soil temperature, rain and canopy; its thresholds are "
        "not in the abstract",
    ),
    Unruled(
        "garlic_onion_fly",
        "garlic",
        "644 degree-days above 4.4 degC (Liu 1982), second hand; from which day is not told",
    ),
    Unruled(
        "cucumber_powdery_mildew",
        "greenhouse_cucumber",
        "Son 2025, Plant Pathology Journal 41(3): degree-days and wetness; parameters not seen",
    ),
)
