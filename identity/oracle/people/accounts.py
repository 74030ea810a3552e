"""Accounts that investors link: a challenge, a proof of control, and what the chains are to be told.

An account belongs to one investor per asset. Two keys must have signed one statement: the account's, and the holder's
(`proofs.consent`). Both are checked here first, so that a wrong one is refused at once; every signer checks them again
before a chain binds the account. After an account was unlinked, another one can be linked
only when a cooling time is over: a thief with a session can't move somebody's holdings-to-be to himself in a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from identity.oracle.people.errors import (
    AccountTaken,
    ChainUnknown,
    ChallengeUnknown,
    ConsentMissing,
    CoolingDown,
    NotEnrolled,
)
from identity.oracle.people.persons import INVESTOR
from identity.oracle.people.proofs import (
    AccountControl,
    ContractSignatures,
    Proof,
    Scheme,
    check_proof,
    parse_account,
)
from identity.oracle.people.proofs.consent import CONSENT_SECONDS
from identity.oracle.people.tables import ACCOUNTS, CHALLENGES, COOLING, ENROLMENTS
from identity.ports import Randomness
from identity.refusals import NotFound, WrongState
from identity.storage.once import insert_once
from identity.storage.vault import new_id
from identity.storage.writer import Transaction

CHALLENGE_SECONDS = CONSENT_SECONDS
"""Until the chain has bound the account: signers take no statement that has ended, and none that lasts longer."""
COOLING_SECONDS = 86_400
SETTLING_SECONDS = 900
"""How long a batch that was signed before the statement ended may still be on its way to a final block."""
MAX_OPEN_CHALLENGES = 16


class AccountState(StrEnum):
    """Where a linked account stands on its chain."""

    PROVEN = "proven"
    """Control is shown; the chain is still to be told."""
    BOUND = "bound"
    UNBINDING = "unbinding"
    """The chain is to be told that it belongs to nobody."""


@dataclass(frozen=True, slots=True)
class AccountRules:
    """Seconds: how long a challenge may be answered, and the cooling time."""

    challenge_seconds: int = CHALLENGE_SECONDS
    cooling_seconds: int = COOLING_SECONDS


@dataclass(frozen=True, slots=True)
class BoundAccount:
    """A linked account with the proof it was linked by. `domain` is the bridge's domain of its chain, 32 bytes."""

    id: str
    person_id: str
    asset: bytes
    chain: str
    domain: bytes
    account: bytes
    state: AccountState
    control: AccountControl
    proof: Proof
    consent: str | None
    """None only for what was bound before holders were asked."""


class Accounts:
    """All linked accounts of one oracle.

    Args:
        oracle: the oracle's DID, which statements name.
        chains: the chains that are served: their domains (32 bytes) by CAIP-2 id.
    """

    def __init__(
        self, oracle: str, chains: Mapping[str, bytes], randomness: Randomness, rules: AccountRules = AccountRules()
    ) -> None:
        self._oracle, self._chains, self._randomness, self._rules = oracle, chains, randomness, rules

    @property
    def chains(self) -> Mapping[str, bytes]:
        """The chains that are served: their domains by CAIP-2 id."""
        return self._chains

    def challenge(
        self, tx: Transaction, person_id: str, holder: str, asset: bytes, chain: str, account: str
    ) -> AccountControl:
        """A statement to be signed with the account, within the challenge's time.

        Raises:
            ChainUnknown, AccountMalformed: there is no such chain or account.
            NotEnrolled: the person has no pseudonym for the asset.
            AccountTaken, CoolingDown: the account can't be linked, or not now.
            WrongState: too many challenges are open.
        """
        self._require_chain(chain)
        account_id = parse_account(chain, account)
        self._require_linkable(tx, person_id, asset, chain, account_id)
        connection = tx.connection
        connection.execute(delete(CHALLENGES).where(CHALLENGES.c.expires_at <= tx.now))
        count = select(func.count()).select_from(CHALLENGES).where(CHALLENGES.c.person_id == person_id)
        if connection.execute(count).scalar_one() >= MAX_OPEN_CHALLENGES:
            raise WrongState("list of open challenges", "full", f"shorter than {MAX_OPEN_CHALLENGES}")
        nonce = new_id(self._randomness)
        expires_at = tx.now + self._rules.challenge_seconds
        connection.execute(
            insert(CHALLENGES).values(
                nonce=nonce,
                person_id=person_id,
                holder=holder,
                asset=asset,
                chain=chain,
                account=account_id,
                expires_at=expires_at,
            )
        )
        return AccountControl(self._oracle, asset, chain, account_id, holder, nonce, expires_at)

    def find_challenge(self, connection: Connection, person_id: str, nonce: str, now: int) -> AccountControl:
        """The statement behind a nonce that was given to this person and is still open. ChallengeUnknown."""
        row = connection.execute(
            select(CHALLENGES).where(CHALLENGES.c.nonce == nonce, CHALLENGES.c.person_id == person_id)
        ).first()
        if row is None or now >= row.expires_at:
            raise ChallengeUnknown
        return AccountControl(self._oracle, row.asset, row.chain, row.account, row.holder, nonce, row.expires_at)

    def check(self, control: AccountControl, proof: Proof, contracts: ContractSignatures | None) -> None:
        """Checks a proof; may ask a chain, so it is called outside of transactions. ProofRefused."""
        check_proof(control, proof, contracts)

    def agree(self, tx: Transaction, person_id: str, nonce: str, consent: str) -> None:
        """Keeps the holder's consent, which was checked, with the statement. ChallengeUnknown: spent or over meanwhile."""
        self.find_challenge(tx.connection, person_id, nonce, tx.now)
        tx.connection.execute(update(CHALLENGES).where(CHALLENGES.c.nonce == nonce).values(consent=consent))
        tx.note(INVESTOR, "account.agree", person_id)

    def link(self, tx: Transaction, person_id: str, control: AccountControl, proof: Proof) -> BoundAccount:
        """Links an account whose proof was checked, and spends its challenge.

        Raises:
            ChallengeUnknown: spent or over meanwhile.
            ConsentMissing: the holder has not agreed to it.
            NotEnrolled, AccountTaken, CoolingDown: as `challenge`.
        """
        if self.find_challenge(tx.connection, person_id, control.nonce, tx.now) != control:
            raise ChallengeUnknown
        self._require_linkable(tx, person_id, control.asset, control.chain, control.account)
        this = CHALLENGES.c.nonce == control.nonce
        consent = tx.connection.execute(select(CHALLENGES.c.consent).where(this)).scalar_one()
        if consent is None:
            raise ConsentMissing
        tx.connection.execute(delete(CHALLENGES).where(this))
        row = {
            "id": new_id(self._randomness),
            "person_id": person_id,
            "asset": control.asset,
            "chain": control.chain,
            "domain": self._chains[control.chain],
            "account": control.account,
            "state": AccountState.PROVEN.value,
            "scheme": proof.scheme.value,
            "holder": control.holder,
            "nonce": control.nonce,
            "expires_at": control.expires_at,
            "signature": proof.signature,
            "consent": consent,
            "at": tx.now,
        }
        if not insert_once(tx.connection, ACCOUNTS, row):
            raise AccountTaken(own=False)
        tx.note(INVESTOR, "account.link", str(row["id"]))
        return self._account(tx.connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.id == row["id"])).one())

    def unlink(self, tx: Transaction, by: str, person_id: str, account_id: str) -> None:
        """The account is to belong to nobody; the cooling time begins. NotFound, WrongState.

        A chain unbinds an account only while it holds nothing and nothing of its investor is in flight.
        """
        row = tx.connection.execute(
            select(ACCOUNTS).where(ACCOUNTS.c.id == account_id, ACCOUNTS.c.person_id == person_id)
        ).first()
        if row is None:
            raise NotFound("account")
        if row.state == AccountState.UNBINDING:
            raise WrongState("account", row.state, "linked")
        self._set(tx, account_id, AccountState.UNBINDING)
        tx.connection.execute(
            insert(COOLING).values(
                person_id=person_id,
                asset=row.asset,
                domain=row.domain,
                account=row.account,
                until=tx.now + self._rules.cooling_seconds,
            )
        )
        tx.note(by, "account.unlink", account_id)

    def mark_bound(self, tx: Transaction, account_id: str) -> None:
        """The chain has bound it, in a final block."""
        self._set(tx, account_id, AccountState.BOUND)
        tx.note("chain", "account.bound", account_id)

    def mark_unbound(self, tx: Transaction, account_id: str) -> None:
        """The chain has unbound it, in a final block: the account is free again."""
        tx.connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.id == account_id))
        tx.note("chain", "account.unbound", account_id)

    def accounts_of(self, connection: Connection, person_id: str, asset: bytes) -> list[BoundAccount]:
        """A person's accounts in an asset, the oldest first."""
        rows = connection.execute(
            select(ACCOUNTS)
            .where(ACCOUNTS.c.person_id == person_id, ACCOUNTS.c.asset == asset)
            .order_by(ACCOUNTS.c.at, ACCOUNTS.c.id)
        )
        return [self._account(row) for row in rows]

    def pending(self, connection: Connection, asset: bytes, domain: bytes, now: int) -> list[BoundAccount]:
        """What a chain is still to be told of an asset, the oldest first. A proof that has ended is worth nothing."""
        proven = (ACCOUNTS.c.state == AccountState.PROVEN.value) & (ACCOUNTS.c.expires_at > now)
        rows = connection.execute(
            select(ACCOUNTS)
            .where(ACCOUNTS.c.domain == domain, ACCOUNTS.c.asset == asset)
            .where(proven | (ACCOUNTS.c.state == AccountState.UNBINDING.value))
            .order_by(ACCOUNTS.c.at, ACCOUNTS.c.id)
        )
        return [self._account(row) for row in rows]

    def find(self, connection: Connection, asset: bytes, domain: bytes, account: bytes) -> BoundAccount | None:
        """The linked account of these 32 bytes, whoever's it is."""
        row = connection.execute(
            select(ACCOUNTS).where(
                ACCOUNTS.c.asset == asset, ACCOUNTS.c.domain == domain, ACCOUNTS.c.account == account
            )
        ).first()
        return None if row is None else self._account(row)

    def _require_chain(self, chain: str) -> None:
        if chain not in self._chains:
            raise ChainUnknown(chain)

    def _require_linkable(self, tx: Transaction, person_id: str, asset: bytes, chain: str, account: bytes) -> None:
        connection, domain = tx.connection, self._chains[chain]
        enrolled = select(ENROLMENTS.c.investor).where(ENROLMENTS.c.person_id == person_id, ENROLMENTS.c.asset == asset)
        if connection.execute(enrolled).first() is None:
            raise NotEnrolled
        # What no chain has bound while its proof counted is free again, for anybody who proves control now.
        over = (ACCOUNTS.c.state == AccountState.PROVEN.value) & (ACCOUNTS.c.expires_at <= tx.now - SETTLING_SECONDS)
        connection.execute(delete(ACCOUNTS).where(over))
        known = self.find(connection, asset, domain, account)
        if known is not None:
            raise AccountTaken(own=known.person_id == person_id)
        connection.execute(delete(COOLING).where(COOLING.c.until <= tx.now))
        cooling = select(func.max(COOLING.c.until)).where(
            COOLING.c.asset == asset,
            COOLING.c.domain == domain,
            (COOLING.c.person_id == person_id) | (COOLING.c.account == account),
        )
        until = connection.execute(cooling).scalar()
        if until is not None:
            raise CoolingDown(until, tx.now)

    def _set(self, tx: Transaction, account_id: str, state: AccountState) -> None:
        changed = tx.connection.execute(
            update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(state=state.value, at=tx.now)
        )
        if changed.rowcount != 1:
            raise NotFound("account")

    def _account(self, row: Row[Any]) -> BoundAccount:
        control = AccountControl(self._oracle, row.asset, row.chain, row.account, row.holder, row.nonce, row.expires_at)
        return BoundAccount(
            id=row.id,
            person_id=row.person_id,
            asset=row.asset,
            chain=row.chain,
            domain=row.domain,
            account=row.account,
            state=AccountState(row.state),
            control=control,
            proof=Proof(Scheme(row.scheme), row.signature),
            consent=row.consent,
        )
