"""Presents credentials by OpenID4VP 1.0: what a wallet does with a request, step by step.

A request counts only when it is signed by a key of the verifier it names (did:web), is fresh, and - asked for by POST -
repeats this wallet's own nonce. What is shown is bound to the verifier's name and nonce, and encrypted to the key in the
signed request, so nobody between sees it.

A request may carry transaction data: something that its holder agrees to by presenting. This wallet knows one kind, the
link of an account to an investor's record, and answers nothing that carries another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from bridge.errors import InvalidInput, RecoverableError
from identity.errors import IdentityError, KeyRefused, Malformed
from identity.formats.base import CLOCK_SKEW, Challenge
from identity.formats.did import did_web_address, key_in_document
from identity.formats.jwe import CONTENT_BITS, encrypt
from identity.formats.jws import SigningKey, parse_jws, require_text, require_time
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.strict import encode_base64url, encode_json, parse_object
from identity.oracle.people.proofs import AccountControl, ConsentMalformed, read_transaction_data
from identity.ports import Clock, Randomness
from identity.tls.policy import require_public_url
from identity.wallet.dcql import Choice, choose
from identity.wallet.silence import why_silent
from identity.wallet.store import Held

SCHEME = "openid4vp"
REQUEST_TYP = "oauth-authz-req+jwt"
CLIENT_ID_PREFIX = "decentralized_identifier:"
AUDIENCE = "https://self-issued.me/v2"
PLAIN, ENCRYPTED = "direct_post", "direct_post.jwt"
MAX_REQUEST = 131_072


class RequestRefused(IdentityError, InvalidInput):
    """A request that this wallet doesn't answer, and why."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"this request is not answered: {why}")


class VerifierRefused(IdentityError, InvalidInput):
    """The verifier said no, in the protocol's words."""

    def __init__(self, error: str, description: str, reason: str) -> None:
        self.error, self.reason = error, reason
        super().__init__(f"the verifier refused: {error} ({description[:300]})")


class VerifierSilent(IdentityError, RecoverableError):
    """The verifier can't be reached, or its answer is no answer."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"the verifier did not answer: {why}")


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the holder agrees to by showing the credential that answers `query`: the text that is hashed, and what it says."""

    text: str
    query: str
    control: AccountControl


@dataclass(frozen=True, slots=True)
class Asking:
    """A request whose signature holds: who asks, and for what."""

    client_id: str
    nonce: str
    state: str | None
    response_mode: str
    response_uri: str
    query: Mapping[str, Any]
    encryption: Mapping[str, Any] | None
    content: str
    agreements: tuple[Agreement, ...] = ()

    @property
    def verifier(self) -> str:
        """The verifier's DID."""
        return self.client_id.removeprefix(CLIENT_ID_PREFIX)


class Presenter:
    """One wallet's way of presenting: an HTTP client (which trusts what it trusts), the holder's key, a clock."""

    def __init__(self, http: httpx.Client, key: SigningKey, clock: Clock, randomness: Randomness) -> None:
        self._http, self._key, self._clock, self._randomness = http, key, clock, randomness

    @property
    def holder(self) -> str:
        """The thumbprint of the holder's key (RFC 7638)."""
        return self._key.public.thumbprint

    def read(self, text: str) -> Asking:
        """The request behind an `openid4vp://` link, by value or by reference, its signature checked.

        Raises:
            RequestRefused: it is not signed by who it names, is over, or asks in a way this wallet doesn't know.
            VerifierSilent: it can't be fetched.
        """
        parts = urlsplit(text.strip())
        query = parse_qs(parts.query, keep_blank_values=True)
        if parts.scheme != SCHEME or any(len(values) != 1 for values in query.values()):
            raise RequestRefused("it is no openid4vp link")
        params = {name: values[0] for name, values in query.items()}
        client_id = params.get("client_id", "")
        if not client_id.startswith(CLIENT_ID_PREFIX):
            raise RequestRefused("the verifier is named in a way that this wallet doesn't know")
        if ("request" in params) == ("request_uri" in params):
            raise RequestRefused("it must hold exactly one of request and request_uri")
        wallet_nonce = None
        if "request" in params:
            token = params["request"]
        elif params.get("request_uri_method", "get") == "post":
            wallet_nonce = encode_base64url(self._randomness(16))
            token = self._fetch("POST", params["request_uri"], data={"wallet_nonce": wallet_nonce})
        else:
            token = self._fetch("GET", params["request_uri"])
        return self._verify(token, client_id, wallet_nonce)

    def choose(self, asking: Asking, held: Sequence[Held]) -> list[Choice]:
        """What would be shown: for the holder to agree to. QueryRefused, NothingFits."""
        return choose(asking.query, held)

    def answer(self, asking: Asking, choices: Sequence[Choice]) -> str | None:
        """Shows what was chosen; the address where the holder goes on, with the response code.

        Raises:
            VerifierRefused, VerifierSilent: as they say.
        """
        shown = {choice.query: [self._show(asking, choice)] for choice in choices}
        answer: dict[str, Any] = {"vp_token": shown}
        if asking.state is not None:
            answer["state"] = asking.state
        return self.send(asking, self.form(asking, answer))

    def _show(self, asking: Asking, choice: Choice) -> str:
        agreed = tuple(one.text for one in asking.agreements if one.query == choice.query)
        challenge = Challenge(asking.client_id, asking.nonce, transaction_data=agreed)
        return SdJwtVc().present(choice.held.credential, choice.claims, challenge, self._key, self._clock())

    def form(self, asking: Asking, answer: Mapping[str, Any]) -> dict[str, str]:
        """The form fields of an answer in the mode that was asked for."""
        if asking.encryption is None:
            plain = {name: value for name, value in answer.items() if name != "vp_token"}
            return {**plain, "vp_token": encode_json(answer["vp_token"]).decode("utf-8")}
        apv = asking.nonce.encode("utf-8")
        return {"response": encrypt(encode_json(answer), asking.encryption, asking.content, self._randomness, apv=apv)}

    def send(self, asking: Asking, form: Mapping[str, str]) -> str | None:
        """Posts an answer; the address where the holder goes on. VerifierRefused, VerifierSilent."""
        try:
            answer = self._http.post(asking.response_uri, data=dict(form))
            body = parse_object(answer.content)
        except httpx.HTTPError as error:
            raise VerifierSilent(why_silent(error)) from None
        except Malformed:
            raise VerifierSilent("its answer is no JSON object") from None
        if not answer.is_success:
            told = (str(body.get(name, "")) for name in ("error", "error_description", "reason"))
            raise VerifierRefused(*told)
        target = body.get("redirect_uri")
        return target if isinstance(target, str) else None

    def _verify(self, token: str, client_id: str, wallet_nonce: str | None) -> Asking:
        did = client_id.removeprefix(CLIENT_ID_PREFIX)
        try:
            jws = parse_jws(token, types=(REQUEST_TYP,))
            key_id = require_text(jws.header, "kid")
            document = self._document(did)
            jws.verify(key_in_document(document, did, key_id), "request")
            nonce = require_text(jws.payload, "nonce")
            ends = require_time(jws.payload, "exp")
            issued = require_time(jws.payload, "iat", optional=True)
        except (Malformed, KeyRefused) as error:
            raise RequestRefused(error.why) from None
        payload, now = jws.payload, self._clock()
        if payload.get("client_id") != client_id:
            raise RequestRefused("it is signed in the name of another verifier")
        if payload.get("aud") != AUDIENCE:
            raise RequestRefused("it is meant for another wallet")
        if wallet_nonce is not None and payload.get("wallet_nonce") != wallet_nonce:
            raise RequestRefused("it was not made for this wallet's question")
        if ends is None or now >= ends or (issued is not None and issued > now + CLOCK_SKEW):
            raise RequestRefused("its time is over, or has not come")
        if payload.get("response_type") != "vp_token" or not isinstance(payload.get("dcql_query"), dict):
            raise RequestRefused("it asks for something else than a presentation by DCQL")
        return self._asking(client_id, nonce, payload)

    def _asking(self, client_id: str, nonce: str, payload: Mapping[str, Any]) -> Asking:
        mode, target, state = payload.get("response_mode"), payload.get("response_uri"), payload.get("state")
        if mode not in (PLAIN, ENCRYPTED) or not isinstance(target, str):
            raise RequestRefused("it wants the answer in a way that this wallet doesn't know")
        require_https(target)
        if state is not None and not isinstance(state, str):
            raise RequestRefused("its state is no text")
        metadata = payload.get("client_metadata")
        key, content = _encryption(metadata if isinstance(metadata, dict) else {}) if mode == ENCRYPTED else (None, "")
        agreements = _agreements(payload, client_id.removeprefix(CLIENT_ID_PREFIX))
        return Asking(client_id, nonce, state, mode, target, payload["dcql_query"], key, content, agreements)

    def _document(self, did: str) -> Mapping[str, Any]:
        return parse_object(self._fetch("GET", did_web_address(did)))

    def _fetch(self, method: str, url: str, **content: Any) -> str:
        require_https(url)
        try:
            answer = self._http.request(method, url, **content)
        except httpx.HTTPError as error:
            raise VerifierSilent(why_silent(error)) from None
        if not answer.is_success or len(answer.content) > MAX_REQUEST:
            raise VerifierSilent(f"status {answer.status_code}, {len(answer.content)} bytes")
        return answer.text


def _agreements(payload: Mapping[str, Any], verifier: str) -> tuple[Agreement, ...]:
    """Transaction data that this wallet understands whole, about the verifier itself; else the request is not answered."""
    if "transaction_data" not in payload:
        return ()
    texts, queries = payload["transaction_data"], payload["dcql_query"].get("credentials")
    if not isinstance(texts, list) or len(texts) != 1 or not isinstance(texts[0], str):
        raise RequestRefused("its transaction data is no list of one text")
    try:
        control, query = read_transaction_data(texts[0])
    except ConsentMalformed as error:
        raise RequestRefused(f"its transaction data: {error.why}") from None
    if control.oracle != verifier:
        raise RequestRefused("its transaction data speaks of another verifier")
    known = [one.get("id") for one in queries if isinstance(one, dict)] if isinstance(queries, list) else []
    if known != [query]:
        raise RequestRefused("its transaction data must be agreed to by the one credential that is asked for")
    return (Agreement(texts[0], query, control),)


def require_https(url: str) -> None:
    """RequestRefused for any other address."""
    try:
        require_public_url(url, development=False)
    except IdentityError:
        raise RequestRefused("an address that is not https") from None


def _encryption(metadata: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    jwks = metadata.get("jwks")
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    usable = [
        key
        for key in (keys if isinstance(keys, list) else [])
        if isinstance(key, dict) and key.get("alg") == "ECDH-ES" and key.get("use", "enc") == "enc"
    ]
    offered = metadata.get("encrypted_response_enc_values_supported", ["A128GCM"])
    content = [name for name in offered if name in CONTENT_BITS] if isinstance(offered, list) else []
    if not usable or not content:
        raise RequestRefused("it wants an encrypted answer and gives no key for it")
    # The longer key when there is a choice.
    return usable[0], max(content, key=lambda name: CONTENT_BITS[name])
