"""A whole issuer for one developer's machine: key store, certificate, staff, settings, in one folder."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from identity.errors import DevelopmentOnly
from identity.formats.did import did_web
from identity.formats.strict import encode_base64url
from identity.issuer.process import open_issuer
from identity.issuer.settings import IssuerSettings
from identity.issuer.staff import Role
from identity.keystore.file import FileKeyStore
from identity.ports import is_development, system_randomness, utc
from identity.settings import load
from identity.tls.development import DevelopmentAuthority

STAFF = {
    "mara-maker": (Role.MAKER,),
    "chen-checker": (Role.CHECKER,),
    "ola-officer": (Role.OFFICER,),
    "petra-privacy": (Role.PRIVACY,),
}


@dataclass(frozen=True, slots=True)
class DevelopmentIssuer:
    """What was made: the settings file to start with, the address, the root to trust, everybody's staff token."""

    settings: Path
    public_url: str
    root: Path | None
    tokens: dict[Role, str]


def make_development_issuer(
    folder: Path,
    port: int,
    authority: DevelopmentAuthority | None,
    *,
    subscribers: tuple[str, ...] = (),
    database: str | None = None,
    certified: bool = True,
    **further: str | int,
) -> DevelopmentIssuer:
    """Makes an issuer in an empty folder, to be served at `port` of localhost. DevelopmentOnly elsewhere.

    Args:
        authority: certifies https and the signing key; None serves plain http (for measuring only).
        certified: whether credentials carry the certificate of their key.
        further: settings beyond these, as the settings file names them.
    """
    if not is_development():
        raise DevelopmentOnly("a ready-made issuer")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    scheme = "http" if authority is None else "https"
    public_url = f"{scheme}://localhost:{port}"
    passphrase_file = folder / "passphrase"
    _write(passphrase_file, encode_base64url(system_randomness(24)))
    keys = FileKeyStore.create(folder / "keys.json", passphrase_file.read_text("ascii"), utc, system_randomness)
    values: dict[str, object] = {
        "public_url": public_url,
        "database": database or f"sqlite:///{folder / 'issuer.sqlite'}",
        "keystore": str(folder / "keys.json"),
        "passphrase_file": str(passphrase_file),
        "port": port,
        "subscribers": list(subscribers),
        **further,
    }
    root = None
    if authority is not None:
        files = authority.serve_localhost("issuer")
        root = files.root
        values |= {"certificate": str(files.certificate), "certificate_key": str(files.key), "roots": str(root)}
        public = keys.active().public.key
        if certified and isinstance(public, ec.EllipticCurvePublicKey):
            keys.certify(authority.certify_signer(public, did_web(public_url)), system_randomness)
    settings_file = folder / "issuer.toml"
    # A JSON value of text, number, list or table of them is a TOML value too, when tables are kept out.
    _write(settings_file, "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    return DevelopmentIssuer(settings_file, public_url, root, _hire(settings_file))


def _hire(settings_file: Path) -> dict[Role, str]:
    with ExitStack() as stack:
        issuer = open_issuer(load(IssuerSettings, settings_file), stack)
        return {
            roles[0]: issuer.writer.run_blocking(
                lambda tx, name=name, roles=roles: issuer.staff.add(tx, "development", name, roles)  # type: ignore[misc]
            )
            for name, roles in STAFF.items()
        }


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
