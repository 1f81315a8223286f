"""Files of frames: compressed lines, and a manifest beside them that proves each.

A file ``2016-05-01.1.frames.xz`` is a row of .xz streams, which ``xz -dc`` reads as one; each holds
2,000 frames or fewer in the order of node, epoch, boot and number, as lines of JSON with the sealed
bytes in hexadecimal. ``2016-05-01.1.frames.json`` has the file's SHA-256, that of each frame's
sealed bytes, and where each stream begins; so the frames of one node are found without reading the
rest.
"""

from __future__ import annotations

import base64
import hashlib
import json
import lzma
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from collector.store.network.frames import FrameId
from collector.store.postgres.errors import StoreError

FORMAT = 1
SUFFIX, MANIFEST = ".frames.xz", ".frames.json"
STREAM_FRAMES = 2000
SHA256_BYTES = 32


class ArchiveError(StoreError):
    """Frames cannot be archived, or not be read back; the message names the file and the mend."""


@dataclass(frozen=True)
class Archived:
    """A frame as it is in a file."""

    row: int
    id: FrameId
    received: datetime
    sealed: bytes

    @property
    def sha256(self) -> bytes:
        """Of the sealed bytes."""
        return hashlib.sha256(self.sealed).digest()


@dataclass(frozen=True)
class Stream:
    """Where a part of a file lies, and the first and last node in it."""

    offset: int
    size: int
    first: str
    last: str


@dataclass(frozen=True)
class Manifest:
    """What is said of a file."""

    format: int
    file: str
    sha256: str
    frames: int
    streams: list[Stream]
    digests: str


def write(folder: Path, stem: str, frames: Sequence[Archived]) -> tuple[str, bytes]:
    """Write frames to a file that is durable, whole and proven when this returns.

    One of that name that holds the same is left as it is; beside one that holds something else the
    new one gets the next number.

    Parameters
    ----------
    folder : Path
        Of archives.
    stem : str
        ``2016-05-01``.
    frames : sequence of Archived

    Returns
    -------
    str, bytes
        Its name below the folder, and its SHA-256.

    Raises
    ------
    ArchiveError
        When it cannot be written, or does not read back; nothing of it is left then.
    """
    ordered = sorted(frames, key=lambda one: one.id)
    data, streams = _streams(ordered)
    sha256 = hashlib.sha256(data)
    where = folder / stem[:7]
    number = 1
    while _other(where / f"{stem}.{number}{SUFFIX}", data):
        number += 1
    file = where / f"{stem}.{number}{SUFFIX}"
    digests = base64.b64encode(b"".join(one.sha256 for one in ordered)).decode()
    manifest = Manifest(FORMAT, file.name, sha256.hexdigest(), len(ordered), streams, digests)
    text = json.dumps(vars(manifest) | {"streams": [vars(one) for one in streams]}) + "\n"
    name = f"{where.name}/{file.name}"
    try:
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        _put(file, data)
        _put(manifest_of(file), text.encode())
        _sync(where)
        _sync(folder)
        if list(read(folder, name)) != ordered:
            raise ArchiveError(f"{file}: does not read back as it was written; look at its disk")
    except (OSError, ArchiveError) as error:
        for each in (file, manifest_of(file)):
            with suppress(OSError):
                each.unlink()
        if isinstance(error, ArchiveError):
            raise
        raise ArchiveError(
            f"{error.filename or file}: {error.strerror}; make room or mend its rights, or name "
            "another folder in NONGQING_ARCHIVE; nothing is lost"
        ) from error
    return name, sha256.digest()


def _streams(ordered: Sequence[Archived]) -> tuple[bytes, list[Stream]]:
    data, streams = bytearray(), []
    for first in range(0, len(ordered), STREAM_FRAMES):
        part = ordered[first : first + STREAM_FRAMES]
        packed = lzma.compress("".join(map(_line, part)).encode(), check=lzma.CHECK_CRC64)
        streams.append(Stream(len(data), len(packed), part[0].id.node, part[-1].id.node))
        data += packed
    return bytes(data), streams


def _line(one: Archived) -> str:
    said = {"id": one.row, **one.id._asdict(), "received": one.received.isoformat()}
    return json.dumps(said | {"sealed": one.sealed.hex()}, ensure_ascii=False) + "\n"


def _frame(line: str) -> Archived:
    said: dict[str, Any] = json.loads(line)
    identity = FrameId(said["node"], said["epoch"], said["boot"], said["seq"])
    received = datetime.fromisoformat(said["received"])
    return Archived(said["id"], identity, received, bytes.fromhex(said["sealed"]))


def _other(file: Path, data: bytes) -> bool:
    """Tell whether a file of that name holds something else."""
    try:
        return file.read_bytes() != data
    except OSError:
        return False


def _put(path: Path, data: bytes) -> None:
    """Write a file; it has its name once it is whole and on the disk."""
    part = path.with_name(path.name + ".part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def manifest_of(file: Path) -> Path:
    """Return the manifest that belongs to a file."""
    return file.with_name(file.name.removesuffix(SUFFIX) + MANIFEST)


def read(folder: Path, name: str, node: str | None = None) -> Iterator[Archived]:
    """Read the frames of a file, or those of one node, each proven by its hash.

    Raises
    ------
    ArchiveError
        When the file is not there, or is not what its manifest says.
    """
    file = folder / name
    try:
        manifest = _manifest(file)
        digests = base64.b64decode(manifest.digests, validate=True)
        if node is None and hashlib.sha256(file.read_bytes()).hexdigest() != manifest.sha256:
            raise _spoiled(file)
        with file.open("rb") as data:
            for number, stream in enumerate(manifest.streams):
                if node is None or stream.first <= node <= stream.last:
                    data.seek(stream.offset)
                    lines = lzma.decompress(data.read(stream.size)).decode().splitlines()
                    for place, one in enumerate(map(_frame, lines), number * STREAM_FRAMES):
                        if one.sha256 != digests[SHA256_BYTES * place :][:SHA256_BYTES]:
                            raise _spoiled(file)
                        if node in (None, one.id.node):
                            yield one
    except FileNotFoundError as error:
        raise ArchiveError(
            f"{error.filename}: is not there; name the folder of archives in NONGQING_ARCHIVE, "
            "or bring the file back from a backup"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, lzma.LZMAError) as error:
        raise _spoiled(file) from error


def _manifest(file: Path) -> Manifest:
    said = json.loads(manifest_of(file).read_text(encoding="utf-8"))
    said["streams"] = [Stream(**one) for one in said["streams"]]
    manifest = Manifest(**said)
    if manifest.format != FORMAT:
        raise ValueError(manifest.format)
    return manifest


def _spoiled(file: Path) -> ArchiveError:
    return ArchiveError(
        f"{file}: is not what {manifest_of(file).name} says; bring both back from a backup"
    )
