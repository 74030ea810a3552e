"""How requests are read and refused. The framework parses no body here, so its own error pages never appear."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from bridge.errors import InvalidInput
from identity.errors import IdentityError, Malformed
from identity.formats.strict import encode_json, parse_object
from identity.refusals import NotFound, ProtocolRefusal, StaffRefused, WebhookRefused

MAX_BODY = 65_536
BODY_SECONDS = 20.0
"""How long a body may take: who sends a byte now and then must not hold a connection for ever."""
JSON, FORM, JWT = "application/json", "application/x-www-form-urlencoded", "application/jwt"
NO_STORE = {"Cache-Control": "no-store"}

Body = TypeVar("Body", bound=BaseModel)


class BodyTooLarge(Malformed):
    """A body over the limit in bytes; it is not read to its end."""

    def __init__(self, limit: int = MAX_BODY) -> None:
        self.limit = limit
        super().__init__("request body", f"larger than {limit} bytes")


class BodyRefused(IdentityError, InvalidInput):
    """A body of the staff's interface doesn't have its form. Names the place, never the value."""

    def __init__(self, where: str) -> None:
        super().__init__(f"the body is refused at {where}")


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """The whole body, of at most `limit` bytes and within BODY_SECONDS.

    Raises:
        BodyTooLarge: as soon as more has come.
        Malformed: it did not come in time, or whoever sent it has gone.
    """
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise BodyTooLarge(limit)
                parts.append(chunk)
    except TimeoutError:
        raise Malformed("request body", "it did not come in time") from None
    except ClientDisconnect:
        # No fault of ours: told as one, anybody could fill the log with them.
        raise Malformed("request body", "it ended too early") from None
    return parts[0] if len(parts) == 1 else b"".join(parts)


def content_type(request: Request) -> str:
    """The media type of the body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def bearer_of(request: Request) -> str:
    """The staff token of a request (RFC 6750). StaffRefused when there is not exactly one of a possible length."""
    values = request.headers.getlist("authorization")
    scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not 20 <= len(token) <= 100:
        raise StaffRefused("a staff token is needed", known=False)
    return token


async def read_model(request: Request, model: type[Body]) -> Body:
    """A staff body as its model. MalformedJson, BodyTooLarge or BodyRefused."""
    value = parse_object(await read_body(request))
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = "/".join(str(step) for step in first["loc"]) or "the whole"
        raise BodyRefused(f"{where}: {first['type']}") from None


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] = NO_STORE) -> Response:
    """A JSON answer; not to be stored unless said otherwise."""
    return Response(encode_json(value), status, media_type=JSON, headers=dict(headers))


def protocol_answer(refusal: ProtocolRefusal) -> Response:
    """A refusal as RFC 6749, 6750 and OpenID4VCI write it."""
    headers = dict(NO_STORE)
    if refusal.scheme is not None:
        headers["WWW-Authenticate"] = (
            f'{refusal.scheme} error="{refusal.code}", error_description="{refusal.description}"'
        )
    body = {"error": refusal.code, "error_description": refusal.description}
    return json_answer(body, refusal.status, headers)


def unavailable_answer() -> Response:
    """We can't answer now; the same request may succeed later."""
    return json_answer({"error": "temporarily_unavailable"}, 503, {**NO_STORE, "Retry-After": "1"})


def desk_answer(error: Exception) -> Response:
    """An error of the staff's interface: a stable word and a sentence."""
    status = 409 if isinstance(error, InvalidInput) else 503
    headers = dict(NO_STORE)
    if isinstance(error, Malformed | BodyRefused):
        status = 413 if isinstance(error, BodyTooLarge) else 400
    elif isinstance(error, NotFound):
        status = 404
    elif isinstance(error, WebhookRefused):
        status = 401
    elif isinstance(error, StaffRefused):
        status = 403 if error.known else 401
        if not error.known:
            headers["WWW-Authenticate"] = "Bearer"
    return json_answer({"error": type(error).__name__, "detail": str(error)}, status, headers)


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """The OpenAPI description of a body that the framework doesn't parse itself."""
    schema = model.model_json_schema()
    described = _inlined(schema, schema.pop("$defs", {}))
    return {"requestBody": {"required": True, "content": {JSON: {"schema": described}}}}


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """The schema with its definitions in place: a reference into it would point nowhere inside a larger document."""
    if isinstance(schema, list):
        return [_inlined(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(inner, definitions) for name, inner in schema.items()}
