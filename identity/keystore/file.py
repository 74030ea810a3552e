"""The key store as one encrypted file: scrypt (RFC 7914) from a passphrase, AES-256-GCM over everything inside.

The file is written whole beside the old one and renamed, so a crash leaves the old or the new one, and is readable by
its owner only. Rotation adds a key and retires the one before: a retired key signs no more but stays published, so that
what it signed still verifies until it is dropped.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from identity.errors import KeyStoreLocked
from identity.formats.jwk import PublicKey
from identity.formats.jws import LocalKey, SigningKey
from identity.ports import Clock, Randomness

VERSION = 1
SCRYPT = {"n": 2**15, "r": 8, "p": 1}
"""32 MiB and about 60 ms: paid once at start."""
MAX_SCRYPT = {"n": 2**20, "r": 16, "p": 4}
NONCE = 12


@dataclass(frozen=True, slots=True)
class _Entry:
    key_id: str
    private: bytes
    chain: tuple[bytes, ...]
    created_at: int
    retired_at: int | None

    def load(self) -> LocalKey:
        private = load_der_private_key(self.private, None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)  # noqa: S101 - this module made it
        return LocalKey(private, self.key_id, [x509.load_der_x509_certificate(one) for one in self.chain])


class FileKeyStore:
    """An opened key store. Every change is on the disk before it takes effect."""

    def __init__(self, path: Path, seal: bytes, kdf: dict[str, Any], master: bytes, entries: Sequence[_Entry]) -> None:
        self._path, self._seal, self._kdf, self._master = path, seal, kdf, master
        self._macs: dict[str, hmac.HMAC] = {}
        self._wrapping = AESGCM(self._derive("wrap"))
        self._entries: tuple[_Entry, ...] = ()
        self._take(entries)

    @classmethod
    def create(cls, path: Path, passphrase: str, clock: Clock, randomness: Randomness) -> Self:
        """A new store with one active P-256 key. FileExistsError when there is one: keys are never overwritten."""
        kdf = {**SCRYPT, "salt": base64.b64encode(randomness(16)).decode("ascii")}
        store = cls(path, _seal(passphrase, kdf), kdf, randomness(32), [_new_entry(clock())])
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        store._save(randomness)
        return store

    @classmethod
    def open(cls, path: Path, passphrase: str) -> Self:
        """Opens a store. KeyStoreLocked for a wrong passphrase or a damaged file."""
        try:
            outer = json.loads(path.read_text("ascii"))
            kdf, nonce, sealed = outer["kdf"], base64.b64decode(outer["nonce"]), base64.b64decode(outer["sealed"])
            if outer["version"] != VERSION or any(not 1 <= int(kdf[name]) <= MAX_SCRYPT[name] for name in SCRYPT):
                raise KeyStoreLocked("its version or its parameters are not taken")
            seal = _seal(passphrase, kdf)
            inner = json.loads(AESGCM(seal).decrypt(nonce, sealed, _header(kdf)))
        except InvalidTag:
            raise KeyStoreLocked("wrong passphrase, or the file was changed") from None
        except (ValueError, KeyError, TypeError):
            raise KeyStoreLocked("the file can't be read") from None
        return cls(path, seal, kdf, base64.b64decode(inner["master"]), [_entry(one) for one in inner["keys"]])

    def active(self) -> SigningKey:
        """The key that signs now."""
        return self._active

    def published(self) -> Sequence[tuple[str, PublicKey]]:
        """The active key and the retired ones, newest first."""
        return self._published

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        """Encrypts a data key: nonce, then AES-256-GCM."""
        nonce = os.urandom(NONCE)
        return nonce + self._wrapping.encrypt(nonce, data_key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The data key again. KeyStoreLocked when it was wrapped elsewhere or for another context."""
        try:
            return self._wrapping.decrypt(wrapped[:NONCE], wrapped[NONCE:], context)
        except (InvalidTag, ValueError):
            raise KeyStoreLocked("a data key was not wrapped here") from None

    def mac(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SHA256 under this purpose's own key."""
        begun = self._macs.get(purpose)
        if begun is None:
            begun = self._macs[purpose] = hmac.new(self._derive(f"mac:{purpose}"), digestmod=hashlib.sha256)
        # A copy of one that has taken its key in, and not hmac.digest: that lets go of the interpreter for each few
        # bytes, and the writer, which makes some fifteen of them for a credential, waits each time to get it back.
        mac = begun.copy()
        mac.update(data)
        return mac.digest()

    def rotate(self, clock: Clock, randomness: Randomness) -> SigningKey:
        """A new active key; the one before signs no more and stays published."""
        now = clock()
        retired = [entry if entry.retired_at else replace(entry, retired_at=now) for entry in self._entries]
        self._change([_new_entry(now), *retired], randomness)
        return self._active

    def drop(self, key_id: str, randomness: Randomness) -> None:
        """Takes a retired key out of what is published: everything it signed fails from now on."""
        if key_id == self._active.key_id:
            raise ValueError("the active key can't be dropped: rotate first")
        self._change([entry for entry in self._entries if entry.key_id != key_id], randomness)

    def certify(self, chain: Sequence[x509.Certificate], randomness: Randomness) -> None:
        """Gives the active key its certificates, its own first; credentials carry them from now on."""
        encoded = tuple(certificate.public_bytes(Encoding.DER) for certificate in chain)
        if chain[0].public_key() != self._active.public.key:
            raise ValueError("the certificate is for another key")
        self._change([replace(self._entries[0], chain=encoded), *self._entries[1:]], randomness)

    def _change(self, entries: Sequence[_Entry], randomness: Randomness) -> None:
        before, self._entries = self._entries, tuple(entries)
        try:
            self._save(randomness)
        except OSError:
            self._entries = before
            raise
        self._take(entries)

    def _take(self, entries: Sequence[_Entry]) -> None:
        self._entries = tuple(entries)
        keys = [entry.load() for entry in self._entries]
        if not keys or self._entries[0].retired_at is not None:
            raise KeyStoreLocked("it holds no active key")
        self._active = keys[0]
        self._published = tuple((key.key_id, key.public) for key in keys)

    def _derive(self, purpose: str) -> bytes:
        return HKDF(hashes.SHA256(), 32, salt=None, info=f"lockstep/identity/{purpose}".encode()).derive(self._master)

    def _save(self, randomness: Randomness) -> None:
        inner = {"master": _text(self._master), "keys": [_document(entry) for entry in self._entries]}
        nonce = randomness(NONCE)
        sealed = AESGCM(self._seal).encrypt(nonce, json.dumps(inner).encode("ascii"), _header(self._kdf))
        outer = {"version": VERSION, "kdf": self._kdf, "nonce": _text(nonce), "sealed": _text(sealed)}
        beside = self._path.with_name(self._path.name + ".new")
        descriptor = os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            # One that was left there may have another's rights.
            os.fchmod(file.fileno(), 0o600)
            file.write(json.dumps(outer))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        _sync_folder(self._path.parent)


def _sync_folder(folder: Path) -> None:
    """The new name on the disk too: without it a power failure brings the old file back, and with it the key before a
    rotation, while credentials that the new one signed are out in the world.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _seal(passphrase: str, kdf: dict[str, Any]) -> bytes:
    salt = base64.b64decode(kdf["salt"])
    return Scrypt(salt, 32, n=int(kdf["n"]), r=int(kdf["r"]), p=int(kdf["p"])).derive(passphrase.encode("utf-8"))


def _header(kdf: dict[str, Any]) -> bytes:
    """Authenticated with the content, so that nobody can make the next start cheap to guess."""
    return json.dumps({"version": VERSION, "kdf": kdf}, sort_keys=True).encode("ascii")


def _new_entry(now: int) -> _Entry:
    private = ec.generate_private_key(ec.SECP256R1())
    key_id = LocalKey(private).public.thumbprint
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return _Entry(key_id, der, (), now, None)


def _entry(document: dict[str, Any]) -> _Entry:
    chain = tuple(base64.b64decode(one) for one in document["chain"])
    private = base64.b64decode(document["private"])
    return _Entry(document["key_id"], private, chain, document["created_at"], document["retired_at"])


def _document(entry: _Entry) -> dict[str, Any]:
    return {
        "key_id": entry.key_id,
        "private": _text(entry.private),
        "chain": [_text(one) for one in entry.chain],
        "created_at": entry.created_at,
        "retired_at": entry.retired_at,
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
