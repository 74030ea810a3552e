"""What the publisher is told: accounts and evidence joined, and what of a batch a chain took."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bridge.types import ZERO32, BindingItem, OracleBatch
from chains.token_events import ItemSkipped
from identity.oracle.people.accounts import AccountState, BoundAccount
from identity.oracle.people.proofs import AccountControl, Proof, Scheme
from identity.oracle.source import OracleSource

ASSET, DOMAIN = b"\1" * 32, b"\2" * 32
INVESTOR = bytes(16) + b"\3" * 16


def account(place: int, state: AccountState, person: str = "person-1") -> BoundAccount:
    number = bytes(12) + bytes([place]) * 20
    control = AccountControl("did:web:oracle.example", ASSET, "eip155:1", number, "holder", "nonce", 2_000_000_000)
    return BoundAccount(
        f"account-{place}",
        person,
        ASSET,
        "eip155:1",
        DOMAIN,
        number,
        state,
        control,
        Proof(Scheme.EIP712, b"\5" * 65),
        "a consent",
    )


@dataclass
class Rooms:
    """People and accounts as two tables in memory."""

    accounts: list[BoundAccount]
    marked: list[tuple[str, str]] = field(default_factory=list)

    def pending(self, _connection: Any, _asset: bytes, _domain: bytes, _now: int) -> list[BoundAccount]:
        return [one for one in self.accounts if one.state is not AccountState.BOUND]

    def find(self, _connection: Any, _asset: bytes, _domain: bytes, number: bytes) -> BoundAccount | None:
        return next((one for one in self.accounts if one.account == number), None)

    def mark_bound(self, _tx: Any, account_id: str) -> None:
        self.marked.append(("bound", account_id))

    def mark_unbound(self, _tx: Any, account_id: str) -> None:
        self.marked.append(("unbound", account_id))

    def investor_of(self, _connection: Any, person: str, _asset: bytes) -> bytes | None:
        return INVESTOR if person == "person-1" else None

    def signer_evidence(self, _connection: Any, person: str, policy: object, now: int) -> list[str]:
        return [f"{person} under {policy} at {now}"]

    def read(self) -> Rooms:
        return self

    def __enter__(self) -> None: ...

    def __exit__(self, *_error: object) -> None: ...

    def run_blocking(self, job: Any) -> Any:
        return job(SimpleNamespace(connection=None))

    def policy(self, _asset: bytes) -> str:
        return "the policy"


def source(*accounts: BoundAccount) -> tuple[OracleSource, Rooms]:
    rooms: Any = Rooms(list(accounts))
    made = OracleSource(deciding=rooms, people=rooms, accounts=rooms, database=rooms, writer=rooms, clock=lambda: 77)
    return made, rooms


def applied(source_: OracleSource, bindings: list[BindingItem], skipped: list[ItemSkipped]) -> None:
    source_.applied(DOMAIN, OracleBatch(4, 1, (), tuple(bindings), ()), skipped)


def item(one: BoundAccount, investor: bytes = INVESTOR) -> BindingItem:
    return BindingItem(ASSET, one.account, investor)


def test_a_proven_account_is_to_be_bound_with_its_proof_and_one_that_was_taken_back_to_nobody() -> None:
    proven, leaving = account(1, AccountState.PROVEN), account(2, AccountState.UNBINDING)
    bind, unbind = source(proven, leaving, account(3, AccountState.BOUND))[0].bindings(ASSET, DOMAIN)
    assert (bind.account, bind.investor, bind.person_id) == (proven.account, INVESTOR, "person-1")
    assert bind.proof is not None
    assert (bind.proof["scheme"], bind.proof["consent"]) == ("eip712", "a consent")
    assert (unbind.account, unbind.investor, unbind.proof) == (leaving.account, ZERO32, None)


def test_an_account_whose_person_was_erased_is_to_belong_to_nobody() -> None:
    (wanted,) = source(account(1, AccountState.PROVEN, person="erased"))[0].bindings(ASSET, DOMAIN)
    assert wanted.investor == ZERO32


def test_evidence_is_asked_of_people_and_not_of_nobody() -> None:
    assert source()[0].evidence(ASSET, ["person-1", ""]) == {"person-1": ["person-1 under the policy at 77"]}


def test_what_a_chain_took_is_remembered_and_what_it_skipped_is_not() -> None:
    one, two, three = (
        account(1, AccountState.PROVEN),
        account(2, AccountState.PROVEN),
        account(3, AccountState.UNBINDING),
    )
    told, rooms = source(one, two, three)
    skipped = ItemSkipped(4, 2, 1, 44)
    applied(told, [item(one), item(two), item(three, ZERO32)], [skipped])
    assert rooms.marked == [("bound", "account-1"), ("unbound", "account-3")]


def test_a_skipped_item_of_another_kind_at_the_same_place_changes_nothing() -> None:
    one = account(1, AccountState.PROVEN)
    told, rooms = source(one)
    applied(told, [item(one)], [ItemSkipped(4, 1, 0, 43)])
    assert rooms.marked == [("bound", "account-1")]


@pytest.mark.parametrize(
    ("state", "investor"),
    [(AccountState.UNBINDING, INVESTOR), (AccountState.PROVEN, ZERO32), (AccountState.BOUND, INVESTOR)],
)
def test_a_binding_that_is_no_longer_wanted_does_not_change_what_is_known(state: AccountState, investor: bytes) -> None:
    """The person took the account back while the batch was under way, or the other way round."""
    one = account(1, state)
    told, rooms = source(one)
    applied(told, [item(one, investor)], [])
    assert rooms.marked == []


def test_a_binding_of_an_account_that_nobody_linked_is_passed_over() -> None:
    told, rooms = source()
    applied(told, [BindingItem(ASSET, cast("bytes", b"\7" * 32), INVESTOR)], [])
    assert rooms.marked == []
