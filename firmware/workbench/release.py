"""A bundle signed for an update over the air, and the key that it is signed with.

Beside what `nongqing node build` made lie three files: ``update.head``, ``update.manifest``
(`firmware.wire.update`) and ``update.sig``, the Ed25519 signature (RFC 8032) over the head.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

import firmware
from firmware.wire import update
from firmware.workbench import bundle
from firmware.workbench.bundle import SIGNED, BundleError
from firmware.workbench.config import write_secret

HEAD, MANIFEST, SIGNATURE = SIGNED
KEYGEN = "make one: nongqing node ota keygen FILE"
PEM = serialization.Encoding.PEM
RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw


class KeyFileError(RuntimeError):
    """A key file that cannot be used; the message names it and the mend."""


@dataclass(frozen=True)
class Release:
    """A signed bundle: its head, how that and the manifest travel, and its files by their path."""

    head: update.Head
    head_bytes: bytes
    signature: bytes
    manifest_bytes: bytes
    files: dict[str, bytes]


def describe(
    board_id: str, files: Mapping[str, bytes], version: str = firmware.VERSION
) -> tuple[bytes, bytes]:
    """Return the encoded head and the encoded manifest of a bundle's files."""
    target = update.target_of(board_id, bundle.link_of(files))
    rows = [
        update.File(path, len(data), hashlib.sha256(data).digest())
        for path, data in sorted(files.items())
    ]
    try:
        manifest = bytes(update.encode_manifest(rows))
        number = update.number_of(version)
        digest = hashlib.sha256(manifest).digest()
        head = update.Head(target, number, version, len(manifest), digest)
        return bytes(update.encode_head(head)), manifest
    except ValueError as error:
        raise BundleError(f"{error}; correct it and build again: nongqing node build") from error


def slot_of(
    board_id: str, files: Mapping[str, bytes], version: str = firmware.VERSION
) -> dict[str, bytes]:
    """Return all that a slot of a node holds: files, head and manifest, by their path in it."""
    head, manifest = describe(board_id, files, version)
    return {**files, "head": head, "manifest": manifest}


def sign(folder: Path, private_key_file: Path) -> Release:
    """Sign the bundle in a folder.

    Raises
    ------
    BundleError
    KeyFileError
    OSError
    """
    key = _private(private_key_file)
    manifest, files = bundle.read(folder)
    try:
        head, described = describe(manifest.board, files, manifest.firmware)
    except BundleError as error:
        raise BundleError(f"{folder}: {error}") from error
    signature = key.sign(update.signed(head))
    for name, data in zip(SIGNED, (head, described, signature), strict=True):
        (folder / name).write_bytes(data)
    return Release(update.decode_head(head), head, signature, described, files)


def read_signed(folder: Path, public_key: bytes | None = None) -> Release:
    """Read a signed bundle, every digest checked, and the signature if a public key is given.

    Raises
    ------
    BundleError
    """
    again = f"sign it: nongqing node ota sign {folder} --key FILE"
    manifest, files = bundle.read(folder)
    try:
        head, described, signature = ((folder / name).read_bytes() for name in SIGNED)
    except OSError as error:
        raise BundleError(f"{error.filename}: {error.strerror}; {again}") from error
    if (head, described) != describe(manifest.board, files, manifest.firmware):
        raise BundleError(f"{folder / HEAD}: is of another bundle than this; {again}")
    if public_key is not None:
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, update.signed(head))
        except (InvalidSignature, ValueError) as error:
            said = "is not by the key that updates are signed with"
            raise BundleError(f"{folder / SIGNATURE}: {said}; {again}") from error
    if len(signature) != update.SIGNATURE_BYTES:
        raise BundleError(f"{folder / SIGNATURE}: has {len(signature)} bytes, not 64; {again}")
    return Release(update.decode_head(head), head, signature, described, files)


def keygen(path: Path) -> bytes:
    """Make a key pair: `path` holds the private key, ``path.pub`` the public one, returned too.

    Raises
    ------
    KeyFileError
        If one of the files is there: nodes may know that key.
    OSError
    """
    public = path.with_name(path.name + ".pub")
    for each in (path, public):
        if each.exists():
            raise KeyFileError(
                f"{each}: is there, and nodes may rest on its key; name another file"
            )
    key = Ed25519PrivateKey.generate()
    write_secret(
        path,
        key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    public.write_bytes(key.public_key().public_bytes(PEM, spki))
    return key.public_key().public_bytes(*RAW)


def public_key(path: Path) -> bytes:
    """Return the 32 bytes of the public key in a file that holds it, or its private key.

    Raises
    ------
    KeyFileError
    """
    held = _held(path)
    if b"PRIVATE" in held:
        return _private(path).public_key().public_bytes(*RAW)
    try:
        key = serialization.load_pem_public_key(held)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path}: holds no public key; {KEYGEN}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"{path}: holds a key of another kind than Ed25519; {KEYGEN}")
    return key.public_bytes(*RAW)


def _held(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read ({error.strerror}); {KEYGEN}") from error


def _private(path: Path) -> Ed25519PrivateKey:
    held = _held(path)
    try:
        key = serialization.load_pem_private_key(held, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path}: holds no private key without password; {KEYGEN}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: holds a key of another kind than Ed25519; {KEYGEN}")
    if path.stat().st_mode & 0o077:
        raise KeyFileError(f"{path}: others can read it; chmod 600 {path}")
    return key
