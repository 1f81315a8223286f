"""Verification of Ed25519: RFC 8032's signatures, those of `cryptography`, and what is refused."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from firmware.wire import ed25519
from firmware.wire.sha512 import sha512
from tests.paths import GOLDEN, ROOT, WHOLE

ORDER = (1 << 252) + 27742317777372353535851937790883648493
PRIME = (1 << 255) - 19
IDENTITY = (1).to_bytes(32, "little")
#: Points of small order: of order 1, 2, 4 (x and -x) and 8 (one of four), as they are encoded.
SMALL = [
    IDENTITY,
    (PRIME - 1).to_bytes(32, "little"),
    bytes(32),
    bytes(31) + b"\x80",
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
]


def rows() -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((GOLDEN / "wire" / "ed25519.json").read_text())
    return found


def signed(message: bytes, seed: int = 7) -> tuple[bytes, bytes]:
    """A public key and its signature of a message."""
    key = Ed25519PrivateKey.from_private_bytes(random.Random(seed).randbytes(32))
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), key.sign(message)


@pytest.mark.parametrize("size", [0, 1, 55, 111, 112, 127, 128, 129, 239, 240, 1000])
def test_sha512_is_that_of_everybody(size: int) -> None:
    data = random.Random(size).randbytes(size)
    assert sha512(data) == hashlib.sha512(data).digest()


def test_signatures_of_cryptography_are_taken_and_nothing_beside_them() -> None:
    chance = random.Random(1)
    for seed in range(12 if WHOLE else 3):
        message = chance.randbytes(chance.randrange(300))
        public, signature = signed(message, seed)
        assert ed25519.verify(public, message, signature)
        assert not ed25519.verify(public, message + b"\x00", signature)
        for what, size in ((public, 32), (signature, 64)):
            broken = bytearray(what)
            broken[chance.randrange(size)] ^= 1 << chance.randrange(8)
            key, by = (bytes(broken), signature) if size == 32 else (public, bytes(broken))
            assert not ed25519.verify(key, message, by)
            with pytest.raises((InvalidSignature, ValueError)):
                Ed25519PublicKey.from_public_bytes(key).verify(by, message)


def test_a_second_form_of_a_signature_is_refused() -> None:
    """S + L is the same number modulo L (RFC 8032, 5.1.7 and 8.4)."""
    public, signature = signed(b"m")
    s = int.from_bytes(signature[32:], "little")
    for times in (1, 2, 15):
        other = signature[:32] + (s + times * ORDER).to_bytes(32, "little")
        assert not ed25519.verify(public, b"m", other)
    top = signature[:32] + (s | 1 << 255).to_bytes(32, "little")
    assert not ed25519.verify(public, b"m", top)


@pytest.mark.parametrize("public", SMALL)
def test_a_key_of_small_order_is_refused(public: bytes) -> None:
    """With one of them this signature would be good for one message in eight at least."""
    for number in range(64):
        assert not ed25519.verify(public, b"%d" % number, IDENTITY + bytes(32))


def test_such_a_signature_would_pass_elsewhere() -> None:
    """What the check is for: OpenSSL takes the key of order 1, with any message."""
    Ed25519PublicKey.from_public_bytes(IDENTITY).verify(IDENTITY + bytes(32), b"any program")


@pytest.mark.parametrize(
    "public",
    [
        (PRIME + 1).to_bytes(32, "little"),  # y = 1, in a second form
        (PRIME + 3).to_bytes(32, "little"),
        (PRIME).to_bytes(32, "little"),
        b"\xff" * 32,
        bytes([1]) + bytes(30) + b"\x80",  # x = 0 with a sign
        (2).to_bytes(32, "little"),  # no point has this y
        b"",
        bytes(31),
        bytes(33),
    ],
)
def test_what_is_no_point_is_refused(public: bytes) -> None:
    """RFC 8032, 5.1.3: y at or above p, x = 0 with a sign, no square root."""
    assert ed25519._point(public) is None or len(public) != 32
    assert not ed25519.verify(public, b"m", IDENTITY + bytes(32))


def test_a_signature_of_another_length_is_refused() -> None:
    public, signature = signed(b"m")
    for other in (b"", signature[:63], signature + b"\x00"):
        assert not ed25519.verify(public, b"m", other)


def test_the_golden_signatures() -> None:
    """Those of RFC 8032, 7.1, made again from their secret keys."""
    assert len(rows()) > 12
    for row in rows():
        public, message, signature = (
            bytes.fromhex(str(row[name])) for name in ("public", "message", "signature")
        )
        assert ed25519.verify(public, message, signature) is row["good"], row["name"]
        if "secret" in row:
            key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(str(row["secret"])))
            assert key.sign(message) == signature


def test_the_same_under_micropython_in_the_heap_of_a_node(tmp_path: Path) -> None:
    start = "import sys, micropython_run; sys.exit(micropython_run.run_main(sys.argv))"
    script = str(ROOT / "tests/micropython/test_ed25519.py")
    done = subprocess.run(
        [sys.executable, "-c", start, "-X", "heapsize=160k", script, str(ROOT)],
        capture_output=True,
        text=True,
        check=True,
        env={"MICROPYPATH": f"{ROOT}:.frozen"},
    )
    count, took = done.stdout.splitlines()
    assert int(count) == len(rows())
    assert int(took.split()[2]) < 16 * 1024, took
    print(took)
