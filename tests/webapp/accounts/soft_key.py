"""A security key of software, by the letters of WebAuthn level 2: what tests answer with."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class SoftKey:
    """One credential; `count` is told with each answer and goes on by one unless it is set back."""

    def __init__(self, origin: str = "http://localhost", rp: str = "localhost") -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.count = 0
        self.origin, self.rp = origin, rp

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, flags: int, rest: bytes = b"") -> bytes:
        head = hashlib.sha256(self.rp.encode()).digest()
        return head + struct.pack(">BI", flags, self.count) + rest

    def _answer(self, response: dict[str, Any]) -> str:
        name = b64(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})

    def create(self, options: dict[str, Any]) -> str:
        """Answer a question for a new key."""
        point = self.private.public_key().public_numbers()
        x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        rest = bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        told = {"fmt": "none", "attStmt": {}, "authData": self._data(0x41, rest)}
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(
            {
                "clientDataJSON": b64(client),
                "attestationObject": b64(cbor2.dumps(told)),
                "transports": ["usb", "smoke-signal"],
            }
        )

    def get(self, options: dict[str, Any]) -> str:
        """Answer a question for a signature."""
        self.count += 1
        client, data = self._client("webauthn.get", options["challenge"]), self._data(0x01)
        signed = self.private.sign(
            data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256())
        )
        return self._answer(
            {
                "clientDataJSON": b64(client),
                "authenticatorData": b64(data),
                "signature": b64(signed),
            }
        )
