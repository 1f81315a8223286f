"""Programs for the campaign of an update: as many files as it takes, of random bytes, signed."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from firmware.wire import update

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
#: Files that are the same in all of them, those of each one alone, and their bytes.
SAME = {"firmware/wire/cbor.mpy": 2900, "firmware/node/outbox.mpy": 4300, "firmware/wire.mpy": 0}
OWN = {"firmware/__init__.mpy": 60, "firmware/node/main.mpy": 4500, "firmware/node/link.mpy": 700}
NUMBERS = (1, 2, 3, 4, 5)


def make(folder: Path) -> None:
    """Write each program, with its head, manifest and signature, below its number."""
    folder.mkdir()
    public = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    (folder / "key").write_text(public.hex())
    same = {path: random.Random(path).randbytes(size) for path, size in SAME.items()}
    for number in NUMBERS:
        own = {
            path: random.Random(f"{number} {path}").randbytes(size) for path, size in OWN.items()
        }
        files = dict(sorted((same | own).items()))
        rows = [update.File(p, len(d), hashlib.sha256(d).digest()) for p, d in files.items()]
        manifest = bytes(update.encode_manifest(rows))
        digest = hashlib.sha256(manifest).digest()
        said = update.Head("soilair-1/ip", number, f"0.0.{number}", len(manifest), digest)
        head = bytes(update.encode_head(said))
        beside = {"head": head, "manifest": manifest, "sig": KEY.sign(update.signed(head))}
        for path, data in {**files, **beside}.items():
            place = folder / str(number) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
