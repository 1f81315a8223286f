"""Quality bits of measured values, with their names.

Those up to 128 are of the IPM Decisions data model; those above are ours: what later checks doubt,
and what a person struck.
"""

from __future__ import annotations

RANGE_CHECKED, STEP_CHECKED = 1, 2
NOT_A_NUMBER, INTERVAL, LOGICAL, STEP, FREEZE, MISSING = 4, 8, 16, 32, 64, 128
UNLIKE_NEIGHBOURS, AT_ODDS, DRIFT, STRUCK = 256, 512, 1024, 2048
QC_NAMES = {
    RANGE_CHECKED: "range_checked",
    STEP_CHECKED: "step_checked",
    NOT_A_NUMBER: "not_a_number",
    INTERVAL: "interval",
    LOGICAL: "logical",
    STEP: "step",
    FREEZE: "freeze",
    MISSING: "missing",
    UNLIKE_NEIGHBOURS: "unlike_neighbours",
    AT_ODDS: "at_odds",
    DRIFT: "drift",
    STRUCK: "struck",
}
#: There is no value, or none that the quantity can have, or a person struck it.
UNREADABLE = NOT_A_NUMBER | INTERVAL | MISSING | STRUCK
#: Not to be believed: an hour leaves such samples out, so that models see them as missing.
UNUSABLE = UNREADABLE | LOGICAL | STEP | FREEZE
#: In doubt after a look at other series: shown, and used nevertheless.
SUSPECT = UNLIKE_NEIGHBOURS | AT_ODDS | DRIFT
#: What a person may lift: a doubt, where there is a value that can be.
LIFTABLE = LOGICAL | STEP | FREEZE | SUSPECT
