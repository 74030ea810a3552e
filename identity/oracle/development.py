"""A whole oracle for one developer's machine: key store, certificate, staff, settings, in one folder. Its signers apart."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from identity.errors import DevelopmentOnly
from identity.formats.did import did_web
from identity.formats.strict import encode_base64url
from identity.keystore.file import FileKeyStore
from identity.oracle.database import open_database
from identity.oracle.deciding.roles import Role
from identity.oracle.deciding.tables import STAFF as EMPLOYED
from identity.oracle.settings import OracleSettings
from identity.oracle.tables import AUDIT
from identity.ports import is_development, system_randomness, utc
from identity.settings import load, read_secret
from identity.storage.audit import AuditChain
from identity.storage.staff import StaffList
from identity.storage.writer import Transaction, Writer
from identity.tls.development import DevelopmentAuthority

STAFF: Mapping[str, tuple[Role, ...]] = {
    "pia-policy": (Role.POLICY,),
    "paul-policy": (Role.POLICY,),
    "olga-officer": (Role.OFFICER,),
    "otto-officer": (Role.OFFICER,),
    "carl-compliance": (Role.COMPLIANCE,),
    "petra-privacy": (Role.PRIVACY,),
}


@dataclass(frozen=True, slots=True)
class DevelopmentOracle:
    """What was made: the settings file to start with, the address, everybody's staff token by name."""

    settings: Path
    public_url: str
    did: str
    tokens: Mapping[str, str]


def make_development_oracle(
    folder: Path,
    port: int,
    authority: DevelopmentAuthority,
    *,
    issuers: Sequence[str],
    chains: Sequence[Mapping[str, Any]],
    signers: Sequence[str],
    keys: Mapping[str, Path],
    attestors: int,
    **further: str | int,
) -> DevelopmentOracle:
    """Makes an oracle in an empty folder, to be served over https at `port` of localhost. DevelopmentOnly elsewhere.

    Args:
        issuers: hosts (`localhost:port`) of the issuers whose keys and lists may be fetched.
        chains: as the settings file describes them.
        signers: addresses of the signers.
        keys: by chain name, the file with the key that submits batches.
        attestors: how many may ask for decisions, as `attestor-1` and so on.
        further: settings beyond these, as the settings file names them.
    """
    if not is_development():
        raise DevelopmentOnly("a ready-made oracle")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    public_url = f"https://localhost:{port}"
    passphrase_file = folder / "passphrase"
    _write(passphrase_file, encode_base64url(system_randomness(24)))
    store = FileKeyStore.create(folder / "keys.json", passphrase_file.read_text("ascii"), utc, system_randomness)
    public = store.active().public.key
    if isinstance(public, ec.EllipticCurvePublicKey):
        store.certify(authority.certify_signer(public, did_web(public_url)), system_randomness)
    files = authority.serve_localhost("oracle")
    values: dict[str, object] = {
        "public_url": public_url,
        "database": f"sqlite:///{folder / 'oracle.sqlite'}",
        "keystore": str(folder / "keys.json"),
        "passphrase_file": str(passphrase_file),
        "port": port,
        "certificate": str(files.certificate),
        "certificate_key": str(files.key),
        "roots": str(files.root),
        "trusted_signers": str(files.root),
        "fetch_hosts": list(issuers),
        "signers": list(signers),
        "substrate_key_file": str(keys["substrate"]),
        "evm_key_file": str(keys["evm"]),
        "chains": list(chains),
        **further,
    }
    settings_file = folder / "oracle.toml"
    _write(settings_file, "".join(f"{name} = {_toml(value)}\n" for name, value in values.items()))
    return DevelopmentOracle(
        settings_file, public_url, did_web(public_url), _hire(load(OracleSettings, settings_file), attestors)
    )


def _hire(settings: OracleSettings, attestors: int) -> dict[str, str]:
    staff = {**STAFF, **{f"attestor-{number}": (Role.ATTESTOR,) for number in range(1, attestors + 1)}}
    with ExitStack() as stack:
        database = open_database(settings.database)
        stack.callback(database.close)
        keys = FileKeyStore.open(settings.keystore, read_secret(settings.passphrase_file))
        writer = Writer(database, AuditChain(AUDIT, keys.mac), utc)
        stack.callback(writer.close)
        employed = StaffList[Role](EMPLOYED, keys, system_randomness)

        def hire(tx: Transaction) -> dict[str, str]:
            return {name: employed.add(tx, "development", name, roles) for name, roles in staff.items()}

        return writer.run_blocking(hire)


def _toml(value: object) -> str:
    """A value in TOML: as in JSON, but for tables."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)} = {_toml(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(inner) for inner in value) + "]"
    return json.dumps(value)


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
