"""The keys of issuers, fetched from their did:web documents by the signer itself and kept for some minutes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from identity.errors import IssuerUnknown
from identity.fetch.fetcher import Fetch
from identity.formats.base import IssuerKey, IssuerKeys
from identity.formats.did import did_web_address
from identity.formats.issuer_keys import DidWebKeys
from identity.formats.strict import parse_object
from identity.oracle.policy.document import Policy

KEPT_SECONDS = 300
ACCEPT = "application/did+json, application/did+ld+json, application/json"


class DidDocuments:
    """Documents of issuers, at most some minutes old; safe to use from several threads."""

    def __init__(self, fetch: Fetch, clock: Callable[[], int]) -> None:
        self._fetch, self._clock = fetch, clock
        self._turn = threading.Lock()
        self._known: dict[str, tuple[int, Mapping[str, Any]]] = {}

    def document(self, did: str, *, fresh: bool = False) -> Mapping[str, Any]:
        """The document. FetchRefused, FetchFailed, Malformed."""
        with self._turn:
            known = self._known.get(did)
            if known is not None and not fresh and self._clock() < known[0] + KEPT_SECONDS:
                return known[1]
            document = parse_object(self._fetch.get(did_web_address(did), ACCEPT).body)
            self._known[did] = (self._clock(), document)
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
