"""Receives a credential by OpenID4VCI 1.0 with a pre-authorized code: what a wallet does, step by step.

The wallet trusts nothing in an offer but the issuer's address, over https; it checks what it gets before it keeps it,
because a credential that doesn't verify now will not verify when it is needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from bridge.errors import InvalidInput, RecoverableError
from identity.errors import IdentityError, Malformed
from identity.formats.did import did_web, did_web_address
from identity.formats.issuer_keys import DidWebKeys
from identity.formats.jws import SigningKey, build_jws
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.strict import encode_base64url, encode_json, parse_object
from identity.ports import Clock, Randomness, is_development
from identity.tls.policy import require_public_url
from identity.wallet.silence import why_silent
from identity.wallet.store import Held

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
SCHEME = "openid-credential-offer"


class OfferRefused(IdentityError, InvalidInput):
    """An offer this wallet can't use, and why."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"this offer can't be used: {why}")


class IssuerRefused(IdentityError, InvalidInput):
    """The issuer said no, in the protocol's words."""

    def __init__(self, step: str, error: str, description: str) -> None:
        self.step, self.error = step, error
        super().__init__(f"the issuer refused at the {step} step: {error} ({description[:200]})")


class IssuerSilent(IdentityError, RecoverableError):
    """The issuer can't be reached, or its answer is no answer."""

    def __init__(self, step: str, why: str) -> None:
        self.step, self.why = step, why
        super().__init__(f"the issuer did not answer at the {step} step: {why}")


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer, read."""

    issuer: str
    configurations: Sequence[str]
    code: str
    needs_tx_code: bool


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the issuer's metadata sends the wallet."""

    token: str
    nonce: str
    credential: str
    formats: Mapping[str, str]


class Receiver:
    """One wallet's way of receiving: an HTTP client (which trusts what it trusts), a key, a clock."""

    def __init__(self, http: httpx.Client, key: SigningKey, clock: Clock, randomness: Randomness) -> None:
        self._http, self._key, self._clock, self._randomness = http, key, clock, randomness

    def read_offer(self, text: str) -> Offer:
        """An offer by value or by reference (section 4.1); OfferRefused for anything else."""
        parts = urlsplit(text.strip())
        query = parse_qs(parts.query, keep_blank_values=True)
        values, references = query.get("credential_offer", []), query.get("credential_offer_uri", [])
        if parts.scheme != SCHEME or len(values) + len(references) != 1:
            raise OfferRefused("it must hold exactly one credential_offer or credential_offer_uri")
        if references:
            _require_https(references[0])
            return _parse_offer(self._get("offer", references[0]))
        return _parse_offer(parse_object(values[0]))

    def receive(self, offer: Offer, ask_tx_code: Callable[[], str]) -> list[Held]:
        """All credentials of an offer, each checked. `ask_tx_code` is called when the offer needs one."""
        places = self._discover(offer)
        tx_code = ask_tx_code() if offer.needs_tx_code else None
        granted = self._redeem(offer, places, tx_code)
        token = str(granted["access_token"])
        return [
            self._fetch(offer, places, token, configuration, identifier)
            for configuration, identifier in _identifiers(granted, offer)
        ]

    def _discover(self, offer: Offer) -> _Places:
        base = urlsplit(offer.issuer)
        metadata = self._get(
            "metadata", f"{base.scheme}://{base.netloc}/.well-known/openid-credential-issuer{base.path}"
        )
        if metadata.get("credential_issuer") != offer.issuer:
            raise OfferRefused("the metadata is another issuer's")
        servers = metadata.get("authorization_servers", [offer.issuer])
        if servers != [offer.issuer]:
            raise OfferRefused("an authorization server of its own is not supported by this wallet")
        server = self._get(
            "metadata", f"{base.scheme}://{base.netloc}/.well-known/oauth-authorization-server{base.path}"
        )
        if server.get("issuer") != offer.issuer:
            raise OfferRefused("the server metadata is another issuer's")
        supported = metadata.get("credential_configurations_supported", {})
        places = _Places(
            token=str(server.get("token_endpoint")),
            nonce=str(metadata.get("nonce_endpoint")),
            credential=str(metadata.get("credential_endpoint")),
            formats={name: str(entry.get("format")) for name, entry in supported.items()},
        )
        for place in (places.token, places.nonce, places.credential):
            _require_https(place)
        return places

    def _redeem(self, offer: Offer, places: _Places, tx_code: str | None) -> Mapping[str, Any]:
        details = [{"type": "openid_credential", "credential_configuration_id": name} for name in offer.configurations]
        form = {
            "grant_type": GRANT,
            "pre-authorized_code": offer.code,
            "authorization_details": encode_json(details).decode("utf-8"),
        }
        if tx_code is not None:
            form["tx_code"] = tx_code
        return self._post("token", places.token, data=form, headers={"DPoP": self._dpop(places.token)})

    def _fetch(self, offer: Offer, places: _Places, token: str, configuration: str, identifier: str | None) -> Held:
        if places.formats.get(configuration) != SdJwtVc.name:
            raise OfferRefused("a credential format this wallet doesn't know")
        nonce = self._post("nonce", places.nonce).get("c_nonce")
        now = self._clock()
        proof = build_jws(
            {"typ": "openid4vci-proof+jwt", "jwk": dict(self._key.public.jwk)},
            {"aud": offer.issuer, "iat": now, "nonce": nonce},
            self._key,
        )
        named = (
            {"credential_identifier": identifier}
            if identifier is not None
            else {"credential_configuration_id": configuration}
        )
        answer = self._post(
            "credential",
            places.credential,
            json={**named, "proofs": {"jwt": [proof]}},
            headers={"Authorization": f"DPoP {token}", "DPoP": self._dpop(places.credential, token)},
        )
        issued = answer.get("credentials")
        if not isinstance(issued, list) or len(issued) != 1 or not isinstance(issued[0], dict):
            raise IssuerSilent("credential", "no credential in the answer")
        return self._keep(offer, configuration, issued[0].get("credential"), now)

    def _keep(self, offer: Offer, configuration: str, credential: Any, now: int) -> Held:
        """Checks a credential as a verifier would, and that it is bound to this wallet's key."""
        issuer = did_web(offer.issuer)
        keys = DidWebKeys([issuer], lambda did: self._get("issuer's keys", did_web_address(did)))
        verified = SdJwtVc().verify(credential, keys, now)
        if verified.holder is None or verified.holder.jwk != self._key.public.jwk:
            raise IssuerSilent("credential", "the credential is bound to another key")
        return Held(
            id=verified.digest.hex()[:16],
            configuration=configuration,
            issuer=verified.issuer,
            type=verified.type,
            credential=str(credential),
            received_at=now,
            valid_until=verified.valid_until,
        )

    def _dpop(self, url: str, token: str | None = None) -> str:
        payload: dict[str, Any] = {
            "htm": "POST",
            "htu": url,
            "iat": self._clock(),
            "jti": encode_base64url(self._randomness(16)),
        }
        if token is not None:
            payload["ath"] = encode_base64url(hashlib.sha256(token.encode("ascii")).digest())
        return build_jws({"typ": "dpop+jwt", "jwk": dict(self._key.public.jwk)}, payload, self._key)

    def _get(self, step: str, url: str) -> dict[str, Any]:
        return self._ask(step, "GET", url, headers={"Accept": "application/json"})

    def _post(self, step: str, url: str, **content: Any) -> dict[str, Any]:
        return self._ask(step, "POST", url, **content)

    def _ask(self, step: str, method: str, url: str, **content: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, url, **content)
            body = parse_object(answer.content)
        except httpx.HTTPError as error:
            raise IssuerSilent(step, why_silent(error)) from None
        except Malformed:
            raise IssuerSilent(step, "its answer is no JSON object") from None
        if not answer.is_success:
            raise IssuerRefused(step, str(body.get("error")), str(body.get("error_description", "")))
        return body


def _parse_offer(document: Mapping[str, Any]) -> Offer:
    """Members nobody defined are ignored (section 4.1.1)."""
    issuer, names = document.get("credential_issuer"), document.get("credential_configuration_ids")
    grants = document.get("grants")
    grant = grants.get(GRANT) if isinstance(grants, dict) else None
    if (
        not isinstance(issuer, str)
        or not isinstance(names, list)
        or not names
        or len(set(map(str, names))) != len(names)
    ):
        raise OfferRefused("it names no issuer, or no credentials")
    if not isinstance(grant, dict) or not isinstance(grant.get("pre-authorized_code"), str):
        raise OfferRefused("it has no pre-authorized code")
    _require_https(issuer)
    return Offer(issuer, [str(name) for name in names], grant["pre-authorized_code"], "tx_code" in grant)


def _identifiers(granted: Mapping[str, Any], offer: Offer) -> list[tuple[str, str | None]]:
    """What to ask for: by identifier when the issuer returned some, by configuration otherwise (section 8.2)."""
    details = granted.get("authorization_details")
    if not isinstance(details, list):
        return [(name, None) for name in offer.configurations]
    return [
        (str(entry["credential_configuration_id"]), str(identifier))
        for entry in details
        for identifier in entry["credential_identifiers"]
    ]


def _require_https(url: str) -> None:
    try:
        require_public_url(url, development=False)
    except IdentityError:
        if not (is_development() and url.startswith("http://localhost:")):
            raise OfferRefused("an address that is not https") from None
