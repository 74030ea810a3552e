"""Puts a signer together from its settings and runs it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from bridge.signing import LocalSigner
from chains.accounts import load_evm_key, read_secret_file
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
from identity.web.serving import Address, make_server, serve

SHORTEST_TOKEN = 32


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
        rules = SignerRules(
            settings.grants_per_hour,
            settings.lifts_per_day,
            settings.replace_seconds,
            # In development the same keys sign elsewhere too, and nobody wants to wait.
            warm_up=not is_development(),
            new_key=settings.new_key,
        )
        contracts = ContractAnswers([Asked(readers[domain].caip2, by_witness(one)) for domain, one in smart.items()])
        prove = account_prover(settings.oracle_did, contracts)
        signer = Signer(readers, store, key, documents.keys_for, prove, clock, rules)
        signer.begin()
        address = Address(settings.host, settings.port, settings.certificate, settings.certificate_key)
        serve(make_server(create_app(signer, _token(settings)), address), address, ready)


def _token(settings: SignerSettings) -> str | None:
    if settings.token_file is None:
        return None
    token = read_secret_file(settings.token_file)
    if len(token) < SHORTEST_TOKEN:
        raise SettingsRefused(f"the token in {settings.token_file} has less than {SHORTEST_TOKEN} characters")
    return token


def _clock(settings: SignerSettings, witnesses: list[Witness]) -> Callable[[], int]:
    if settings.clock == "utc":
        return lambda: int(utc())
    chains = ChainClock([witness.finalised for witness in witnesses], development=is_development())
    return lambda: int(chains())
