"""Verifying the audit chains of issuer and oracle: a reader of their databases, never a writer, and no running service."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table
from sqlalchemy.engine import make_url

from bridge.errors import LockstepError
from identity.issuer.settings import IssuerSettings
from identity.issuer.tables import AUDIT as ISSUER_AUDIT
from identity.keystore.file import FileKeyStore
from identity.oracle.settings import OracleSettings
from identity.oracle.tables import AUDIT as ORACLE_AUDIT
from identity.settings import load, read_secret
from identity.storage.audit import AuditBroken, AuditChain, AuditHead
from identity.storage.database import Database, StorageFailed
from lockstep_cli.errors import UserError
from lockstep_cli.local.state import NoLocalSystem

ISSUER, ORACLE = "issuer", "oracle"
_SERVICES: Final[Mapping[str, tuple[type[IssuerSettings] | type[OracleSettings], Table]]] = {
    ISSUER: (IssuerSettings, ISSUER_AUDIT),
    ORACLE: (OracleSettings, ORACLE_AUDIT),
}


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found of one service's chain: its head, or where and why it breaks."""

    service: str
    head: AuditHead | None
    broken: AuditBroken | None = None

    @property
    def holds(self) -> bool:
        """Whether every entry follows from the one before."""
        return self.broken is None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        told: dict[str, Any] = {"service": self.service, "holds": self.holds}
        if self.head is not None:
            told |= {"entries": self.head.number, "head": written(self.head)}
        if self.broken is not None:
            told |= {"entry": self.broken.number, "why": self.broken.why}
        return told


class ChainUnreadable(LockstepError):
    """A chain can't be looked at: a database that vanished must not pass for an empty chain that holds."""

    def __init__(self, service: str, why: str) -> None:
        self.service, self.why = service, why
        super().__init__(f"the audit chain of the {service} can't be read: {why}")


def settings_of_system(folder: Path) -> dict[str, Path]:
    """The settings files of the services of a local system, by service. NoLocalSystem when it keeps no credentials."""
    found = {name: folder / name / f"{name}.toml" for name in _SERVICES}
    here = {name: path for name, path in found.items() if path.is_file()}
    if not here:
        raise NoLocalSystem(folder, "no issuer and no oracle was started here; name their settings files")
    return here


def verify_chain(service: str, settings: Path, noted: AuditHead | None = None) -> Verified:
    """Walks one chain. A chain that doesn't hold is an answer; a database or key store that can't be opened is an error.

    Raises:
        LockstepError: settings or key store don't open.
        ChainUnreadable: the database doesn't, or is none of this service.
    """
    kind, table = _SERVICES[service]
    loaded = load(kind, settings)
    keys = FileKeyStore.open(loaded.keystore, read_secret(loaded.passphrase_file))
    file = make_url(loaded.database)
    if file.get_backend_name() == "sqlite" and not Path(file.database or "").is_file():
        raise ChainUnreadable(service, "there is no database")
    # Not the service's own way to open it: that would bring the database to a newer shape.
    with closing(Database(loaded.database)) as database:
        try:
            with database.read() as connection:
                return Verified(service, AuditChain(table, keys.mac).verify(connection, noted))
        except AuditBroken as broken:
            return Verified(service, None, broken)
        except StorageFailed as error:
            raise ChainUnreadable(service, str(error)) from None


def written(head: AuditHead) -> str:
    """A head as it is noted: NUMBER:HEX."""
    return f"{head.number}:{head.link.hex()}"


def read_head(text: str) -> AuditHead:
    """A noted head. UserError."""
    number, _, link = text.partition(":")
    try:
        return AuditHead(int(number), bytes.fromhex(link))
    except ValueError:
        raise UserError("A head is written NUMBER:HEX.", "Take it from what this command printed earlier.") from None
