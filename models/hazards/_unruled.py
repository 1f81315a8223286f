"""Pests and diseases known in northern Henan for which no daily rule could be read.

They are listed where the models are, so that silence on them is not taken for safety. What was
found of each, with its source, are the words ``unruled.<id>``; a rule that can be run makes a file
of the catalogue.
"""

from __future__ import annotations

#: Word key -> id of the crop.
UNRULED = {
    "wheat_sharp_eyespot": "winter_wheat",
    "peanut_white_mould": "peanut",
    "garlic_onion_fly": "garlic",
    "cucumber_powdery_mildew": "greenhouse_cucumber",
}
