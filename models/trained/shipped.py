"""What is trained and shipped, and what is only compared: names that cost nothing to import."""

from __future__ import annotations

from pathlib import Path

HAZARD = "wheat_fhb"
STAGES = ("pre", "post")
SEED = 20160505
#: Probabilities from which an answer is medium and high: the base rate of the training cases,
#: where acting by a forecast is worth most, and more likely than not. Chosen here, provisional.
LIMITS = {"medium": 0.27, "high": 0.50}
FOLDER = Path(__file__).parent / "artefacts"
COMPARED = ("leaf_wetness", "moths", "wheat_stripe_rust", "late_blight", "interpolation")
