"""Quality bits of measured values: those of the IPM Decisions data model, with their names."""

from __future__ import annotations

RANGE_CHECKED, STEP_CHECKED = 1, 2
NOT_A_NUMBER, INTERVAL, LOGICAL, STEP, FREEZE, MISSING = 4, 8, 16, 32, 64, 128
QC_NAMES = {
    RANGE_CHECKED: "range_checked",
    STEP_CHECKED: "step_checked",
    NOT_A_NUMBER: "not_a_number",
    INTERVAL: "interval",
    LOGICAL: "logical",
    STEP: "step",
    FREEZE: "freeze",
    MISSING: "missing",
}
#: There is no value, or none that the quantity can have.
UNREADABLE = NOT_A_NUMBER | INTERVAL | MISSING
#: Not to be believed: an hour leaves such samples out, so that models see them as missing.
UNUSABLE = UNREADABLE | LOGICAL | STEP | FREEZE
