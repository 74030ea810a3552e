"""Who signs for a chain: whether what came with a call is a quorum, and how the sets of a role follow each other.

A signature is told by who made it: the bytes, and recovering an address from them, are `bridge.quorum`'s matter. Where none
are given (`None`) the caller stands for a quorum: for dry runs, which have nothing to sign; no chain takes that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bridge.errors import InvalidSignerSet
from bridge.ledger import rules
from bridge.ledger.findings import Findings
from bridge.ledger.state import Done, Event, Ledger, Proposed, RoleSigners, with_entry
from bridge.quorum import SignerSets, check_signer_set, check_signers
from bridge.refusals import MalformedAt, Refusal, Refused
from bridge.types import Role, SignerSet


@dataclass(frozen=True, slots=True)
class Signatures:
    """What came with a call: the set that it names, and for each signature who made it (None: nobody can have)."""

    set: int
    signers: tuple[bytes | None, ...]


def check_quorum(ledger: Ledger, now: int, role: Role, signatures: Signatures | None) -> None:
    """The gate, asked after all other rules of a call.

    Refused with the first that fails of: SignerSetUnknown, Malformed(25), SignatureMalformed, SignerUnknown, SignerOrder,
    QuorumNotMet.
    """
    if signatures is not None:
        check_signers(_sets(ledger, role, signatures.set).select(signatures.set, now), signatures.signers)


def propose_signers(ledger: Ledger, now: int, caller: bytes, proposal: SignerSet) -> Done:
    """The admin's next set of a role; it replaces one that waits. Refused."""
    findings = _check_proposal(ledger, proposal)
    rules.check_admin(findings, ledger, caller)
    findings.enforce()
    return _proposed(ledger, now, proposal)


def propose_signers_signed(ledger: Ledger, now: int, proposal: SignerSet, signatures: Signatures | None = None) -> Done:
    """The next set of a role by the quorum of its current one, brought by anyone. Refused.

    It replaces none that waits: or a stolen quorum could keep the admin's set out for ever.
    """
    findings = _check_proposal(ledger, proposal)
    known = ledger.signers.get(proposal.role)
    findings.malformed_if(known is not None and known.pending is not None, MalformedAt.SETUP)
    findings.enforce()
    if signatures is not None:
        current = _sets(ledger, proposal.role, signatures.set).current
        if signatures.set != current.id:
            raise Refused.of(Refusal.SignerSetUnknown, signatures.set, current.id)
        check_signers(current, signatures.signers)
    return _proposed(ledger, now, proposal)


def activate_signers(ledger: Ledger, now: int, role: int) -> Done:
    """Put the waiting set in force; the one before counts until the grace ends. Anyone may. Refused.

    Not a set of which so many were struck that the rest are no quorum: the chain would stand still with it.
    """
    known = ledger.signers.get(role)
    pending = known.pending if known is not None else None
    if known is None or pending is None:
        raise Refused.of(Refusal.Malformed, MalformedAt.SETUP)
    findings, left, need = Findings(), len(pending.set.signers), pending.set.threshold
    findings.refuse_if(left < need, Refusal.QuorumNotMet, left, need)
    findings.refuse_if(now < pending.eta, Refusal.NotYet, pending.eta)
    findings.enforce()
    ends = now + ledger.grace
    event = Event.of("SignersActivated", role=role, id=pending.set.id, grace_ends=ends)
    return Done(_with_role(ledger, role, RoleSigners(SignerSets(pending.set, known.sets.current, ends))), (event,))


def cancel_signers(ledger: Ledger, caller: bytes, role: int) -> Done:
    """Drop the waiting set. Refused."""
    findings, known = Findings(), ledger.signers.get(role)
    rules.check_guardian(findings, ledger, caller)
    pending = known.pending if known is not None else None
    findings.malformed_if(pending is None, MalformedAt.SETUP)
    if known is None or pending is None or findings.failed():
        raise findings.refusal()
    event = Event.of("SignersCancelled", role=role, id=pending.set.id)
    return Done(_with_role(ledger, role, replace(known, pending=None)), (event,))


def retire_signers(ledger: Ledger, caller: bytes, role: int) -> Done:
    """End the set before the current one at once, without grace. Refused."""
    findings, known = Findings(), ledger.signers.get(role)
    rules.check_guardian(findings, ledger, caller)
    previous = known.sets.previous if known is not None else None
    findings.malformed_if(previous is None, MalformedAt.SETUP)
    if known is None or previous is None or findings.failed():
        raise findings.refusal()
    event = Event.of("SignersRetired", role=role, id=previous.id)
    return Done(_with_role(ledger, role, replace(known, sets=SignerSets(known.sets.current))), (event,))


def strike_signer(ledger: Ledger, caller: bytes, role: int, signer: bytes) -> Done:
    """Take an address out of a role's current, previous and waiting set for good. Thresholds stay. Refused."""
    findings, known = Findings(), ledger.signers.get(role)
    rules.check_guardian(findings, ledger, caller)
    exists = any(role == known_role for known_role in Role)
    findings.malformed_if(not exists, MalformedAt.SETUP)
    listed = known is not None and any(signer in signers.signers for signers in _all_sets(known))
    findings.refuse_if(exists and not listed, Refusal.SignerUnknown, signer)
    if known is None or findings.failed():
        raise findings.refusal()
    sets, pending = known.sets, known.pending
    left = RoleSigners(
        SignerSets(
            _without(sets.current, signer),
            _without(sets.previous, signer) if sets.previous is not None else None,
            sets.grace_ends,
        ),
        Proposed(_without(pending.set, signer), pending.eta) if pending is not None else None,
    )
    ledger = replace(_with_role(ledger, role, left), struck=ledger.struck | {signer})
    return Done(ledger, (Event.of("SignerStruck", role=role, signer=signer),))


def _check_proposal(ledger: Ledger, proposal: SignerSet) -> Findings:
    """SignerSetUnknown, Malformed: no such role, a set out of form, an address that was struck or signs in the other role."""
    findings = Findings()
    if all(proposal.role != role for role in Role):
        findings.refuse(Refusal.Malformed, MalformedAt.SETUP)
        return findings
    known = ledger.signers.get(proposal.role)
    current = known.sets.current.id if known is not None else 0
    # A ledger that was told of no signers (a dry run's) takes no proposal.
    follows = known is not None and proposal.id == current + 1
    findings.refuse_if(not follows, Refusal.SignerSetUnknown, proposal.id, current)
    elsewhere = set(ledger.struck)
    for role, signers in ledger.signers.items():
        if role != proposal.role:
            elsewhere.update(signers.sets.current.signers, signers.pending.set.signers if signers.pending else ())
    formed = _is_formed(proposal) and elsewhere.isdisjoint(proposal.signers)
    findings.malformed_if(not formed, MalformedAt.SETUP)
    return findings


def _is_formed(proposal: SignerSet) -> bool:
    try:
        check_signer_set(proposal)
    except InvalidSignerSet:
        return False
    return True


def _proposed(ledger: Ledger, now: int, proposal: SignerSet) -> Done:
    known = ledger.signers[proposal.role]
    pending = Proposed(proposal, now + ledger.delay)
    told = {"role": proposal.role, "id": proposal.id, "threshold": proposal.threshold, "signers": proposal.signers}
    event = Event.of("SignersProposed", **told, eta=pending.eta)
    return Done(_with_role(ledger, proposal.role, replace(known, pending=pending)), (event,))


def _sets(ledger: Ledger, role: int, asked: int) -> SignerSets:
    """The sets of a role; SignerSetUnknown where it has none."""
    known = ledger.signers.get(role)
    if known is None:
        raise Refused.of(Refusal.SignerSetUnknown, asked, 0)
    return known.sets


def _all_sets(known: RoleSigners) -> list[SignerSet]:
    sets = [known.sets.current, known.sets.previous, known.pending.set if known.pending else None]
    return [signers for signers in sets if signers is not None]


def _without(signers: SignerSet, signer: bytes) -> SignerSet:
    return replace(signers, signers=tuple(known for known in signers.signers if known != signer))


def _with_role(ledger: Ledger, role: int, known: RoleSigners) -> Ledger:
    return replace(ledger, signers=with_entry(ledger.signers, role, known))
