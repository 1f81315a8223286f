"""Early and late leaf spot of peanut (花生叶斑病): what the two advisories share.

Both say when a spray is due after the last one. No record of sprays reaches them: they answer "if
the field was not sprayed lately". Stages from early pod (R3, here BBCH 71) on, on which the first
spray of both falls; leaves are infected until the harvest.
"""

from __future__ import annotations

NCSU = "NC State Extension, Using the Leaf Spot Advisory, 2015-07"
CROPS = {"peanut": (71, 89)}
EPPO = "MYCOAR"
ACTIONS = ("rotate", "remove_fallen_leaves", "scout_leaves", "ask_officer_fungicide")
WHEN = {"rotate": None, "remove_fallen_leaves": None}
