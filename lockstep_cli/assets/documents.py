"""An asset's documents as the chains keep them: names of 32 bytes, a place, a hash (ERC-1643)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eth_utils.crypto import keccak

from bridge.errors import InvalidInput
from identity.oracle.policy.document import parse_policy
from lockstep_cli.assets.file import AssetFile
from lockstep_cli.assets.hashing import read_document

ISIN = "ISIN"
POLICY = "policy"


class NameTooLong(InvalidInput):
    """A document's name is empty or has more than 32 bytes."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name!r} is no name of a document: it must have 1 to 32 bytes")


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as it is set."""

    name: str
    uri: str
    digest: bytes


def encode_name(name: str) -> bytes:
    """A name as 32 bytes, padded with zeros at its end. NameTooLong."""
    raw = name.encode()
    if not 0 < len(raw) <= 32:
        raise NameTooLong(name)
    return raw.ljust(32, b"\0")


def decode_name(name: bytes) -> str:
    """A name for people; bytes that are no text are shown as hex."""
    try:
        return name.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return "0x" + name.hex()


def documents_of(file: AssetFile, folder: Path) -> tuple[Entry, ...]:
    """Everything that a file asks to set, by name. The ISIN is a document too: its uri names it (RFC 3406's form, URN
    namespace `isin`), and its hash is the keccak-256 of that uri. A policy's hash is that of its canonical form, because that is
    what oracle signers and attestors compare: any other document under its name would hold every order.

    Raises:
        DocumentUnreadable: a file can't be read.
        PolicyRefused: the file that should hold the policy holds none.
    """
    found = [Entry(one.name, one.uri, one.digest(folder)) for one in file.documents]
    if file.asset.isin is not None:
        uri = f"urn:isin:{file.asset.isin}"
        found.append(Entry(ISIN, uri, keccak(text=uri)))
    if file.asset.policy is not None:
        digest = parse_policy(read_document(folder / file.asset.policy)).digest
        found.append(Entry(POLICY, f"urn:sha256:{digest.hex()}", digest))
    return tuple(sorted(found, key=lambda entry: entry.name))
