"""Comparisons whose data allow evaluation only: no artefact is made from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.evaluations.information_report import compare as information
from models.evaluations.interpolation import compare as interpolation
from models.evaluations.late_blight import compare as late_blight
from models.evaluations.leaf_wetness import compare as leaf_wetness
from models.evaluations.moths import compare as moths
from models.evaluations.soil_moisture import compare as soil_moisture
from models.evaluations.stripe_rust import compare as stripe_rust

COMPARISONS: dict[str, Callable[[Path], tuple[dict[str, Any], str]]] = {
    "leaf_wetness": leaf_wetness,
    "moths": moths,
    "wheat_stripe_rust": stripe_rust,
    "late_blight": late_blight,
    "interpolation": interpolation,
    "information": information,
    "soil_moisture": soil_moisture,
}
