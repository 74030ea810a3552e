"""An issuer in the tests' own hands: it signs whatever a test needs, the wrong things too, and may be served over https."""

from __future__ import annotations

import itertools
import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from identity.formats.base import ClaimPath, CredentialContent, StatusReference
from identity.formats.did import did_document, did_web
from identity.formats.issuer_keys import PinnedKeys
from identity.formats.jws import LocalKey, parse_jws
from identity.formats.sd_jwt import choose, parse_sd_jwt
from identity.formats.sd_jwt_vc import TYPES, SdJwtVc
from identity.formats.status_list import MEDIA_TYPE, build_status_list_token, encode_statuses
from identity.issuer.types.catalogue import load_catalogue
from identity.ports import utc
from identity.tls.development import ServerFiles

DAY = 86_400
CLAIMS: Mapping[str, Mapping[str, Any]] = {
    "kyc": {
        "given_name": "Wilhelmina",
        "family_name": "Quackenbush",
        "birthdate": "1980-02-29",
        "level": "enhanced",
        "method": "in_person",
        "nationalities": ["DE"],
        "checked_on": "2026-10-01",
    },
    "residency": {"country": "DE", "proof": "eid", "proved_on": "2026-10-01"},
}


def holder(number: int) -> LocalKey:
    """The wallet key of the number-th person."""
    return LocalKey(ec.derive_private_key(0x10_0000 + number, ec.SECP256R1()))


class Issuer:
    """Signs credentials and one status list. Indexes are given out in their order."""

    def __init__(self, url: str = "https://issuer.example", secret: int = 0x1234567) -> None:
        self.url, self.did = url, did_web(url)
        self.key = LocalKey(ec.derive_private_key(secret, ec.SECP256R1()), f"{self.did}#1")
        self.keys = PinnedKeys({self.did: {f"{self.did}#1": self.key.public}})
        self.list_uri = f"{url}/status/1"
        self.statuses: dict[int, int] = {}
        self.ttl = 15
        self._indexes = itertools.count()
        self._numbers = itertools.count(1)
        self._turn = threading.Lock()

    def credential(
        self, person: int, now: int, topic: str = "kyc", *, valid_for: int = 100 * DAY, **claims: Any
    ) -> Credential:
        """A credential of a person, issued ten days ago."""
        with self._turn:
            index = next(self._indexes)
        content = CredentialContent(
            issuer=self.did,
            type=f"{self.url}/types/{topic}/1",
            claims={"sub": f"subject-{person}", **CLAIMS[topic], **claims},
            disclosable=load_catalogue()[topic].disclosable,
            holder=holder(person).public,
            issued_at=now - 10 * DAY,
            valid_from=now - 10 * DAY,
            valid_until=now + valid_for,
            status=StatusReference(self.list_uri, index),
        )
        return Credential(SdJwtVc().build(content, self.key, self._random), index)

    def status_token(self, now: int) -> str:
        """The list as it is at a second, fresh."""
        statuses = encode_statuses(4_096, self.statuses)
        return build_status_list_token(self.list_uri, self.did, statuses, self.key, now=now, ttl=self.ttl, lifetime=120)

    def document(self) -> dict[str, Any]:
        """The did.json."""
        return did_document(self.did, [("1", self.key.public)])

    def _random(self, size: int) -> bytes:
        with self._turn:
            return (next(self._numbers)).to_bytes(size, "big")


class Credential:
    """An issued credential and its place in the status list."""

    def __init__(self, wire: str, index: int) -> None:
        self.wire, self.index = wire, index

    def showing(self, *paths: ClaimPath) -> str:
        """With only the disclosures that the claims at these places need, without key binding."""
        parts = parse_sd_jwt(self.wire)
        payload = parse_jws(parts.jwt, types=TYPES).payload
        return "~".join((parts.jwt, *choose(payload, parts.disclosures, paths), ""))


class Served:
    """Serves an issuer's did.json and status list over https on localhost. A context manager.

    It pushes nothing. `silent`: it answers nobody any more but by 503. `asked`: when it was asked for the list (monotonic).
    """

    def __init__(self, files: ServerFiles, now: Callable[[], int] = utc, port: int = 0) -> None:
        """`now`: the clock by which the list is signed. `port`: any free one, unless the issuer's name must be the same again."""
        self.silent = False
        self.asked: list[float] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = outer._answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._now = now
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.issuer = Issuer(f"https://localhost:{self._server.server_address[1]}")
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def _answer(self, path: str) -> tuple[int, str, bytes]:
        if self.silent:
            return 503, "text/plain", b""
        if path == urlsplit(self.issuer.list_uri).path:
            self.asked.append(time.monotonic())
            return 200, MEDIA_TYPE, self.issuer.status_token(self._now()).encode("ascii")
        return 200, "application/json", json.dumps(self.issuer.document()).encode()

    @property
    def host(self) -> str:
        return self.issuer.url.removeprefix("https://")

    def __enter__(self) -> Served:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
