"""Attacks on the oracle's batches, on both running chains."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.digests import digest_batch
from bridge.refusals import Refusal, Refused
from bridge.types import BindingItem, EligibilityItem, OracleBatch
from chains.base import Chain, Submitted
from identity.oracle.batches import next_batch
from lockstep_cli.local.cast import staff
from lockstep_cli.local.system import LocalSystem
from tests.support.attest import attestors, oracle_signers, signed

pytestmark = pytest.mark.chains


@pytest.fixture(params=["substrate", "evm"])
def chain(request: pytest.FixtureRequest, system: LocalSystem) -> Chain:
    return system.chains[request.param]


def heartbeat(chain: Chain) -> OracleBatch:
    clock = chain.views().clock()
    return next_batch(clock.number, max(clock.time, clock.issued_at))


def submit(chain: Chain, batch: OracleBatch, signatures: list[bytes] | None = None) -> Submitted:
    good = signed(digest_batch(batch, chain.domain), oracle_signers()[:2])
    return chain.submit_batch(batch, 1, good if signatures is None else signatures, staff(chain.name).relayer)


def refusal_of(chain: Chain, batch: OracleBatch, signatures: list[bytes] | None = None) -> int:
    number = chain.views().clock().number
    with pytest.raises(Refused) as refused:
        submit(chain, batch, signatures)
    assert chain.views().clock().number == number
    return refused.value.lowest.code


def test_a_batch_cannot_be_skipped_to_withhold_a_revocation(chain: Chain) -> None:
    batch = heartbeat(chain)
    assert refusal_of(chain, replace(batch, number=batch.number + 1)) == Refusal.BatchOutOfOrder


def test_an_applied_batch_is_a_no_op_however_often_it_comes(system: LocalSystem, chain: Chain) -> None:
    """An old grant must not come back: the second coming of a batch changes nothing, whatever it says."""
    ben = system.people["ben"]
    grant = EligibilityItem(system.asset, ben.investor, chain.head().time + 86_400, 101, 7, 0)
    batch = replace(heartbeat(chain), eligibilities=(grant,))
    submit(chain, batch)
    submit(chain, replace(heartbeat(chain), eligibilities=(replace(grant, permissions=6),)))
    word = chain.views().eligibility_of(system.asset, ben.investor)
    submit(chain, batch)
    assert chain.views().eligibility_of(system.asset, ben.investor) == word
    submit(
        chain, replace(heartbeat(chain), eligibilities=(replace(grant, valid_until=chain.head().time + 28 * 86_400),))
    )


def test_a_batch_from_the_future_is_refused_so_that_a_dead_oracle_cannot_look_alive(chain: Chain) -> None:
    batch = heartbeat(chain)
    assert refusal_of(chain, replace(batch, issued_at=chain.head().time + 600)) == Refusal.NotYet


def test_the_oracles_time_never_falls(chain: Chain) -> None:
    batch = heartbeat(chain)
    assert refusal_of(chain, replace(batch, issued_at=chain.views().clock().issued_at - 1)) == Refusal.Malformed


def test_a_batch_for_the_other_chain_is_refused(system: LocalSystem, chain: Chain) -> None:
    other = next(each for each in system.chains.values() if each is not chain)
    batch = heartbeat(chain)
    assert (
        refusal_of(chain, batch, signed(digest_batch(batch, other.domain), oracle_signers()[:2]))
        == Refusal.SignerUnknown
    )


def test_attestors_are_no_oracle(chain: Chain) -> None:
    batch = heartbeat(chain)
    assert refusal_of(chain, batch, signed(digest_batch(batch, chain.domain), attestors()[:2])) == Refusal.SignerUnknown


def test_a_batch_of_a_hundred_and_one_items_is_refused(system: LocalSystem, chain: Chain) -> None:
    item = EligibilityItem(system.asset, system.people["ben"].investor, 0, 1, 0, 0)
    assert refusal_of(chain, replace(heartbeat(chain), eligibilities=(item,) * 101)) == Refusal.Malformed


def test_an_account_with_a_balance_is_not_rebound(system: LocalSystem, chain: Chain) -> None:
    """A stolen binding would turn one investor's tokens into another's. The item is skipped, the rest of the batch holds."""
    fay, ben = system.people["fay"], system.people["ben"]
    account = fay.account("substrate").id
    batch = replace(heartbeat(system.substrate), bindings=(BindingItem(system.asset, account, ben.investor),))
    submit(system.substrate, batch)
    assert system.substrate.views().account_of(system.asset, account).investor == fay.investor
    assert system.substrate.views().clock().number == batch.number
