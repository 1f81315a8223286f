"""Early and late leaf spot of peanut (花生叶斑病): what the two advisories share.

Both say when a spray is due after the last one. No record of sprays reaches them: they count
over the last 14 days, for which a spray is taken to protect (NC State), so that they answer
"if the field was not sprayed in the last 14 days". Stages from flowering (BBCH 61) on: the first
spray of the advisories falls on the early pod stage, which follows within weeks.
"""

from __future__ import annotations

from models.risk.hazard import Parameter

NCSU = "NC State Extension, Using the Leaf Spot Advisory, 2015-07"
CROPS = {"peanut": (61, 87)}
PROTECTED = Parameter(14.0, "d", f"a spray protects so long; {NCSU}", "primary")
EPPO = "MYCOAR"
ACTIONS = ("rotate", "remove_fallen_leaves", "scout_leaves", "ask_officer_fungicide")
WHEN = {"rotate": None, "remove_fallen_leaves": None}
