"""Where tests find the project, its golden files, the data that lie beside a checkout, and
how much of a kind they try."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests" / "golden"
SHARED = ROOT.parent / "shared"
#: Whether all of a kind is tried, as ``make whole`` does.
WHOLE = bool(os.environ.get("NONGQING_WHOLE"))
#: Folder of the programs of another PostgreSQL than the embedded one, for all tests of a run.
OTHER_SERVER = os.environ.get("NONGQING_TEST_POSTGRES")
#: Whether pools of connections are those of a role that `nongqing db grant` was run for.
AS_SERVICES = bool(os.environ.get("NONGQING_TEST_AS_SERVICES"))
