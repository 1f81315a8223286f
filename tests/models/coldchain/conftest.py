"""Products and readings that the tests of the cold chain share."""

import numpy as np
import pytest

from field_configs.load import load
from models.coldchain.exposure import Assumed


@pytest.fixture(scope="session")
def products():
    """Give the shipped products."""
    return load(site=None).products


@pytest.fixture
def assumed():
    """Assume anything from 0 to 30 degC of unknown time."""
    return Assumed(0.0, 30.0)


@pytest.fixture
def minutes():
    """Make times [s] every so many minutes."""

    def make(count, step=10.0):
        return 1.5e9 + 60.0 * step * np.arange(count)

    return make
