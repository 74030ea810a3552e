"""Messages from machines that sign with a shared secret, as Standard Webhooks are: HMAC-SHA256 over `id.timestamp.body`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping

from identity.errors import Malformed
from identity.refusals import WebhookRefused

AGE = 300
"""Seconds by which a message's time may differ from ours."""
MIN_SECRET = 24
"""Bytes, as the specification demands. An empty secret file would let anybody sign."""


def webhook_secret(text: str) -> bytes:
    """The key in a shared secret: what follows `whsec_` is base64, as providers hand it out; other text is itself the key.

    Raises:
        Malformed: no base64, or shorter than MIN_SECRET bytes.
    """
    mark, _, encoded = text.partition("_")
    try:
        secret = base64.b64decode(encoded, validate=True) if mark == "whsec" else text.encode("utf-8")
    except binascii.Error:
        raise Malformed("webhook secret", "what follows whsec_ is no base64") from None
    if len(secret) < MIN_SECRET:
        raise Malformed("webhook secret", f"shorter than {MIN_SECRET} bytes")
    return secret


def require_signed(secret: bytes, headers: Mapping[str, str], body: bytes, now: int) -> str:
    """The sender's id of a message that it signed; look at nothing of the body before. WebhookRefused otherwise.

    A message may be sent more than once: whoever takes it spends the id.
    """
    if len(secret) < MIN_SECRET:
        raise WebhookRefused("its sender has no secret that counts")
    message, time = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not 1 <= len(message) <= 128 or not message.isascii() or not re.fullmatch(r"[0-9]{1,12}", time):
        raise WebhookRefused("its id or its time is missing")
    if abs(int(time) - now) > AGE:
        raise WebhookRefused("its time is out of range")
    expected = hmac.digest(secret, f"{message}.{time}.".encode("ascii") + body, hashlib.sha256)
    if not any(hmac.compare_digest(expected, given) for given in _signatures(headers.get("webhook-signature", ""))):
        raise WebhookRefused("its signature is not the sender's")
    return message


def _signatures(header: str) -> list[bytes]:
    found = []
    for entry in header.split(" ")[:8]:
        version, _, text = entry.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(text, validate=True))
            except binascii.Error:
                continue
    return found
