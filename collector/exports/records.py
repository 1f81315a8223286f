"""Records of series, as NetCDF and Parquet take them: what is said once, and what grows."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: Unit of times in records; Parquet makes them its own kind of time.
SECONDS = "seconds since 1970-01-01 00:00:00"
Attributes = Mapping[str, str | float | int]


@dataclass(frozen=True)
class Fixed:
    """A variable that is said once for each of a dimension; texts are padded to one length.

    `kind` is NumPy's letter and width, as ``f8``; ``S1`` is text.
    """

    name: str
    dimension: str
    values: Sequence[object]
    kind: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True)
class Growing:
    """A variable with one value for each record.

    `kind` is NumPy's letter and width; ``b1`` is yes or no, ``U`` text, ``O`` a list of texts:
    these two stand last, since NetCDF's classic format cannot let them grow.
    """

    name: str
    kind: str
    attributes: Attributes = field(default_factory=dict)

    @property
    def is_text(self) -> bool:
        """Whether it has texts for values."""
        return self.kind in ("U", "O")

    @property
    def is_time(self) -> bool:
        """Whether its values are times, in seconds since 1970, UTC."""
        return self.attributes.get("units") == SECONDS


@dataclass(frozen=True)
class Records:
    """Records and what they are of.

    Attributes
    ----------
    attributes : mapping
        Of the whole.
    length : int
        Number of series.
    fixed : sequence of Fixed
        What is said of each series.
    growing : sequence of Growing
        Of each record; the first is the number of its series.
    rows : generator
        A value for each of `growing`; None where there is none. It holds a cursor of the server
        until it is closed.
    """

    attributes: Attributes
    length: int
    fixed: Sequence[Fixed]
    growing: Sequence[Growing]
    rows: Generator[Sequence[Any], None, None]
