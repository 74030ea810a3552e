"""One issuer as a process of its own, over https, with an oracle's ear beside it."""

from __future__ import annotations

import http.server
import queue
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from identity.issuer.development import DevelopmentIssuer, make_development_issuer
from identity.issuer.staff import Role
from identity.tls.development import DevelopmentAuthority
from lockstep_cli.bench.issuance import free_port, served

PERSON = {
    "given_name": "Ada",
    "family_name": "Lovelace",
    "birthdate": "1985-12-10",
    "nationalities": ["DE"],
    "level": "standard",
    "method": "eid",
}


@dataclass
class Running:
    """The issuer, how to ask it, and what its subscriber heard."""

    made: DevelopmentIssuer
    http: httpx.Client
    heard: queue.SimpleQueue[str]
    wallet: Path

    def staff(self, role: Role, path: str, body: Any = None) -> Any:
        """One request of the staff; its JSON."""
        headers = {"Authorization": f"Bearer {self.made.tokens[role]}"}
        answer = self.http.post(f"/staff/v1{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def offer(self, checked_on: str) -> Any:
        """An offer of an identity check to a new person, with what the staff knows of it."""
        made = self.staff(Role.MAKER, "/cases", {"type": "kyc", "claims": {**PERSON, "checked_on": checked_on}})
        case = made["case_id"]
        evidence = {"kind": "passport", "reference": "shelf", "sha256": "ab" * 32, "method": "eid"}
        self.staff(Role.MAKER, f"/cases/{case}/evidence", evidence)
        self.staff(Role.MAKER, f"/cases/{case}/submit")
        self.staff(Role.CHECKER, f"/cases/{case}/approve")
        return {**made, **self.staff(Role.MAKER, "/offers", {"case_ids": [case]})}


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("issuer")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCKSTEP_ENV", "dev")
        authority = DevelopmentAuthority(folder / "ca")
        heard: queue.SimpleQueue[str] = queue.SimpleQueue()
        with _subscriber(authority, heard) as port:
            made = make_development_issuer(
                folder / "issuer", free_port(), authority, subscribers=(f"https://localhost:{port}/status",)
            )
            context = ssl.create_default_context(cafile=str(authority.root_file))
            with served(made.settings), httpx.Client(base_url=made.public_url, verify=context) as http_:
                yield Running(made, http_, heard, folder / "wallet")


class _subscriber:  # noqa: N801 - a context manager, used like a function
    """An https server that takes every message."""

    def __init__(self, authority: DevelopmentAuthority, heard: queue.SimpleQueue[str]) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.put(self.rfile.read(int(self.headers["Content-Length"])).decode("ascii"))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
                pass

        files = authority.serve_localhost("subscriber")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> int:
        self._thread.start()
        return int(self._server.server_address[1])

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
