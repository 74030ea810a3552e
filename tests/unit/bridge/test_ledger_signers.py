"""How signer sets follow each other, and what a quorum is asked (protocol section 2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge import ledger as book
from bridge.ledger import Done, Ledger, RoleSigners, Signatures
from bridge.quorum import SignerSets
from bridge.refusals import Refusal, Refused
from bridge.types import AccountKind, OracleBatch, Role, SignerSet
from tests.unit.bridge.book import ADMIN, ANA1, GUARDIAN, HERE, NOW, refused

DELAY, GRACE = 50, 100
ATTESTOR, ORACLE = Role.ATTESTOR, Role.ORACLE


def key(number: int) -> bytes:
    """An address."""
    return bytes([number]) * 20


def of(role: int, number: int, *signers: int, threshold: int = 2) -> SignerSet:
    """A set of these signers."""
    return SignerSet(role, number, threshold, tuple(key(signer) for signer in signers))


def chain() -> Ledger:
    """Attestors 1, 2, 3 and oracle signers 11, 12, 13; two of three each."""
    first = {ATTESTOR: of(ATTESTOR, 1, 1, 2, 3), ORACLE: of(ORACLE, 1, 11, 12, 13)}
    signers = {int(role): RoleSigners(SignerSets(signing)) for role, signing in first.items()}
    ledger = Ledger(HERE, AccountKind.EVM, ADMIN, GUARDIAN, delay=DELAY, grace=GRACE, signers=signers)
    return replace(ledger, issued_at=NOW)


def heartbeat(ledger: Ledger, now: int, number: int, *signers: int) -> Done:
    """A batch of the oracle, signed by these of a set. Refused."""
    batch = OracleBatch(ledger.last_batch + 1, now, (), (), ())
    return book.submit_batch(ledger, now, batch, Signatures(number, tuple(key(signer) for signer in signers)))


def renewed(ledger: Ledger, now: int = NOW) -> Ledger:
    """The chain with oracle set 2 (21, 22, 23) waiting."""
    return book.propose_signers(ledger, now, ADMIN, of(ORACLE, 2, 21, 22, 23)).ledger


def test_a_proposal_waits_the_delay_and_then_the_set_before_counts_until_the_second_its_grace_ends() -> None:
    ledger = renewed(chain())
    assert refused(lambda: book.activate_signers(ledger, NOW + DELAY - 1, ORACLE)) == [Refusal.NotYet]
    done = book.activate_signers(ledger, NOW + DELAY, ORACLE)
    ends = NOW + DELAY + GRACE
    assert dict(done.events[0].fields) == {"role": 2, "id": 2, "grace_ends": ends}
    heartbeat(done.ledger, NOW + DELAY, 2, 21, 22)
    heartbeat(done.ledger, ends - 1, 1, 11, 12)
    assert refused(lambda: heartbeat(done.ledger, ends, 1, 11, 12)) == [Refusal.SignerSetUnknown]
    assert refused(lambda: book.activate_signers(done.ledger, ends, ORACLE)) == [Refusal.Malformed]


def test_the_admin_replaces_a_waiting_set_and_a_quorum_does_not() -> None:
    ledger = renewed(chain())
    quorum = Signatures(1, (key(11), key(12)))
    again = of(ORACLE, 2, 31, 32, 33)
    assert refused(lambda: book.propose_signers_signed(ledger, NOW, again, quorum)) == [Refusal.Malformed]
    replaced = book.propose_signers(ledger, NOW + 10, ADMIN, again).ledger.signers[ORACLE].pending
    assert replaced is not None
    assert (replaced.set, replaced.eta) == (again, NOW + 10 + DELAY)


def test_only_the_current_set_names_its_successor() -> None:
    ledger = book.activate_signers(renewed(chain()), NOW + DELAY, ORACLE).ledger
    third = of(ORACLE, 3, 31, 32, 33)
    before = Signatures(1, (key(11), key(12)))
    assert refused(lambda: book.propose_signers_signed(ledger, NOW + DELAY, third, before)) == [
        Refusal.SignerSetUnknown
    ]
    book.propose_signers_signed(ledger, NOW + DELAY, third, Signatures(2, (key(21), key(23))))


@pytest.mark.parametrize(
    ("proposal", "refusal"),
    [
        (of(ORACLE, 3, 21, 22, 23), Refusal.SignerSetUnknown),
        (of(ORACLE, 1, 21, 22, 23), Refusal.SignerSetUnknown),
        (of(3, 1, 21, 22, 23), Refusal.Malformed),
        (of(ORACLE, 2, 22, 21, 23), Refusal.Malformed),
        (of(ORACLE, 2, 21, 21, 23), Refusal.Malformed),
        (of(ORACLE, 2, 0, 21), Refusal.Malformed),
        (of(ORACLE, 2, 21, 22, threshold=1), Refusal.Malformed),
        (of(ORACLE, 2, 21, threshold=2), Refusal.Malformed),
        (of(ORACLE, 2, threshold=0), Refusal.Malformed),
        (of(ORACLE, 2, *range(21, 47), threshold=14), Refusal.Malformed),
        (of(ORACLE, 2, 1, 21), Refusal.Malformed),
    ],
)
def test_a_set_out_of_form_or_with_a_signer_of_the_other_role_is_no_proposal(
    proposal: SignerSet, refusal: Refusal
) -> None:
    assert refused(lambda: book.propose_signers(chain(), NOW, ADMIN, proposal)) == [refusal]


def test_everything_that_fails_of_an_outsiders_proposal_is_told() -> None:
    proposal = of(ORACLE, 5, 21, 22, threshold=1)
    assert refused(lambda: book.propose_signers(chain(), NOW, GUARDIAN, proposal)) == [
        Refusal.NotAdmin,
        Refusal.SignerSetUnknown,
        Refusal.Malformed,
    ]


def test_a_struck_signer_is_in_no_set_any_more_and_the_threshold_stays() -> None:
    struck = book.strike_signer(renewed(chain()), GUARDIAN, ORACLE, key(12)).ledger
    assert refused(lambda: heartbeat(struck, NOW, 1, 11, 12)) == [Refusal.SignerUnknown]
    assert refused(lambda: heartbeat(struck, NOW, 1, 11)) == [Refusal.QuorumNotMet]
    heartbeat(struck, NOW, 1, 11, 13)
    for role in (ATTESTOR, ORACLE):
        again = of(role, 2, 12, 41, 42)
        assert refused(lambda again=again: book.propose_signers(struck, NOW, ADMIN, again)) == [Refusal.Malformed]


def test_a_waiting_set_of_which_too_many_were_struck_is_never_put_in_force() -> None:
    struck = renewed(chain())
    for signer in (21, 22):
        struck = book.strike_signer(struck, GUARDIAN, ORACLE, key(signer)).ledger
    assert refused(lambda: book.activate_signers(struck, NOW, ORACLE)) == [Refusal.QuorumNotMet, Refusal.NotYet]
    assert refused(lambda: book.activate_signers(struck, NOW + DELAY, ORACLE)) == [Refusal.QuorumNotMet]


def test_an_outsider_strikes_nobody_and_every_reason_is_told() -> None:
    ledger = chain()
    assert refused(lambda: book.strike_signer(ledger, ANA1, ORACLE, key(11))) == [Refusal.NotGuardian]
    assert refused(lambda: book.strike_signer(ledger, ANA1, ORACLE, key(1))) == [
        Refusal.SignerUnknown,
        Refusal.NotGuardian,
    ]
    assert refused(lambda: book.strike_signer(ledger, ANA1, 3, key(1))) == [Refusal.NotGuardian, Refusal.Malformed]


def test_guardian_or_admin_cancels_what_waits_and_retires_what_was() -> None:
    waiting = renewed(chain())
    assert refused(lambda: book.cancel_signers(waiting, ANA1, ORACLE)) == [Refusal.NotGuardian]
    assert refused(lambda: book.cancel_signers(waiting, ADMIN, ATTESTOR)) == [Refusal.Malformed]
    assert book.cancel_signers(waiting, ADMIN, ORACLE).ledger.signers[ORACLE].pending is None
    active = book.activate_signers(waiting, NOW + DELAY, ORACLE).ledger
    assert refused(lambda: book.retire_signers(active, ANA1, ORACLE)) == [Refusal.NotGuardian]
    retired = book.retire_signers(active, GUARDIAN, ORACLE).ledger
    assert refused(lambda: heartbeat(retired, NOW + DELAY, 1, 11, 12)) == [Refusal.SignerSetUnknown]
    assert refused(lambda: book.retire_signers(retired, GUARDIAN, ORACLE)) == [Refusal.Malformed]


@pytest.mark.parametrize(
    ("signers", "refusal"),
    [
        ((), Refusal.QuorumNotMet),
        ((11,), Refusal.QuorumNotMet),
        ((11, 99), Refusal.SignerUnknown),
        ((12, 11), Refusal.SignerOrder),
        ((11, 11), Refusal.SignerOrder),
        ((11, 12, 1), Refusal.SignerUnknown),
    ],
)
def test_every_signature_given_must_be_good_and_enough(signers: tuple[int, ...], refusal: Refusal) -> None:
    assert refused(lambda: heartbeat(chain(), NOW, 1, *signers)) == [refusal]


def test_what_nobody_can_have_signed_is_told_with_its_place_before_who_signed_the_rest() -> None:
    given = Signatures(1, (key(99), None, key(11)))
    batch = OracleBatch(1, NOW, (), (), ())
    with pytest.raises(Refused) as no:
        book.submit_batch(chain(), NOW, batch, given)
    assert (no.value.lowest.code, no.value.lowest.a) == (Refusal.SignatureMalformed, 1)


def test_rules_that_need_no_signature_are_asked_first() -> None:
    batch = OracleBatch(5, NOW, (), (), ())
    assert refused(lambda: book.submit_batch(chain(), NOW, batch, Signatures(9, ()))) == [Refusal.BatchOutOfOrder]
