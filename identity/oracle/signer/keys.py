"""The keys of issuers, fetched from their did:web documents by the signer itself and kept for some minutes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from identity.errors import FetchFailed, IdentityError, IssuerUnknown
from identity.fetch.fetcher import Fetch
from identity.formats.base import IssuerKey, IssuerKeys
from identity.formats.did import did_web_address
from identity.formats.issuer_keys import DidWebKeys
from identity.formats.strict import parse_object
from identity.oracle.policy.document import Policy

KEPT_SECONDS = 300
ASK_AGAIN_SECONDS = 5
ACCEPT = "application/did+json, application/did+ld+json, application/json"


@dataclass(slots=True)
class _Place:
    """What is known of one issuer's document; times in UTC seconds."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    known: tuple[int, Mapping[str, Any]] | None = None
    failed_at: int | None = None


class DidDocuments:
    """Documents of issuers, at most some minutes old; safe to use from several threads.

    Each issuer has a turn of its own, and one that could not be asked is left alone for some seconds: a slow or dead one
    must not take the time of all the others' holders.
    """

    def __init__(self, fetch: Fetch, clock: Callable[[], int]) -> None:
        self._fetch, self._clock = fetch, clock
        self._turn = threading.Lock()
        self._places: dict[str, _Place] = {}

    def document(self, did: str, *, fresh: bool = False) -> Mapping[str, Any]:
        """The document; `fresh`: of some seconds ago at most. FetchRefused, FetchFailed, Malformed."""
        with self._turn:
            place = self._places.setdefault(did, _Place())
        with place.turn:
            now, known = self._clock(), place.known
            if known is not None and known[0] <= now < known[0] + (ASK_AGAIN_SECONDS if fresh else KEPT_SECONDS):
                return known[1]
            if place.failed_at is not None and place.failed_at <= now < place.failed_at + ASK_AGAIN_SECONDS:
                raise FetchFailed(did, "it could not be asked just now")
            try:
                document = parse_object(self._fetch.get(did_web_address(did), ACCEPT).body)
            except IdentityError:
                place.failed_at = now
                raise
            place.known = now, document
            return document

    def keys_for(self, policy: Policy) -> IssuerKeys:
        """The keys of the issuers that a policy trusts."""
        return _Keys(self, tuple({did: None for dids in policy.trust.values() for did in dids}))


class _Keys:
    """Looks once more when a key is unknown: an issuer may have rotated since."""

    def __init__(self, documents: DidDocuments, trusted: tuple[str, ...]) -> None:
        self._documents = documents
        self._known = DidWebKeys(trusted, documents.document)
        self._fresh = DidWebKeys(trusted, lambda did: documents.document(did, fresh=True))

    def find(self, issuer: str | None, header: Mapping[str, Any]) -> IssuerKey:
        """See `IssuerKeys`."""
        try:
            return self._known.find(issuer, header)
        except IssuerUnknown:
            return self._fresh.find(issuer, header)
