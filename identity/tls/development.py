"""A certificate authority for one developer's machine: serves https on localhost, certifies a signing key.

Its key lies unencrypted in the run folder, so whoever reads that folder can pose as localhost to whoever trusts it:
never outside LOCKSTEP_ENV=dev. Certificates name localhost and loopback addresses only, by a name constraint on the root.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from identity.errors import DevelopmentOnly
from identity.ports import is_development

ROOT_DAYS = 365
LEAF_DAYS = 90
LOOPBACK = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """What a server is started with: its certificate and key as PEM files, and the root that clients trust."""

    certificate: Path
    key: Path
    root: Path


class DevelopmentAuthority:
    """The authority in a folder; made on first use. DevelopmentOnly anywhere but in development."""

    def __init__(self, folder: Path) -> None:
        if not is_development():
            raise DevelopmentOnly("a certificate authority of our own")
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root_file = folder / "ca.pem"
        key_file = folder / "ca.key"
        if not self.root_file.exists() or not key_file.exists():
            self._make_root(key_file)
        self._root = x509.load_pem_x509_certificate(self.root_file.read_bytes())
        key = load_pem_private_key(key_file.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - this class made it
        self._key = key

    @property
    def root(self) -> x509.Certificate:
        """The root certificate, to be trusted by the clients of this machine only."""
        return self._root

    def serve_localhost(self, name: str) -> ServerFiles:
        """A fresh certificate for localhost, 127.0.0.1 and ::1, as files named after the service."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), *(x509.IPAddress(address) for address in LOOPBACK)]
        )
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        certificate = self._issue(key.public_key(), name, names, usage)
        files = ServerFiles(self._folder / f"{name}.pem", self._folder / f"{name}.key", self.root_file)
        _write(files.certificate, certificate.public_bytes(Encoding.PEM))
        _write(files.key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return files

    def certify_signer(self, public: ec.EllipticCurvePublicKey, issuer: str) -> tuple[x509.Certificate, ...]:
        """A certificate that lets a key sign credentials as `issuer` (a URI), for an `x5c` header; without the root."""
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(issuer), x509.DNSName("localhost")])
        return (self._issue(public, "credential signer", names, None),)

    def _make_root(self, key_file: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Lockstep development authority")
        start, end = _window(ROOT_DAYS)
        constraints = x509.NameConstraints(
            permitted_subtrees=[
                x509.DNSName("localhost"),
                x509.IPAddress(ipaddress.ip_network("127.0.0.0/8")),
                x509.IPAddress(ipaddress.ip_network("::1/128")),
            ],
            excluded_subtrees=None,
        )
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), start, end)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(certificates=True), critical=True)
            .add_extension(constraints, critical=True)
            .add_extension(identifier, critical=False)
            .sign(key, hashes.SHA256())
        )
        _write(key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        _write(self.root_file, certificate.public_bytes(Encoding.PEM))

    def _issue(
        self,
        public: ec.EllipticCurvePublicKey,
        name: str,
        names: x509.SubjectAlternativeName,
        extended: x509.ExtendedKeyUsage | None,
    ) -> x509.Certificate:
        start, end = _window(LEAF_DAYS)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            x509.CertificateBuilder(self._root.subject, _name(name), public, x509.random_serial_number(), start, end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(certificates=False), critical=True)
            .add_extension(names, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(authority, critical=False)
        )
        if extended is not None:
            builder = builder.add_extension(extended, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _window(days: int) -> tuple[dt.datetime, dt.datetime]:
    now = dt.datetime.now(dt.UTC)
    return now - dt.timedelta(hours=1), now + dt.timedelta(days=days)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
