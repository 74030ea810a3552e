"""Puts a relayer together from its settings and runs it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import ExitStack

from bridge.domains import evm_of_account
from chains.accounts import Account, load_evm_key, load_substrate_key
from chains.clocks import ChainClock, utc
from chains.errors import SettingsRefused
from chains.settings import is_development, require_domain, require_unpublished
from relayer.actions import Actions
from relayer.collect import Collector
from relayer.daemon import Daemon, Watched
from relayer.journal import Journal
from relayer.settings import RelayerSettings


def run(
    settings: RelayerSettings, stop: threading.Event, ready: Callable[[Daemon], None] = lambda _daemon: None
) -> None:
    """Relays until `stop` is set. `ready` is given the daemon before it starts. LockstepError when it can't go on."""
    with ExitStack() as stack:
        journal = Journal(settings.journal)
        stack.callback(journal.close)
        chains: dict[bytes, Watched] = {}
        for chain_settings in settings.chains:
            chain = chain_settings.connect(0)
            stack.callback(chain.close)
            domain = require_domain(chain, chain_settings)
            if domain in chains:
                raise SettingsRefused(f"two chains state the domain {domain.hex()}")
            chains[domain] = Watched(chain, chain_settings.start)
        collector = Collector(settings.attestors)
        stack.callback(collector.close)
        clock: Callable[[], float] = utc
        if settings.clock == "chains":
            finalised = [watched.chain.finalised for watched in chains.values()]
            clock = ChainClock(finalised, development=is_development())
        actions = Actions(
            {domain: watched.chain for domain, watched in chains.items()},
            _keys(settings),
            journal,
            collector,
            clock=clock,
            random=random.random,
        )
        daemon = Daemon(chains, journal, actions, clock=clock, workers=settings.workers)
        ready(daemon)
        daemon.run(stop)


def _keys(settings: RelayerSettings) -> dict[str, Account]:
    keys: dict[str, Account] = {}
    if settings.substrate_key_file is not None:
        key = load_substrate_key(settings.substrate_key_file, development=is_development())
        keys["substrate"] = Account.substrate(key)
    if settings.evm_key_file is not None:
        account = Account.evm(load_evm_key(settings.evm_key_file))
        require_unpublished(evm_of_account(account.id))
        keys["evm"] = account
    return keys
