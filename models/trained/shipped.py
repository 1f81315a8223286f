"""What is trained and shipped, and what is only compared: names that cost nothing to import."""

from __future__ import annotations

from pathlib import Path

HAZARD = "wheat_fhb"
STAGES = ("pre", "post")
SEED = 20160505
FOLDER = Path(__file__).parent / "artefacts"
COMPARED = (
    "leaf_wetness",
    "moths",
    "wheat_stripe_rust",
    "late_blight",
    "interpolation",
    "information",
)
