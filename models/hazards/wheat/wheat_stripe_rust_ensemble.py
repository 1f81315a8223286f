"""Stripe rust of wheat (小麦条锈病): the verdict of the infection model and the humidity rule.

Of the two the graver counts (``models.risk.ensemble``).
"""

from models.hazards.wheat import wheat_stripe_rust, wheat_stripe_rust_rule
from models.risk.ensemble import ensemble

HAZARD = ensemble(
    "wheat_stripe_rust_ensemble", (wheat_stripe_rust.HAZARD, wheat_stripe_rust_rule.HAZARD)
)
