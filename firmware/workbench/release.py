"""A signed update in its folder, checked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware.wire import update
from firmware.wire.cbor import DecodeError
from firmware.wire.update import Head

HEAD, MANIFEST, SIGNATURE = "update.head", "update.manifest", "update.sig"


class ReleaseError(RuntimeError):
    """A folder holds no update that can be used; the message names it and the mend."""


@dataclass(frozen=True)
class Release:
    """An update as it was signed; `files` is the content by path, in the manifest's order."""

    head: Head
    head_bytes: bytes
    signature: bytes
    manifest_bytes: bytes
    files: dict[str, bytes]


def read_signed(folder: Path, public_key: bytes | None = None) -> Release:
    """Read a signed update.

    Parameters
    ----------
    folder : Path
        As `nongqing node build` wrote it, and signed.
    public_key : bytes, optional
        Ed25519, 32 bytes; the signature is checked where it is given.

    Raises
    ------
    ReleaseError
        When it is not signed, not whole, or signed with another key.
    """
    head_bytes, manifest_bytes = _read(folder / HEAD), _read(folder / MANIFEST)
    signature = _read(folder / SIGNATURE)
    try:
        head = update.decode_head(head_bytes)
        listed = update.decode_manifest(manifest_bytes)
    except DecodeError as error:
        raise ReleaseError(f"{folder}: {error}; build and sign it anew") from error
    if len(signature) != update.SIGNATURE_BYTES:
        raise ReleaseError(f"{folder / SIGNATURE}: no signature of 64 bytes; sign it anew")
    _check(folder / MANIFEST, manifest_bytes, head.bytes, head.sha256)
    files = {each.path: _read(folder / each.path) for each in listed}
    for each in listed:
        _check(folder / each.path, files[each.path], each.bytes, each.sha256)
    if public_key is not None:
        try:
            key = Ed25519PublicKey.from_public_bytes(public_key)
            key.verify(signature, update.signed(head_bytes))
        except InvalidSignature as error:
            raise ReleaseError(
                f"{folder}: is not signed with the key that nodes of here trust; sign it with that"
            ) from error
    return Release(head, head_bytes, signature, manifest_bytes, files)


def public_key(path: Path) -> bytes:
    """Return the 32 bytes of the public key in a file in PEM.

    Raises
    ------
    ReleaseError
    """
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise ReleaseError(f"{path}: holds no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ReleaseError(f"{path}: holds a key of another kind than Ed25519")
    raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    return key.public_bytes(*raw)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReleaseError(
            f"{path}: cannot be read ({error.strerror}); build the update, sign it "
            "(nongqing node ota sign) and give its folder"
        ) from error


def _check(path: Path, content: bytes, size: int, sha256: bytes) -> None:
    if len(content) != size or hashlib.sha256(content).digest() != sha256:
        raise ReleaseError(f"{path}: is not what was signed; build and sign the update anew")
