"""OpenID4VCI 1.0 for wallets: token, nonce, credential. Answers and errors are the specification's own JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from bridge.errors import LockstepError
from identity.errors import Malformed
from identity.formats.strict import parse_form, parse_json, parse_object
from identity.issuer.issuing import Asked, Bearer
from identity.issuer.offers import GRANT, Granted, parse_details
from identity.issuer.proofs import DpopProof, KeyProof, check_dpop, check_key_proof
from identity.issuer.service import Issuer
from identity.refusals import ProtocolRefusal, TokenRefused
from identity.web.reading import (
    FORM,
    JSON,
    content_type,
    json_answer,
    protocol_answer,
    read_body,
    unavailable_answer,
)

BEARER_LIMIT = 300
"""Seconds: longer-lived tokens must be bound to a key (OpenID4VCI 1.0, section 13.10.2)."""

Handler = Callable[[Request], Awaitable[Response]]

ERROR_SCHEMA = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "Refused, in the specification's words.", "content": {JSON: {"schema": ERROR_SCHEMA}}},
    503: {"description": "Not now; the same request may succeed later.", "content": {JSON: {"schema": ERROR_SCHEMA}}},
}
_UNAUTHORIZED: dict[int | str, dict[str, Any]] = {
    401: {"description": "The access token does not serve.", "content": {JSON: {"schema": ERROR_SCHEMA}}}
}
_TOKEN_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type", "pre-authorized_code"],
                    "properties": {
                        "grant_type": {"const": GRANT},
                        "pre-authorized_code": {"type": "string"},
                        "tx_code": {"type": "string"},
                        "authorization_details": {"type": "string"},
                    },
                }
            }
        },
    }
}
_CREDENTIAL_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["proofs"],
                    "properties": {
                        "credential_identifier": {"type": "string"},
                        "credential_configuration_id": {"type": "string"},
                        "proofs": {
                            "type": "object",
                            "properties": {"jwt": {"type": "array", "items": {"type": "string"}}},
                        },
                    },
                }
            }
        },
    }
}


def protocol_router(issuer: Issuer) -> APIRouter:
    """The three endpoints of the flow."""
    router = APIRouter(tags=["OpenID4VCI"])
    url = issuer.rules.public_url

    @router.post("/token", responses=_ERRORS, openapi_extra=_TOKEN_BODY)
    async def token(request: Request) -> Response:
        """Exchange a pre-authorized code (once) for an access token (section 6)."""
        return await _answered(_token(issuer, f"{url}/token", request))

    @router.post("/nonce")
    async def nonce() -> Response:
        """A fresh nonce for a key proof (section 7). Nothing is stored; it is spent when a credential is issued."""
        return json_answer({"c_nonce": issuer.secrets.nonce(issuer.clock())})

    @router.post("/credential", responses={**_ERRORS, **_UNAUTHORIZED}, openapi_extra=_CREDENTIAL_BODY)
    async def credential(request: Request) -> Response:
        """Issue one credential, bound to the key whose possession is proved (section 8)."""
        return await _answered(_credential(issuer, f"{url}/credential", request))

    return router


async def _answered(work: Awaitable[Response]) -> Response:
    """Every error of this project as an answer the specification knows."""
    try:
        return await work
    except ProtocolRefusal as refusal:
        return protocol_answer(refusal)
    except Malformed as error:
        return protocol_answer(ProtocolRefusal("invalid_request", f"not a valid {error.what}: {error.why}"))
    except LockstepError:
        return unavailable_answer()


async def _token(issuer: Issuer, url: str, request: Request) -> Response:
    if content_type(request) != FORM:
        raise ProtocolRefusal("invalid_request", f"the body must be {FORM}")
    form = parse_form(await read_body(request))
    grant = form.get("grant_type")
    if grant is None:
        raise ProtocolRefusal("invalid_request", "grant_type is missing")
    if grant != GRANT:
        raise ProtocolRefusal("unsupported_grant_type", "only the pre-authorized code is taken")
    code = form.get("pre-authorized_code")
    if not code:
        raise ProtocolRefusal("invalid_request", "the pre-authorized_code is missing")
    asked = None
    if "authorization_details" in form:
        asked = _details(form["authorization_details"])
    dpop = _dpop(issuer, request, url)
    seconds = issuer.rules.token_seconds
    if dpop is None and seconds > BEARER_LIMIT:
        raise ProtocolRefusal("invalid_dpop_proof", "a DPoP proof is needed")
    # Here, and not in the transaction: whoever guesses must not make the wallets wait that have a code.
    offer_id = issuer.offers.coded(code)
    granted: Granted | ProtocolRefusal = await issuer.writer.run(
        lambda tx: issuer.offers.redeem(tx, offer_id, form.get("tx_code"), asked, dpop, seconds)
    )
    if isinstance(granted, ProtocolRefusal):
        raise granted
    answer: dict[str, Any] = {
        "access_token": granted.access_token,
        "token_type": "Bearer" if dpop is None else "DPoP",
        "expires_in": granted.seconds,
    }
    if granted.details is not None:
        answer["authorization_details"] = granted.details
    return json_answer(answer)


async def _credential(issuer: Issuer, url: str, request: Request) -> Response:
    bearer = _bearer(issuer, url, request)
    if content_type(request) != JSON:
        raise ProtocolRefusal("invalid_credential_request", f"the body must be {JSON}")
    try:
        asked, proof_text = _parse_request(parse_object(await read_body(request)))
    except Malformed as error:
        raise ProtocolRefusal("invalid_credential_request", error.why) from None
    proof: KeyProof = check_key_proof(proof_text, issuer.rules.public_url, issuer.clock())
    credential = await issuer.writer.run(lambda tx: issuer.issuing.issue(tx, bearer, asked, proof))
    return json_answer({"credentials": [{"credential": credential}]})


def _parse_request(body: dict[str, Any]) -> tuple[Asked, Any]:
    """What is asked for, and the one proof. Members nobody defined are ignored, as the specification says."""
    identifier, configuration = body.get("credential_identifier"), body.get("credential_configuration_id")
    if (identifier is None) == (configuration is None):
        raise ProtocolRefusal(
            "invalid_credential_request", "exactly one of credential_identifier and credential_configuration_id"
        )
    if not isinstance(identifier if configuration is None else configuration, str):
        raise ProtocolRefusal("invalid_credential_request", "what is asked for must be named by text")
    if "credential_response_encryption" in body:
        raise ProtocolRefusal("invalid_encryption_parameters", "encrypted responses are not supported")
    proofs = body.get("proofs")
    if not isinstance(proofs, dict) or len(proofs) != 1:
        raise ProtocolRefusal("invalid_proof", "proofs must hold exactly one proof type")
    if "jwt" not in proofs:
        raise ProtocolRefusal("invalid_proof", "only proofs of the type jwt are taken")
    listed = proofs["jwt"]
    if not isinstance(listed, list) or len(listed) != 1:
        raise ProtocolRefusal("invalid_proof", "exactly one proof is taken")
    return Asked(identifier, configuration), listed[0]


def _bearer(issuer: Issuer, url: str, request: Request) -> Bearer:
    """The access token and, with it, the DPoP proof that its scheme demands (RFC 6750, RFC 9449 section 7)."""
    values = request.headers.getlist("authorization")
    scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    scheme = scheme.lower()
    if scheme not in ("bearer", "dpop") or not token:
        raise TokenRefused("an access token is needed")
    if scheme == "bearer":
        return issuer.issuing.bearer(token, None)
    try:
        dpop = _dpop(issuer, request, url, token)
    except ProtocolRefusal as refusal:
        raise TokenRefused(refusal.description, scheme="DPoP", code=refusal.code) from None
    if dpop is None:
        raise TokenRefused("a DPoP proof is needed", scheme="DPoP", code="invalid_dpop_proof")
    return issuer.issuing.bearer(token, dpop)


def _dpop(issuer: Issuer, request: Request, url: str, token: str | None = None) -> DpopProof | None:
    proofs = request.headers.getlist("dpop")
    if not proofs:
        return None
    if len(proofs) != 1:
        raise ProtocolRefusal("invalid_dpop_proof", "more than one proof")
    return check_dpop(proofs[0], method="POST", url=url, now=issuer.clock(), token=token)


def _details(text: str) -> list[str]:
    try:
        return parse_details(parse_json(text))
    except Malformed as error:
        raise ProtocolRefusal("invalid_authorization_details", error.why) from None
