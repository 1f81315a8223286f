"""Programs for the campaign of an update: as many files as it takes, of random bytes, signed.

Most travel deflated, for which their bytes are the letters of random numbers; others as they are.
"""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from firmware.wire import update
from firmware.workbench.deflated import deflate

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
#: Files that are the same in all of them, those of each one alone, and their bytes.
SAME = {"firmware/wire/cbor.mpy": 2900, "firmware/node/outbox.mpy": 4300, "firmware/wire.mpy": 1}
OWN = {"firmware/__init__.mpy": 60, "firmware/node/main.mpy": 4500, "firmware/node/link.mpy": 700}
AS_IT_IS = "firmware/node/link.mpy"
NUMBERS = (1, 2, 3, 4, 5)


def make(folder: Path) -> None:
    """Write each program, with its head, manifest and signature, below its number.

    What travels of a file lies beside it, as ``FILE.z``.
    """
    folder.mkdir()
    public = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    (folder / "key").write_text(public.hex())
    same = {path: _content(path, path, size) for path, size in SAME.items()}
    for number in NUMBERS:
        own = {path: _content(f"{number} {path}", path, size) for path, size in OWN.items()}
        files = dict(sorted((same | own).items()))
        travels = {f"{path}.z": deflate(data) for path, data in files.items()}
        rows = [
            update.File(p, len(d), hashlib.sha256(d).digest(), len(travels[f"{p}.z"]))
            for p, d in files.items()
        ]
        assert {row.path for row in rows if row.travels == row.bytes} >= {AS_IT_IS}
        manifest = bytes(update.encode_manifest(rows))
        packed = travels["manifest.z"] = deflate(manifest)
        digest = hashlib.sha256(manifest).digest()
        version = f"0.0.{number}"
        said = update.Head("soilair-1/ip", number, version, len(manifest), digest, len(packed))
        head = bytes(update.encode_head(said))
        beside = {"head": head, "manifest": manifest, "sig": KEY.sign(update.signed(head))}
        beside |= travels
        for path, data in {**files, **beside}.items():
            place = folder / str(number) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)


def _content(seed: str, path: str, size: int) -> bytes:
    data = random.Random(seed).randbytes(size)
    return data if path == AS_IT_IS else data.hex().encode()[:size]
