"""Rows on their way, in a temporary file: what a file holds need not fit into memory.

Rows are put in by a key and taken out key by key, in the order in which they came. So many rows
are held at once; the rest lies in a file without a name, which is gone with the process.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from field_configs.events import event
from models.sheets.refused import SheetError

#: Rows that are held before they are written down.
HELD = 100_000
Rows = NDArray[np.void]


class Spool:
    """Rows by a key.

    Parameters
    ----------
    kind : dtype
        Of the rows.
    name : str
        Of the file that they come from, for messages.
    held : int
        Rows that are held in memory.
    """

    def __init__(self, kind: np.dtype[np.void], name: str, held: int = HELD) -> None:
        self.kind, self.name, self.held = kind, name, held
        self.count = 0
        self._waiting: list[tuple[NDArray[np.int64], Rows]] = []
        self._rows = 0
        self._pieces: dict[int, list[tuple[int, int]]] = {}
        self._file: BinaryIO | None = None

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._waiting.clear()
        if self._file is not None:
            self._file.close()

    def put(self, keys: NDArray[np.int64], rows: Rows) -> None:
        """Put rows in, each by its key.

        Raises
        ------
        SheetError
            When there is no room for them.
        """
        if len(rows):
            self._waiting.append((keys, rows))
            self._rows += len(rows)
            self.count += len(rows)
        if self._rows >= self.held:
            self._write()

    def _write(self) -> None:
        if not self._rows:
            return
        keys = np.concatenate([each for each, _ in self._waiting])
        rows = np.concatenate([each for _, each in self._waiting])
        self._waiting.clear()
        self._rows = 0
        order = np.argsort(keys, kind="stable")
        keys, rows = keys[order], rows[order]
        begins = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
        try:
            if self._file is None:
                self._file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - __exit__
            place = self._file.seek(0, 2)
            self._file.write(rows.tobytes())
            self._file.flush()
        except OSError as error:
            reason = error.strerror or str(error)
            why = event("spool_full", reason=reason, folder=tempfile.gettempdir())
            raise SheetError(self.name, why) from error
        for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(rows)], strict=True):
            at = place + begin * self.kind.itemsize
            self._pieces.setdefault(int(keys[begin]), []).append((at, end - begin))

    def each(self) -> Iterator[tuple[int, Rows]]:
        """Yield the keys in their order, each with its rows in the order in which they came."""
        self._write()
        for key in sorted(self._pieces):
            yield key, self._take(key)

    def _take(self, key: int) -> Rows:
        found = bytearray()
        for place, count in self._pieces[key]:
            assert self._file is not None
            self._file.seek(place)
            found += self._file.read(count * self.kind.itemsize)
        return np.frombuffer(found, self.kind)
