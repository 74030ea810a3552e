"""A server that means harm, behind an address that we may ask: it gets no more of our time and memory than the policy says."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from identity.errors import FetchFailed
from identity.fetch.addresses import FetchPolicy
from identity.fetch.fetcher import Fetcher
from identity.tls.development import DevelopmentAuthority

SECONDS = 0.6
LIMIT = 100_000
Answer = Callable[[socket.socket, threading.Event], None]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevelopmentAuthority]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCKSTEP_ENV", "dev")
        yield DevelopmentAuthority(tmp_path_factory.mktemp("ca"))


@contextmanager
def serving(authority: DevelopmentAuthority, answer: Answer, *, tls: bool = True) -> Iterator[int]:
    """A server for one connection; `answer` is over when its event is set."""
    files = authority.serve_localhost("bad")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                if tls:
                    with context.wrap_socket(connection, server_side=True) as secured:
                        secured.recv(65_536)
                        answer(secured, over)
                else:
                    answer(connection, over)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        over.set()
        listener.close()
        thread.join()


def fetch(authority: DevelopmentAuthority, port: int) -> bytes:
    policy = FetchPolicy(frozenset({f"localhost:{port}"}), private_networks=True, max_bytes=LIMIT, seconds=SECONDS)
    fetcher = Fetcher(policy, roots=authority.root_file, resolve=lambda _host, _port: ["127.0.0.1"])
    return fetcher.get(f"https://localhost:{port}/list", "application/json").body


def drip(connection: socket.socket, over: threading.Event, text: bytes) -> None:
    """One byte now and then, for ever."""
    while not over.wait(0.05):
        connection.sendall(text)


def silent(_connection: socket.socket, over: threading.Event) -> None:
    over.wait()


def status_line(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 ")
    drip(connection, over, b"O")


def headers(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX: ")
    drip(connection, over, b"x")


def early_hints(connection: socket.socket, over: threading.Event) -> None:
    drip(connection, over, b"HTTP/1.1 100 Continue\r\n\r\n")


def body(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n")
    drip(connection, over, b"1")


def chunks(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    drip(connection, over, b"0")


@pytest.mark.parametrize("answer", [silent, status_line, headers, early_hints, body, chunks])
def test_a_server_that_drips_is_left_when_the_time_is_over(authority: DevelopmentAuthority, answer: Answer) -> None:
    """The time limit was one for each read: a server that sent a byte of a header now and then held a thread for days."""
    with serving(authority, answer) as port:
        begun = time.monotonic()
        with pytest.raises(FetchFailed):
            fetch(authority, port)
        assert time.monotonic() - begun < SECONDS + 2


def test_a_server_that_never_shakes_hands_is_left_too(authority: DevelopmentAuthority) -> None:
    def hello(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65_536)
        connection.sendall(b"\x16\x03\x03\xff\x00")  # a record of 65,280 bytes that comes one by one
        drip(connection, over, b"\x02")

    with serving(authority, hello, tls=False) as port:
        begun = time.monotonic()
        with pytest.raises(FetchFailed):
            fetch(authority, port)
        assert time.monotonic() - begun < SECONDS + 2


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BOMB = gzip.compress(bytes(50_000_000))


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB,
        HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(LIMIT + 1)),
        HEAD + b"Content-Encoding: deflate\r\n\r\nx",
        HEAD + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(gzip.compress(b"{}")),
        HEAD + b"Content-Encoding: gzip\r\n\r\nnot packed",
        HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}")[:-4],
        HEAD + b"Content-Length: 5\r\n\r\n{}",
        HEAD + b"\r\n" + b"x" * (LIMIT + 1),
        HEAD + b"X: " + b"x" * 70_000 + b"\r\n\r\n{}",
        HEAD + b"X: y\r\n" * 200 + b"\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"not HTTP at all\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_is_none_or_too_much_of_one_is_refused(authority: DevelopmentAuthority, answer: bytes) -> None:
    def send(connection: socket.socket, _over: threading.Event) -> None:
        with suppress(OSError):
            connection.sendall(answer)

    with serving(authority, send) as port, pytest.raises(FetchFailed):
        fetch(authority, port)


def test_a_packed_answer_of_the_largest_size_is_read(authority: DevelopmentAuthority) -> None:
    document = b'"' + b"x" * (LIMIT - 2) + b'"'

    def send(connection: socket.socket, _over: threading.Event) -> None:
        connection.sendall(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(document))

    with serving(authority, send) as port:
        assert fetch(authority, port) == document


def test_the_names_certificate_must_be_the_names_own(authority: DevelopmentAuthority, tmp_path: Path) -> None:
    """Whoever can answer at the address needs a certificate of the host that was asked for, not of any."""
    other = DevelopmentAuthority(tmp_path / "other")
    with serving(other, silent) as port, pytest.raises(FetchFailed, match="trusted"):
        fetch(authority, port)
    with serving(authority, silent) as port:
        policy = FetchPolicy(frozenset({f"issuer.example:{port}"}), private_networks=True, seconds=SECONDS)
        asked = Fetcher(policy, roots=authority.root_file, resolve=lambda _host, _port: ["127.0.0.1"])
        with pytest.raises(FetchFailed, match="trusted"):
            asked.get(f"https://issuer.example:{port}/", "application/json")
