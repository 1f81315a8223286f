"""What a field's ground may be called, and how water comes to it."""

from __future__ import annotations

#: Textures of FAO-56's Table 19, ways of irrigation of its Table 20; models/water has the numbers.
TEXTURES = ("sand", "loamy_sand", "sandy_loam", "loam", "silt_loam", "silt", "silt_clay_loam",
            "silty_clay", "clay")  # fmt: skip
METHODS = ("flood", "border", "furrow", "furrow_wide", "furrow_alternate", "sprinkler", "drip")
