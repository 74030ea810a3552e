"""Puts a signer together from its settings and runs it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack

import uvicorn

from bridge.signing import LocalSigner
from chains.accounts import load_evm_key
from chains.clocks import ChainClock, utc
from chains.errors import SettingsRefused
from chains.evm.rpc import CHAIN as EVM
from chains.settings import is_development, open_witness, require_unpublished
from chains.witness import Witness
from identity.fetch.addresses import FetchPolicy
from identity.fetch.fetcher import Fetcher
from identity.oracle.people.contracts import Asked, ContractAnswers, by_witness
from identity.oracle.signer.accounts import account_prover
from identity.oracle.signer.keys import DidDocuments
from identity.oracle.signer.reading import ChainReader
from identity.oracle.signer.service import create_app
from identity.oracle.signer.settings import SignerSettings
from identity.oracle.signer.signing import Signer, SignerRules
from identity.oracle.signer.store import SignerStore
from identity.web.app import WithoutTraces

STOP_SECONDS = 1


def run(settings: SignerSettings, ready: Callable[[int], None]) -> None:
    """Serves until the process is told to end. `ready` is told the port. LockstepError when it can't start."""
    key = LocalSigner(load_evm_key(settings.key_file))
    require_unpublished(key.address)
    with ExitStack() as stack:
        store = SignerStore(settings.store)
        stack.callback(store.close)
        readers: dict[bytes, ChainReader] = {}
        witnesses: list[Witness] = []
        smart: dict[bytes, Witness] = {}
        for chain in settings.chains:
            domain, witness = open_witness(chain)
            stack.callback(witness.close)
            if domain in readers:
                raise SettingsRefused(f"two chains state the domain {domain.hex()}")
            readers[domain] = ChainReader(domain, witness, chain.start)
            witnesses.append(witness)
            if witness.name == EVM:
                smart[domain] = witness
        clock = _clock(settings, witnesses)
        policy = FetchPolicy(frozenset(settings.fetch_hosts), private_networks=is_development())
        documents = DidDocuments(Fetcher(policy, roots=settings.roots), clock)
        rules = SignerRules(settings.grants_per_hour, settings.replace_seconds)
        contracts = ContractAnswers([Asked(readers[domain].caip2, by_witness(one)) for domain, one in smart.items()])
        prove = account_prover(settings.oracle_did, contracts)
        _serve(settings, Signer(readers, store, key, documents.keys_for, prove, clock, rules), ready)


def _serve(settings: SignerSettings, signer: Signer, ready: Callable[[int], None]) -> None:
    config = uvicorn.Config(
        WithoutTraces(create_app(signer)),
        log_level="warning",
        access_log=False,
        server_header=False,
        # Clients that keep a connection and say nothing never finish closing it: they must not keep this process.
        timeout_graceful_shutdown=STOP_SECONDS,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.certificate_key,
    )
    with socket.create_server((settings.host, settings.port)) as listener:
        ready(listener.getsockname()[1])
        uvicorn.Server(config).run(sockets=[listener])


def _clock(settings: SignerSettings, witnesses: list[Witness]) -> Callable[[], int]:
    if settings.clock == "utc":
        return lambda: int(utc())
    chains = ChainClock([witness.finalised for witness in witnesses], development=is_development())
    return lambda: int(chains())
