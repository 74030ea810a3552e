"""Puts an oracle together from its settings and runs it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import structlog
from cryptography import x509

from bridge.domains import evm_of_account
from chains.accounts import Account, load_evm_key, load_substrate_key
from chains.control import ManagedChain
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
from identity.oracle.people.accounts import AccountRules
from identity.oracle.publishing.pool import SignerPool
from identity.oracle.publishing.publisher import PublisherRules
from identity.oracle.service import Oracle, OracleRules, Outside
from identity.oracle.settings import OracleSettings
from identity.ports import is_development, system_randomness, utc
from identity.retention import DAY
from identity.settings import read_secret
from identity.web.serving import Address, make_server, serve
from identity.webhooks import webhook_secret


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
        signers=SignerPool(
            settings.signers,
            roots=settings.roots,
            token=None if settings.signer_token_file is None else read_secret(settings.signer_token_file),
        ),
        fetch=Fetcher(policy, roots=settings.roots),
        roots=_certificates(settings.trusted_signers),
        clock=utc,
        randomness=system_randomness,
    )
    rules = OracleRules(
        publisher=PublisherRules(rhythm_seconds=settings.rhythm_seconds, heartbeat_seconds=settings.heartbeat_seconds),
        accounts=AccountRules(cooling_seconds=settings.cooling_seconds),
        retention=settings.retention_days * DAY,
        return_addresses=settings.return_addresses,
        open_requests=settings.open_requests,
        client_requests=settings.client_requests,
        # Without a certificate a proxy stands before this process, and all connections are the proxy's.
        clients_known=settings.certificate is not None or bool(settings.forwarded),
    )
    providers = [
        SecretProvider(name, webhook_secret(read_secret(path))) for name, path in settings.webhook_secrets.items()
    ]
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
        app = create_app(oracle.desk, settings.public_url, routers, background)
        address = Address(
            settings.host,
            settings.port,
            settings.certificate,
            settings.certificate_key,
            [str(network) for network in settings.forwarded],
        )
        server = make_server(app, address)
        serve(server, address, ready)


def _connect(settings: OracleSettings, stack: ExitStack) -> dict[bytes, ManagedChain]:
    chains: dict[bytes, ManagedChain] = {}
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
