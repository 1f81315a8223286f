"""Debian's Mosquitto, run for a test or a measurement, and an authority for its certificates."""

from __future__ import annotations

import datetime
import ipaddress
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from collector.one_machine.embedded import free_port

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
START_S = 20.0


@dataclass
class Authority:
    """An authority of our own, and what it signed."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    @classmethod
    def make(cls, folder: Path) -> Authority:
        folder.mkdir()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Puyang test authority")])
        made = cls(folder, ec.generate_private_key(ec.SECP256R1()), name)
        made._write("ca", name, made.key, is_ca=True)
        return made

    def sign(self, name: str) -> None:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._write(name, subject, ec.generate_private_key(ec.SECP256R1()), is_ca=False)

    def _write(
        self, stem: str, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_ca: bool
    ) -> None:
        now = datetime.datetime.now(datetime.UTC)
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        (self.folder / f"{stem}.crt").write_bytes(certificate.public_bytes(pem))
        (self.folder / f"{stem}.key").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )


@contextmanager
def mosquitto(folder: Path, *lines: str, port: int = 0) -> Iterator[int]:
    """Run Mosquitto with these lines of configuration; lends its port."""
    if not Path(MOSQUITTO).exists():
        reason = "mosquitto is not installed (apt-get install mosquitto)"
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    port = port or free_port()
    config = folder / "mosquitto.conf"
    config.write_text("\n".join([f"listener {port} 127.0.0.1", "user root", *lines]) + "\n")
    with (folder / "mosquitto.log").open("wb") as log:
        process = subprocess.Popen([MOSQUITTO, "-c", config], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + START_S
        while b"running" not in (folder / "mosquitto.log").read_bytes():
            assert time.monotonic() < deadline, (folder / "mosquitto.log").read_text()
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(10)
