"""Issuers' keys for checking what wallets show: did:web documents kept in memory, certificates under trusted roots.

Documents are fetched outside of requests' transactions, through the one fetcher. For a did:web issuer only its document
counts: a key taken out of it stops counting once the document is fetched again, whatever certificate it still has.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from cryptography import x509

from bridge.errors import LockstepError, RecoverableError
from identity.errors import IdentityError, IssuerUnknown, KeyRefused
from identity.fetch.fetcher import Fetch
from identity.formats.base import IssuerKey
from identity.formats.did import did_web_address, key_in_document
from identity.formats.issuer_keys import CertificateKeys
from identity.formats.strict import parse_object
from identity.ports import Clock

MEDIA_TYPES = "application/did+json, application/json, application/did+ld+json"
FRESH = 300
"""Seconds after which a document is fetched again before it is used."""
LAST = 3_600
"""Seconds after which a document that could not be fetched again counts no more."""
DID_WEB = "did:web:"


class IssuerSilent(IdentityError, RecoverableError):
    """An issuer's document can't be had now. The same may succeed later."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        super().__init__(f"the keys of {issuer[:200]!r} can't be had now")


@dataclass(frozen=True, slots=True)
class _Held:
    document: Mapping[str, Any]
    fetched_at: int


class IssuerDocuments:
    """The did:web documents of trusted issuers. All methods may be called from any thread."""

    def __init__(self, fetch: Fetch, clock: Clock, *, fresh: int = FRESH, last: int = LAST) -> None:
        self._fetch, self._clock, self._fresh, self._last = fetch, clock, fresh, last
        self._held: dict[str, _Held] = {}
        self._turn = threading.Lock()

    def document(self, did: str) -> Mapping[str, Any]:
        """The document as it was last fetched; nothing is fetched here.

        Raises:
            IssuerSilent: it was never fetched, or too long ago.
        """
        held = self._held.get(did)
        # One of a time to come: our clock was put back, and nobody can tell how old it is.
        if held is None or not 0 <= self._clock() - held.fetched_at <= self._last:
            raise IssuerSilent(did)
        return held.document

    def ensure(self, dids: Collection[str]) -> None:
        """Fetches those that are missing or no longer fresh. Blocks: call it from a thread, before a transaction.

        A document that can't be fetched again counts on for an hour; one that was never had is told by its use.
        """
        for did in sorted(set(dids)):
            held = self._held.get(did)
            if did.startswith(DID_WEB) and (held is None or not 0 <= self._clock() - held.fetched_at < self._fresh):
                self._bring(did)

    def drop(self, did: str) -> None:
        """Forgets a document (a key of it is compromised): it must be fetched again before it counts."""
        with self._turn:
            self._held.pop(did, None)

    def refresh(self) -> None:
        """Fetches again what is no longer fresh, of everybody who was ever asked for. Blocks; for a job beside requests."""
        self.ensure(list(self._held))

    def _bring(self, did: str) -> None:
        try:
            document = parse_object(self._fetch.get(did_web_address(did), MEDIA_TYPES).body)
        except LockstepError as error:
            structlog.get_logger("oracle").warning(
                "an issuer's document is not to be had", action="issuer.silent", issuer=did, kind=type(error).__name__
            )
            return
        with self._turn:
            self._held[did] = _Held(document, self._clock())


class KnownKeys:
    """Keys of the issuers whose documents are at hand, and of those whom a trusted root certifies.

    Whether an issuer's word counts for anything is decided by each policy; here only whose key it is.
    """

    def __init__(self, documents: IssuerDocuments, roots: Sequence[x509.Certificate], clock: Clock) -> None:
        self._documents = documents
        self._by_certificate = CertificateKeys(roots, None, clock)

    def find(self, issuer: str | None, header: Mapping[str, Any]) -> IssuerKey:
        """The key of a protected header.

        Raises:
            IssuerUnknown: no way leads to such a key of this issuer.
            IssuerSilent: the issuer's document can't be had now.
        """
        if issuer is not None and issuer.startswith(DID_WEB):
            name = header.get("kid")
            if not isinstance(name, str):
                raise IssuerUnknown(issuer, "no key is named")
            try:
                return IssuerKey(issuer, key_in_document(self._documents.document(issuer), issuer, name))
            except KeyRefused as error:
                raise IssuerUnknown(issuer, error.why) from None
        found = self._by_certificate.find(issuer, header)
        if found.issuer.startswith(DID_WEB):
            raise IssuerUnknown(found.issuer, "a did:web speaks by its document, not by a certificate")
        return found
