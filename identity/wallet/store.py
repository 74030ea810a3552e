"""What a development wallet keeps: one holder key and the credentials it received, in files of their owner only.

The key lies unencrypted, so this wallet is for development: a person's wallet keeps it in the phone's secure hardware.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from bridge.errors import InvalidInput
from identity.errors import DevelopmentOnly, IdentityError
from identity.formats.jws import LocalKey
from identity.ports import is_development

SESSION_FILE = "oracle.session"


class CredentialUnknown(IdentityError, InvalidInput):
    """The wallet holds no credential of this name, or several that begin so."""

    def __init__(self, name: str, matches: int) -> None:
        self.name, self.matches = name, matches
        what = "no credential" if matches == 0 else f"{matches} credentials"
        super().__init__(f"the wallet holds {what} named {name[:40]!r}")


class NoSession(IdentityError, InvalidInput):
    """The wallet has no session at an oracle."""

    def __init__(self) -> None:
        super().__init__("this wallet has no session at an oracle: enrol first")


@dataclass(frozen=True, slots=True)
class Held:
    """A credential as it was received; times in UTC seconds. `id` begins the SHA-256 of the issuer's signed part."""

    id: str
    configuration: str
    issuer: str
    type: str
    credential: str
    received_at: int
    valid_until: int | None


class WalletStore:
    """A wallet's folder. DevelopmentOnly outside development."""

    def __init__(self, folder: Path) -> None:
        if not is_development():
            raise DevelopmentOnly("a wallet with its key in a file")
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def key(self) -> LocalKey:
        """The holder's key; made on first use."""
        path = self.folder / "holder.pem"
        if not path.exists():
            fresh = ec.generate_private_key(ec.SECP256R1())
            _write(path, fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), os.O_EXCL)
        key = load_pem_private_key(path.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - this class made it
        return LocalKey(key)

    def add(self, held: Held) -> None:
        """Keeps a credential."""
        _write(self.folder / f"{held.id}.json", json.dumps(asdict(held), indent=2).encode("utf-8"), os.O_TRUNC)

    def all(self) -> list[Held]:
        """Everything held, newest first."""
        held = [Held(**json.loads(path.read_text("utf-8"))) for path in self.folder.glob("*.json")]
        return sorted(held, key=lambda one: (-one.received_at, one.id))

    def keep_session(self, oracle: str, token: str) -> None:
        """Keeps the session at an oracle, in place of the one before."""
        text = json.dumps({"oracle": oracle, "token": token})
        _write(self.folder / SESSION_FILE, text.encode("utf-8"), os.O_TRUNC)

    def session(self) -> tuple[str, str]:
        """The oracle's address and the session's token. NoSession."""
        try:
            kept = json.loads((self.folder / SESSION_FILE).read_text("utf-8"))
        except FileNotFoundError:
            raise NoSession from None
        return str(kept["oracle"]), str(kept["token"])

    def find(self, name: str) -> Held:
        """The newest credential of a configuration or type, or the one whose id begins so. CredentialUnknown."""
        held = self.all()
        named = [
            one for one in held if name in (one.configuration, one.configuration.removesuffix("_sd_jwt"), one.type)
        ]
        if named:
            return named[0]
        begun = [one for one in held if name and one.id.startswith(name)]
        if len(begun) != 1:
            raise CredentialUnknown(name, len(begun))
        return begun[0]


def _write(path: Path, data: bytes, flag: int) -> None:
    descriptor = os.open(path, os.O_CREAT | flag | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
