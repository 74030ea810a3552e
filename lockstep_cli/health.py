"""A tiny HTTP endpoint that says whether the local system is whole, for containers and load balancers.

GET or HEAD /health: 200 {"status": "ok"} or 503 {"status": "failed", "reason": ...}. Nothing else is served, and nothing that
is sent is a fault: 503 always means the system.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar, Self

from bridge.errors import LockstepError
from lockstep_cli.errors import UserError


class HealthServer:
    """Serves while the context is open. `check` raises a LockstepError when something is wrong."""

    def __init__(self, host: str, port: int, check: Callable[[], None]) -> None:
        """Port 0 is any free one. UserError when the port is taken."""
        try:
            self._server = ThreadingHTTPServer((host, port), handler(check))
        except OSError as error:
            raise UserError(
                f"The health endpoint can't listen on {host}:{port}: {error.strerror}.", "Name another --health-port."
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def handler(check: Callable[[], None]) -> type[BaseHTTPRequestHandler]:
    """The request handler over this check."""

    class Health(BaseHTTPRequestHandler):
        """Answers one path."""

        server_version = "lockstep"
        sys_version = ""
        timeout: ClassVar[float] = 5.0  # a silent client must not hold a thread for ever

        def do_GET(self) -> None:
            """The state now."""
            if self.path != "/health":
                self.send_error(404)
                return
            try:
                check()
            except LockstepError as error:
                self._answer(503, {"status": "failed", "reason": str(error)})
            else:
                self._answer(200, {"status": "ok"})

        do_HEAD = do_GET  # noqa: N815 - the name is the base class's

        def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
            """The base class calls an unknown method or protocol a fault of the server: they are the client's."""
            if code == HTTPStatus.NOT_IMPLEMENTED:
                code = HTTPStatus.METHOD_NOT_ALLOWED
            elif code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                code = HTTPStatus.BAD_REQUEST
            self.close_connection = True
            self._answer(code, {"error": HTTPStatus(code).name.lower()})

        def _answer(self, status: int, document: dict[str, str]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if status == HTTPStatus.METHOD_NOT_ALLOWED:
                self.send_header("Allow", "GET, HEAD")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Health probes are not news."""

    return Health
