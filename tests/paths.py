"""Where tests find the project, its golden files, the data that lie beside a checkout, and
how much of a kind they try."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests" / "golden"
SHARED = ROOT.parent / "shared"
#: Whether all of a kind is tried, as ``make whole`` does.
WHOLE = bool(os.environ.get("NONGQING_WHOLE"))
