"""Puts an oracle together from its settings and runs it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import structlog
import uvicorn
from cryptography import x509

from bridge.domains import evm_of_account
from chains.accounts import Account, load_evm_key, load_substrate_key
from chains.base import Chain
from chains.errors import SettingsRefused
from chains.settings import require_domain, require_unpublished
from identity.errors import DevelopmentOnly
from identity.fetch.addresses import FetchPolicy
from identity.fetch.fetcher import Fetcher
from identity.keystore.file import FileKeyStore
from identity.oracle.api.app import create_app
from identity.oracle.api.machine import machine_router
from identity.oracle.api.published import published_router
from identity.oracle.api.staff import staff_router
from identity.oracle.database import open_database
from identity.oracle.deciding.providers import SecretProvider
from identity.oracle.publishing.pool import SignerPool
from identity.oracle.publishing.publisher import PublisherRules
from identity.oracle.service import Oracle, Outside
from identity.oracle.settings import OracleSettings
from identity.ports import is_development, system_randomness, utc
from identity.settings import read_secret
from identity.web.app import WithoutTraces

BACKLOG = 256
STOP_SECONDS = 1


def open_oracle(settings: OracleSettings, stack: ExitStack) -> Oracle:
    """The oracle that the settings describe; closed with the stack. LockstepError when something of it can't be had."""
    keys = FileKeyStore.open(settings.keystore, read_secret(settings.passphrase_file))
    database = open_database(settings.database)
    stack.callback(database.close)
    chains = _connect(settings, stack)
    policy = FetchPolicy(settings.fetch_hosts, private_networks=is_development())
    outside = Outside(
        chains=chains,
        accounts=_accounts(settings),
        signers=SignerPool(settings.signers, roots=settings.roots),
        fetch=Fetcher(policy, roots=settings.roots),
        roots=_certificates(settings.trusted_signers),
        clock=utc,
        randomness=system_randomness,
    )
    rules = PublisherRules(rhythm_seconds=settings.rhythm_seconds, heartbeat_seconds=settings.heartbeat_seconds)
    providers = [SecretProvider(name, read_secret(path).encode()) for name, path in settings.webhook_secrets.items()]
    oracle = Oracle(settings.public_url, database, keys, outside, rules, providers)
    stack.callback(oracle.close)
    return oracle


def run(settings: OracleSettings, ready: Callable[[int], None]) -> None:
    """Serves until the process is told to end. `ready` is told the port. LockstepError when it can't start."""
    if settings.certificate is None and not is_development() and settings.public_url.startswith("http:"):
        raise DevelopmentOnly("plain http")
    with ExitStack() as stack:
        oracle = open_oracle(settings, stack)
        oracle.begin()
        server: uvicorn.Server

        async def background() -> None:
            """The publisher and the jobs. Without them nothing reaches the chains: the process ends when they do."""
            try:
                await oracle.run()
            except Exception as error:  # noqa: BLE001 - the edge of the process: told, and the end of it
                structlog.get_logger("oracle").error(
                    "the publisher ended", action="oracle.end", kind=type(error).__name__, error=_told(error)
                )
                server.should_exit = True

        routers = [make(oracle.deciding) for make in (staff_router, machine_router, published_router)]
        app = WithoutTraces(create_app(oracle.desk, settings.public_url, routers, background))
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            http="httptools",
            loop="uvloop",
            backlog=BACKLOG,
            server_header=False,
            # Clients that keep a connection and say nothing never finish closing it: they must not keep this process.
            timeout_graceful_shutdown=STOP_SECONDS,
            ssl_certfile=settings.certificate,
            ssl_keyfile=settings.certificate_key,
        )
        server = uvicorn.Server(config)
        with socket.create_server((settings.host, settings.port), backlog=BACKLOG) as listener:
            ready(listener.getsockname()[1])
            server.run(sockets=[listener])


def _connect(settings: OracleSettings, stack: ExitStack) -> dict[bytes, Chain]:
    chains: dict[bytes, Chain] = {}
    for chosen in settings.chains:
        chain = chosen.connect(0)
        stack.callback(chain.close)
        domain = require_domain(chain, chosen)
        if domain in chains:
            raise SettingsRefused(f"two chains state the domain {domain.hex()}")
        chains[domain] = chain
    return chains


def _accounts(settings: OracleSettings) -> dict[str, Account]:
    evm = Account.evm(load_evm_key(settings.evm_key_file))
    require_unpublished(evm_of_account(evm.id))
    key = load_substrate_key(settings.substrate_key_file, development=is_development())
    return {"substrate": Account.substrate(key), "evm": evm}


def _certificates(path: Path | None) -> list[x509.Certificate]:
    return [] if path is None else x509.load_pem_x509_certificates(path.read_bytes())


def _told(error: BaseException) -> str:
    """The names of what went wrong, without their texts: those could hold what was processed."""
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return ", ".join(type(one).__name__ for one in inner)
