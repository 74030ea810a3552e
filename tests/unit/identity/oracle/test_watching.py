"""What others do on a chain wakes the oracle: freezes, and accounts that belong to nobody any more."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.types import ZERO32, Role, SignerSet
from chains.errors import ChainUnavailable
from chains.token_events import (
    AccountBound,
    AccountFrozen,
    AccountRecovered,
    AmountFrozen,
    DocumentRemoved,
    DocumentUpdated,
    EligibilitySet,
    Event,
    InvestorFrozen,
    InvestorReplaced,
    Transferred,
)
from identity.oracle.deciding.triggers import URGENT, Cause
from identity.oracle.watching import MAX_BLOCKS, ChainWatch
from tests.unit.identity.oracle.signer.chain import FakeChain

ASSET, ACCOUNT, INVESTOR = b"\1" * 32, b"\2" * 32, bytes(16) + b"\3" * 16
WHY: Any = (7, b"\4" * 32)
SIGNERS = SignerSet(Role.ORACLE, 1, 1, (b"\5" * 20,))
FREEZES: list[Event] = [
    AccountFrozen(ASSET, ACCOUNT, 1, *WHY),
    AccountFrozen(ASSET, ACCOUNT, 0, *WHY),
    InvestorFrozen(ASSET, INVESTOR, 1, *WHY),
    InvestorFrozen(ASSET, INVESTOR, 0, *WHY),
    AmountFrozen(ASSET, INVESTOR, 20, *WHY),
]
UNBOUND: list[Event] = [
    AccountBound(ASSET, ACCOUNT, ZERO32),
    AccountRecovered(ASSET, ACCOUNT, b"\6" * 32, 1, *WHY),
    InvestorReplaced(ASSET, INVESTOR, bytes(16) + b"\7" * 16, *WHY),
]
NOTHING: list[Event] = [
    AccountBound(ASSET, ACCOUNT, INVESTOR),
    Transferred(ASSET, ACCOUNT, b"\6" * 32, 5),
    EligibilitySet(ASSET, INVESTOR, 1),
    DocumentUpdated(ASSET, b"prospectus".ljust(32, b"\0"), "https://issuer.example/1", b"\1" * 32),
]
POLICY = b"policy".ljust(32, b"\0")


class Watched:
    """Two chains and what was fired."""

    def __init__(self, lag: int = 0) -> None:
        self.chains = {name: FakeChain(name, lambda: 1_000, SIGNERS, lag=lag) for name in ("evm", "substrate")}
        self.fired: list[Cause] = []
        by_domain: Any = {chain.domain: chain for chain in self.chains.values()}
        self.watch = ChainWatch(by_domain, self.fired.append)
        self.watch.look()

    def look(self) -> list[Cause]:
        self.fired.clear()
        self.watch.look()
        return list(self.fired)


@pytest.mark.parametrize("name", ["evm", "substrate"])
@pytest.mark.parametrize("event", FREEZES, ids=lambda event: type(event).__name__)
def test_a_freeze_and_its_end_are_a_cause_on_either_chain(name: str, event: Event) -> None:
    watched = Watched()
    watched.chains[name].mine(event)
    assert watched.look() == [Cause.FREEZE]
    assert watched.look() == [], "once"


@pytest.mark.parametrize("event", UNBOUND, ids=lambda event: type(event).__name__)
def test_an_account_that_is_nobodys_or_another_ones_is_a_cause(event: Event) -> None:
    watched = Watched()
    watched.chains["evm"].mine(event)
    assert watched.look() == [Cause.UNBOUND]


@pytest.mark.parametrize("kind", [DocumentUpdated, DocumentRemoved])
def test_another_policy_that_a_chain_names_is_a_cause(kind: type[DocumentUpdated] | type[DocumentRemoved]) -> None:
    """Signers grant under the policy that the chain names: what they refused before, they may grant now."""
    watched = Watched()
    watched.chains["substrate"].mine(kind(ASSET, POLICY, "https://oracle.example/policies/1", b"\1" * 32))
    assert watched.look() == [Cause.POLICY]


@pytest.mark.parametrize("event", NOTHING, ids=lambda event: type(event).__name__)
def test_what_the_oracle_or_holders_do_is_none(event: Event) -> None:
    watched = Watched()
    watched.chains["evm"].mine(event)
    assert watched.look() == []


def test_many_events_are_each_cause_once() -> None:
    watched = Watched()
    for chain in watched.chains.values():
        chain.mine(*FREEZES, *UNBOUND)
        chain.mine(*FREEZES)
    assert watched.look() == [Cause.FREEZE, Cause.UNBOUND]


def test_what_a_controller_does_is_acted_on_at_once() -> None:
    assert {Cause.FREEZE, Cause.UNBOUND} <= URGENT


def test_only_final_blocks_count() -> None:
    watched = Watched(lag=2)
    chain = watched.chains["evm"]
    chain.mine(FREEZES[0])
    chain.mine()
    assert watched.look() == []
    chain.mine()
    assert watched.look() == [Cause.FREEZE]


def test_what_was_final_before_the_watch_began_is_passed_over() -> None:
    chain = FakeChain("evm", lambda: 1_000, SIGNERS)
    chain.mine(FREEZES[0])
    fired: list[Cause] = []
    watch = ChainWatch({chain.domain: chain}, fired.append)  # type: ignore[dict-item]
    watch.look()
    chain.mine()
    watch.look()
    assert fired == []


def test_a_chain_that_does_not_answer_hides_nothing_of_the_other_and_is_read_on_from_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = Watched()
    evm, substrate = watched.chains["evm"], watched.chains["substrate"]

    def dead(*_: object) -> Any:
        raise ChainUnavailable("evm", "nobody listens")

    monkeypatch.setattr(evm, "history", dead)
    evm.mine(FREEZES[0])
    substrate.mine(UNBOUND[0])
    assert watched.look() == [Cause.UNBOUND]
    monkeypatch.undo()
    assert watched.look() == [Cause.FREEZE]


def test_many_blocks_at_once_are_read_in_parts() -> None:
    watched = Watched()
    chain = watched.chains["evm"]
    for _ in range(MAX_BLOCKS):
        chain.mine()
    chain.mine(FREEZES[0])
    assert watched.look() == []
    assert watched.look() == [Cause.FREEZE]


def test_a_chain_that_falls_back_is_waited_for() -> None:
    """A node restored from a copy knows fewer final blocks than before: nothing is read twice, nothing fails."""
    watched = Watched()
    chain = watched.chains["evm"]
    chain.mine(FREEZES[0])
    assert watched.look() == [Cause.FREEZE]
    chain.lag = 1
    assert watched.look() == []
    chain.lag = 0
    chain.mine(FREEZES[0])
    assert watched.look() == [Cause.FREEZE]
