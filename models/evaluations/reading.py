"""Reading tables for comparisons, with errors that name the file and the missing columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.evaluations.tables import DocumentError

Array = NDArray[np.float64]


def read_table(folder: Path, name: str, columns: Sequence[str]) -> pd.DataFrame:
    """Read columns of a CSV file of a folder, each in the file's unit.

    Parameters
    ----------
    folder : Path
    name : str
        File in it, `.gz` allowed.
    columns : sequence of str

    Raises
    ------
    DocumentError
        The file is not there, or lacks columns (all are named).
    """
    path = folder / name
    try:
        table = pd.read_csv(path)
    except OSError as error:
        raise DocumentError(
            f"{path}: cannot be read ({error.strerror}): give the folder that holds it by --data"
        ) from error
    except ValueError as error:
        raise DocumentError(f"{path}: is not a CSV table ({error})") from error
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise DocumentError(f"{path}: columns missing: {', '.join(missing)}")
    return table


def left_out_logistic(x: Array, y: Array, groups: NDArray[np.int64]) -> Array:
    """Probability of each case by logistic regression on the other groups, shape (n,).

    Gaps are filled with the median of the other groups, columns standardised; ridge of
    strength 1 (scikit-learn's C).

    Parameters
    ----------
    x : array, shape (n, columns); nan where missing
    y : array of 0 and 1, shape (n,)
    groups : array, shape (n,)
        Year of each case.
    """
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    out = np.empty(y.shape)
    for group in np.unique(groups):
        here = groups == group
        model = make_pipeline(
            SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(max_iter=1000)
        )
        out[here] = model.fit(x[~here], y[~here]).predict_proba(x[here])[:, 1]
    return out


def base_rate_elsewhere(y: Array, groups: NDArray[np.int64]) -> Array:
    """Mean of y over the other groups, for each case, shape (n,).

    Parameters
    ----------
    y : array of 0 and 1, shape (n,)
    groups : array, shape (n,)
    """
    out = np.empty(y.shape)
    for group in np.unique(groups):
        out[groups == group] = y[groups != group].mean()
    return out


def one_hot(values: NDArray[np.int64] | Sequence[str]) -> Array:
    """Columns of 0 and 1, one per value that occurs, shape (n, values).

    Parameters
    ----------
    values : array or sequence, shape (n,)
    """
    given = np.asarray(values)
    return np.asarray(given[:, None] == np.unique(given)[None, :], float)
