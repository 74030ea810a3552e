"""The oracle's investors' part over https on localhost, beside an issuer that is a process of its own."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn

from identity.fetch.addresses import FetchPolicy
from identity.fetch.fetcher import Fetcher
from identity.formats.did import did_web
from identity.oracle.policy.document import Policy
from identity.ports import system_randomness, utc
from identity.tls.development import DevelopmentAuthority
from identity.wallet.presenting import Presenter
from identity.wallet.receiving import Receiver
from identity.wallet.store import Held, WalletStore
from lockstep_cli.bench.issuance import free_port
from tests.integration.identity.conftest import Running
from tests.integration.identity.test_issuer import today
from tests.unit.identity.oracle.presenting.verifier_house import KYC, OracleParts, policy


@dataclass
class Served:
    """The oracle, how to ask it, and whom to trust."""

    parts: OracleParts
    url: str
    http: httpx.Client
    root: Path


def kyc_policy(issuer: Running) -> Policy:
    """Whoever was checked by this issuer is admitted."""
    return policy(KYC, trust={"kyc": [did_web(issuer.made.public_url)]})


@pytest.fixture(scope="session")
def oracle(issuer: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("oracle")
    port = free_port()
    url = f"https://localhost:{port}"
    root = issuer.made.root
    assert root is not None
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("LOCKSTEP_ENV", "dev")
        files = DevelopmentAuthority(root.parent).serve_localhost("oracle")
        host = urlsplit(issuer.made.public_url).netloc
        fetch = Fetcher(FetchPolicy(frozenset({host}), private_networks=True), roots=root)
        parts = OracleParts(folder, stack, url, utc, fetch, kyc_policy(issuer))
        stack.enter_context(_serving(parts, port, files.certificate, files.key))
        context = ssl.create_default_context(cafile=str(root))
        http = stack.enter_context(httpx.Client(base_url=url, verify=context))
        yield Served(parts, url, http, root)


class _serving:  # noqa: N801 - a context manager, used like a function
    """The application in a thread, over https."""

    def __init__(self, parts: OracleParts, port: int, certificate: Path, key: Path) -> None:
        config = uvicorn.Config(
            parts.app, port=port, log_level="error", ssl_certfile=certificate, ssl_keyfile=key, ws="none"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> None:
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the oracle did not start"
            time.sleep(0.01)

    def __exit__(self, *_error: object) -> None:
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="session")
def wallet(issuer: Running, oracle: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalletStore]:
    """A wallet that holds an identity check."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCKSTEP_ENV", "dev")
        store = WalletStore(tmp_path_factory.mktemp("wallet"))
        for one in received(issuer, oracle, store):
            store.add(one)
        yield store


def received(issuer: Running, oracle: Served, store: WalletStore) -> list[Held]:
    """An identity check of a new person, received by the protocol."""
    offer = issuer.offer(today())
    receiver = Receiver(oracle.http, store.key(), utc, system_randomness)
    return receiver.receive(receiver.read_offer(offer["by_value"]), lambda: str(offer["tx_code"]))


def presenter(oracle: Served, store: WalletStore) -> Presenter:
    """A wallet's way to the oracle."""
    return Presenter(oracle.http, store.key(), utc, system_randomness)
