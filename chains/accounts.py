"""Keys that sign transactions, and the files they lie in.

Inside the project an account is 32 bytes (an EVM address left-padded with 12 zero bytes); text appears at the edges.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from eth_account import Account as EthAccount
from eth_account.signers.local import LocalAccount
from substrateinterface import Keypair
from substrateinterface.constants import DEV_PHRASE

from bridge.domains import account_of_evm
from bridge.errors import LockstepError

Kind = Literal["substrate", "evm"]


class KeyFileRefused(LockstepError):
    """A key file is missing, readable by others, or holds no usable key. The message never holds the key."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"the key file {path} is refused: {why}")


@dataclass(frozen=True, slots=True)
class Account:
    """A signing key of one chain kind. Its text form is safe to log; the key itself never appears in `repr`."""

    kind: Kind
    id: bytes
    text: str
    key: Any = field(repr=False, compare=False)

    @classmethod
    def evm(cls, key: LocalAccount) -> Account:
        """From an eth-account key."""
        return cls("evm", account_of_evm(bytes.fromhex(key.address[2:])), str(key.address), key)

    @classmethod
    def substrate(cls, key: Keypair) -> Account:
        """From a substrate-interface key pair (sr25519, ed25519 or ecdsa)."""
        return cls("substrate", bytes(key.public_key), str(key.ss58_address), key)


def read_secret_file(path: Path) -> str:
    """The stripped text of a secret's file. KeyFileRefused when group or world may touch it."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise KeyFileRefused(path, error.strerror or "it can't be read") from error
    if not stat.S_ISREG(mode):
        raise KeyFileRefused(path, "it is no regular file")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileRefused(path, "group or world may access it; run chmod 600 on it")
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileRefused(path, "it can't be read as text") from error


def write_secret_file(path: Path, secret: str) -> None:
    """Makes a secret's file that only its owner can read. FileExistsError when there is one: no key is overwritten."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secret + "\n")


def load_evm_key(path: Path) -> LocalAccount:
    """An EVM key from a file that holds 32 bytes as hex."""
    secret = read_secret_file(path)
    try:
        return EthAccount.from_key(bytes.fromhex(secret.removeprefix("0x")))  # type: ignore[no-any-return]
    except (ValueError, TypeError):
        # No cause chained: the library's message may quote the key.
        raise KeyFileRefused(path, "it holds no 32-byte hex key") from None


def load_substrate_key(path: Path, *, development: bool) -> Keypair:
    """An sr25519 key from a file with a hex seed, a mnemonic, or (development only) a `//Name` of the public phrase."""
    secret = read_secret_file(path)
    if (secret.startswith("/") or DEV_PHRASE in secret) and not development:
        raise KeyFileRefused(path, "it names a development key; everyone knows it")
    try:
        if secret.startswith("0x"):
            return Keypair.create_from_seed(bytes.fromhex(secret[2:]))
        return Keypair.create_from_uri(secret)
    except (ValueError, TypeError, IndexError):
        raise KeyFileRefused(path, "it holds no seed or phrase") from None
