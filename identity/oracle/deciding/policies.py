"""Policies as versioned records: proposed by one person, approved by another, in force from their time on.

What is in force is asked of the database each time; only the parsed form of a document, which never changes, is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from identity.oracle.deciding.errors import OtherHash, TwoPersonsNeeded
from identity.oracle.deciding.tables import POLICIES
from identity.oracle.policy.document import Policy, parse_policy
from identity.refusals import NotFound, WrongState
from identity.storage.writer import Transaction

PROPOSED, APPROVED, WITHDRAWN = "proposed", "approved", "withdrawn"

_ACTIVE = (
    select(POLICIES.c.digest, POLICIES.c.body)
    .where(
        POLICIES.c.asset == bindparam("asset"),
        POLICIES.c.state == APPROVED,
        POLICIES.c.effective_at <= bindparam("now"),
    )
    .order_by(POLICIES.c.version.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed policy as its approver must name it."""

    asset: bytes
    version: int
    digest: bytes


class Policies:
    """The policies of all assets."""

    def __init__(self) -> None:
        self._parsed: dict[bytes, Policy] = {}

    def propose(self, tx: Transaction, by: str, document: bytes) -> Proposal:
        """Stores a policy for somebody else to approve.

        Raises:
            PolicyRefused: the document is none.
            WrongState: a policy of this version, or a later one, is there.
        """
        policy = parse_policy(document)
        newest = tx.connection.execute(
            select(func.max(POLICIES.c.version)).where(POLICIES.c.asset == policy.asset_id)
        ).scalar()
        if newest is not None and policy.version <= newest:
            raise WrongState("policy", f"version {policy.version}", f"of a version above {newest}")
        row = {
            "asset": policy.asset_id,
            "version": policy.version,
            "digest": policy.digest,
            "body": policy.canonical,
            "state": PROPOSED,
            "effective_at": policy.effective_at,
            "proposed_by": by,
            "proposed_at": tx.now,
        }
        tx.connection.execute(insert(POLICIES), row)
        tx.note(by, "policy.propose", _name(policy.asset_id, policy.version), policy.digest)
        return Proposal(policy.asset_id, policy.version, policy.digest)

    def approve(self, tx: Transaction, by: str, proposal: Proposal) -> int:
        """Stands for a policy that somebody else proposed; from when it is in force, never from the past.

        Raises:
            NotFound, WrongState: there is no such proposal, or a later version is approved.
            TwoPersonsNeeded: the approver proposed it.
            OtherHash: the approver read another document.
        """
        row = self._row(tx, proposal.asset, proposal.version)
        if row.state != PROPOSED:
            raise WrongState("policy", row.state, PROPOSED)
        if row.proposed_by == by:
            raise TwoPersonsNeeded(by, "approve the policy")
        if row.digest != proposal.digest:
            raise OtherHash(proposal.digest, row.digest)
        later = select(POLICIES.c.version).where(
            POLICIES.c.asset == proposal.asset, POLICIES.c.state == APPROVED, POLICIES.c.version > proposal.version
        )
        if tx.connection.execute(later).first() is not None:
            raise WrongState("policy", "superseded", PROPOSED)
        effective = max(int(row.effective_at), tx.now)
        self._set(tx, row, PROPOSED, state=APPROVED, approved_by=by, approved_at=tx.now, effective_at=effective)
        tx.note(by, "policy.approve", _name(row.asset, row.version), row.digest)
        return effective

    def withdraw(self, tx: Transaction, by: str, asset: bytes, version: int) -> None:
        """Takes back a policy that is not in force yet. WrongState for one that is: only a newer one replaces it."""
        row = self._row(tx, asset, version)
        if row.state == WITHDRAWN or (row.state == APPROVED and row.effective_at <= tx.now):
            raise WrongState("policy", "in force" if row.state == APPROVED else row.state, "not in force yet")
        self._set(tx, row, row.state, state=WITHDRAWN)
        tx.note(by, "policy.withdraw", _name(asset, version), row.digest)

    def active(self, connection: Connection, asset: bytes, now: int) -> Policy | None:
        """The approved policy of the highest version whose time has come; None: nobody is admitted to the asset."""
        row = connection.execute(_ACTIVE, {"asset": asset, "now": now}).first()
        return None if row is None else self._policy(row.digest, row.body)

    def assets(self, connection: Connection, now: int) -> Sequence[bytes]:
        """The assets with a policy in force."""
        in_force = select(POLICIES.c.asset).where(POLICIES.c.state == APPROVED, POLICIES.c.effective_at <= now)
        return [row.asset for row in connection.execute(in_force.distinct().order_by(POLICIES.c.asset))]

    def came_into_force(self, connection: Connection, after: int, until: int) -> Sequence[bytes]:
        """Assets of which a policy came into force after one second and not after another."""
        fresh = select(POLICIES.c.asset).where(
            POLICIES.c.state == APPROVED, POLICIES.c.effective_at > after, POLICIES.c.effective_at <= until
        )
        return [row.asset for row in connection.execute(fresh.distinct())]

    def versions(self, connection: Connection, asset: bytes) -> Sequence[Any]:
        """Every version of an asset's policy with who did what when, oldest first."""
        return connection.execute(
            select(POLICIES).where(POLICIES.c.asset == asset).order_by(POLICIES.c.version)
        ).fetchall()

    def _policy(self, digest: bytes, body: bytes) -> Policy:
        known = self._parsed.get(digest)
        if known is None:
            known = self._parsed[digest] = parse_policy(body)
        return known

    def _row(self, tx: Transaction, asset: bytes, version: int) -> Any:
        where = (POLICIES.c.asset == asset, POLICIES.c.version == version)
        row = tx.connection.execute(select(POLICIES).where(*where).with_for_update()).first()
        if row is None:
            raise NotFound("policy")
        return row

    def _set(self, tx: Transaction, row: Any, before: str, **values: Any) -> None:
        where = (POLICIES.c.asset == row.asset, POLICIES.c.version == row.version, POLICIES.c.state == before)
        if tx.connection.execute(update(POLICIES).where(*where).values(**values)).rowcount != 1:
            raise WrongState("policy", "changed by somebody else", before)


def _name(asset: bytes, version: int) -> str:
    """What the audit chain calls a policy: enough of the asset to tell it, within its 64 characters."""
    return f"{asset.hex()[:32]}/{version}"
