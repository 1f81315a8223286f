"""PyPI's pyfao56, the peer that the balance is held against, or why it is not here."""

import importlib.util
import sys
from types import ModuleType

import pytest


def pyfao56():
    """Return the package; skips the test where it is not installed.

    It imports matplotlib and requests for drawing and for forecasts from the net, which no test
    uses: where these are missing, empty modules stand in while it is imported.
    """
    if importlib.util.find_spec("pyfao56") is None:
        pytest.skip("pyfao56 is not installed: pip install --no-deps pyfao56==1.4.3")
    absent = [n for n in ("requests", "matplotlib") if importlib.util.find_spec(n) is None]
    if "matplotlib" in absent:
        absent.append("matplotlib.pyplot")
    for name in absent:
        sys.modules[name] = ModuleType(name)
    try:
        import pyfao56 as package
    finally:
        for name in absent:
            del sys.modules[name]
    return package
