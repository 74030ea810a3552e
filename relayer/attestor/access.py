"""How an attestor reaches its oracle: settings, and the way to the oracle's keys."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, field_validator

from chains.accounts import read_secret_file
from chains.settings import is_development
from chains.witness import Witness
from identity.errors import FetchFailed, IssuerUnknown
from identity.fetch.addresses import FetchPolicy
from identity.fetch.fetcher import Fetch, Fetcher
from identity.formats.base import IssuerKey, IssuerKeys
from identity.formats.did import did_web_address
from identity.formats.issuer_keys import DidWebKeys, PinnedKeys
from identity.formats.jwk import parse_public_jwk
from identity.formats.strict import parse_object
from relayer.attestor.oracle import Memory, NamedPolicies, OracleDecisions, OverHttps, nobody

ASK_SECONDS = 5.0
KEPT_SECONDS = 300
"""How long the oracle's document is used; one that doesn't know a key is fetched anew."""
ASK_AGAIN_SECONDS = 5
DOCUMENTS = "application/did+json, application/json, application/did+ld+json"


class OracleAccess(BaseModel):
    """The oracle that an attestor asks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https://", description="The oracle's address.")
    did: str = Field(description="Its name: whose decisions count.")
    token_file: Path = Field(description="File with the token that lets this attestor in, readable by its owner only.")
    keys: dict[str, dict[str, Any]] | None = Field(
        None,
        description="Its keys as JWK, by the `kid` of its decisions; without them its did:web document is fetched.",
    )
    roots: Path | None = Field(None, description="Further certificate authorities (PEM).")

    @field_validator("did")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if not value.startswith("did:"):
            raise ValueError("a name begins with did:")
        return value


def open_oracle(
    access: OracleAccess | None,
    chains: Mapping[bytes, Witness],
    memory: Memory,
    clock: Callable[[], int],
    stack: ExitStack,
) -> OracleDecisions:
    """Decisions by this oracle; its connections are closed with the stack. KeyFileRefused, KeyRefused, Malformed.

    Without an oracle the chains decide alone on assets that never had a policy, and all others' orders wait.
    """
    policies = NamedPolicies(chains, memory)
    if access is None:
        return OracleDecisions(ask=nobody, keys=PinnedKeys({}), did="", policies=policies, clock=clock)
    context = ssl.create_default_context()
    if access.roots is not None:
        context.load_verify_locations(access.roots)
    client = stack.enter_context(
        httpx.Client(verify=context, timeout=ASK_SECONDS, follow_redirects=False, trust_env=False)
    )
    return OracleDecisions(
        ask=OverHttps(client, access.url, read_secret_file(access.token_file)),
        keys=_keys(access, clock),
        did=access.did,
        policies=policies,
        clock=clock,
    )


def _keys(access: OracleAccess, clock: Callable[[], int]) -> IssuerKeys:
    if access.keys is not None:
        return PinnedKeys({access.did: {name: parse_public_jwk(jwk) for name, jwk in access.keys.items()}})
    address = did_web_address(access.did)
    policy = FetchPolicy(frozenset({urlsplit(address).netloc}), private_networks=is_development())
    return FetchedKeys(access.did, Fetcher(policy, roots=access.roots), clock)


class FetchedKeys:
    """The keys in the oracle's did:web document, which is fetched when it is old or doesn't know a key.

    Safe to use from several threads. After a fetch in vain, or one that brought no such key, the document is left alone for
    some seconds: an oracle that is away must not make every order wait for it twice.
    """

    def __init__(self, did: str, fetch: Fetch, clock: Callable[[], int]) -> None:
        self._did, self._fetch, self._clock = did, fetch, clock
        self._turn = threading.Lock()
        self._known: tuple[int, Mapping[str, Any]] | None = None
        self._asked_at: int | None = None

    def find(self, issuer: str | None, header: Mapping[str, Any]) -> IssuerKey:
        """See `IssuerKeys`. FetchRefused, FetchFailed when the document can't be had."""
        with self._turn:
            now, known = self._clock(), self._known
            is_kept = known is not None and known[0] <= now < known[0] + KEPT_SECONDS
            if known is not None and is_kept:
                try:
                    return self._in(known[1], issuer, header)
                except IssuerUnknown:
                    pass  # the oracle may have rotated its key since
            if self._asked_at is not None and self._asked_at <= now < self._asked_at + ASK_AGAIN_SECONDS:
                raise FetchFailed(self._did, "its document was asked for just now")
            self._asked_at = now
            document = parse_object(self._fetch.get(did_web_address(self._did), DOCUMENTS).body)
            self._known = now, document
            return self._in(document, issuer, header)

    def _in(self, document: Mapping[str, Any], issuer: str | None, header: Mapping[str, Any]) -> IssuerKey:
        return DidWebKeys([self._did], lambda _did: document).find(issuer, header)
