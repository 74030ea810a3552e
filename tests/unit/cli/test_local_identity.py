"""How the local system's cast comes to be: people who don't exist, a policy with a quiet grid, and what chains say of them."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bridge.eligibility import EligibilityWord
from bridge.types import OracleBatch
from chains.base import Chain, Happened, Submitted
from chains.control import ManagedChain
from chains.token_events import AccountBound, BatchApplied, EligibilitySet
from identity.issuer.types.catalogue import load_catalogue
from identity.issuer.types.validity import valid_until
from identity.oracle.policy.grid import grid_point
from lockstep_cli.local.cast import ROLES, assemble
from lockstep_cli.local.identity import NotAdmitted, wait_admitted
from lockstep_cli.local.oracle import LocalOracle, NumberTaken
from lockstep_cli.local.policy import QUIET, VERIFICATIONS, draw_grid, write_policy
from lockstep_cli.local.subjects import FACTS, KYC, QUALIFICATION, draw_subject, kyc_claims, qualification_claims

ASSET = bytes(31) + b"\x07"
DAY = 86_400
NOW = 1_780_000_000
TODAY = dt.datetime.fromtimestamp(NOW, dt.UTC).date()


def test_everybodys_claims_fit_the_issuers_schemas_and_are_in_their_time() -> None:
    catalogue = load_catalogue()
    for facts in FACTS.values():
        subject = draw_subject(facts, TODAY, secrets.token_bytes)
        claims = ((KYC, kyc_claims(subject, TODAY)), (QUALIFICATION, qualification_claims(facts, TODAY)))
        for type_, content in claims:
            catalogue[type_].check(content)
            assert valid_until(type_, content, NOW) > NOW


def test_names_and_numbers_are_long_and_never_drawn_twice() -> None:
    drawn = [draw_subject(FACTS["ana"], TODAY, secrets.token_bytes) for _ in range(50)]
    identifiers = [text for one in drawn for text in one.identifiers()]
    assert len(set(identifiers)) == len(identifiers)
    assert min(len(text) for text in identifiers) >= 12


def test_dans_evidence_ends_before_the_next_point_of_the_grid_and_anas_does_not() -> None:
    """At any hour of the week, for any draw."""
    for hour in range(168):
        now = NOW + hour * 3_600
        today = dt.datetime.fromtimestamp(now, dt.UTC).date()
        offset = draw_grid(now, secrets.token_bytes)
        ends = {
            name: valid_until(KYC, kyc_claims(draw_subject(FACTS[name], today, secrets.token_bytes), today), now)
            for name in ("ana", "dan")
        }
        assert now < ends["dan"] <= now + QUIET
        assert grid_point(offset, ends["dan"], now) < now
        assert now + 28 * DAY < grid_point(offset, ends["ana"], now) <= now + 35 * DAY


def test_a_mere_representation_is_none_of_the_methods_that_the_policy_takes() -> None:
    policy = write_policy(ASSET, "did:web:issuer.example", NOW, secrets.token_bytes)
    assert policy.asset_id == ASSET
    assert FACTS["cho"].verification == "506b_representation"
    assert "506b_representation" not in VERIFICATIONS
    assert FACTS["ana"].verification in VERIFICATIONS


class Telling:
    """A chain whose final blocks say what a test wrote down, one block per look."""

    name = "evm"

    def __init__(self, blocks: Sequence[Sequence[Any]]) -> None:
        self.blocks, self.height, self.asked = blocks, 0, []  # type: tuple[Any, int, list[tuple[int, int]]]

    def finalised(self) -> Any:
        self.height = min(self.height + 1, len(self.blocks))
        return SimpleNamespace(number=self.height)

    def history(self, first: int, last: int, asset: bytes) -> list[Happened]:
        self.asked.append((first, last))
        return [Happened(event, cast("Any", None)) for block in self.blocks[first - 1 : last] for event in block]


def bound(name: str, investor: bytes) -> AccountBound:
    role = next(role for role in ROLES if role.name == name)
    return AccountBound(ASSET, assemble(role, bytes(32)).evm.id, investor)


def word(investor: bytes, class_: int) -> EligibilitySet:
    return EligibilitySet(ASSET, investor, EligibilityWord(1, class_, 7, 2, 0).pack())


def waited(chain: Telling, seconds: float = 5.0) -> Any:
    now = [0.0]

    def wait(length: float) -> None:
        now[0] += length

    return wait_admitted(cast("ManagedChain", chain), ASSET, seconds, monotonic=lambda: now[0], wait=wait)


def test_everybody_is_who_the_chain_says_and_each_block_is_read_once() -> None:
    investors = {role.name: bytes(16) + bytes([place]) * 16 for place, role in enumerate(ROLES, start=1)}
    words = [word(investor, 40 + place) for place, investor in enumerate(investors.values())]
    chain = Telling([words[:2], words[2:], [bound(name, investor) for name, investor in investors.items()]])
    told = waited(chain)
    assert {name: one.investor for name, one in told.items()} == investors
    assert [told[role.name].class_ for role in ROLES] == [40, 41, 42, 43, 44]
    assert chain.asked == [(1, 1), (2, 2), (3, 3)]


def test_whom_a_chain_does_not_know_in_time_is_named() -> None:
    chain = Telling([[bound("ana", b"\1" * 32), word(b"\1" * 32, 3), bound("ben", b"\2" * 32)]])
    with pytest.raises(NotAdmitted, match="evm knows nothing of ben, cho, dan, fay after 5 s"):
        waited(chain)


class Numbering:
    """A chain on which somebody else's batch takes the number, some times."""

    name, domain = "evm", b"\3" * 32

    def __init__(self, taken: int) -> None:
        self.taken, self.submitted = taken, []  # type: tuple[int, list[OracleBatch]]

    def views(self) -> Any:
        clock = SimpleNamespace(time=NOW, issued_at=NOW, number=len(self.submitted))
        current = SimpleNamespace(current=SimpleNamespace(threshold=2, id=1))
        return SimpleNamespace(clock=lambda: clock, signer_set=lambda _role: current)

    def submit_batch(self, batch: OracleBatch, set_id: int, signatures: Any, signer: Any) -> Submitted:
        self.submitted.append(batch)
        applied = len(self.submitted) > self.taken
        return Submitted(cast("Any", None), happened=(BatchApplied(batch.number, batch.issued_at),) if applied else ())


@pytest.fixture
def _development(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")


@pytest.mark.usefixtures("_development")
def test_a_batch_whose_number_was_taken_meanwhile_is_made_anew() -> None:
    chain = Numbering(taken=2)
    LocalOracle(ASSET).publish(cast("Chain", chain))
    assert [batch.number for batch in chain.submitted] == [1, 2, 3]


@pytest.mark.usefixtures("_development")
def test_a_number_that_is_taken_each_time_is_told_and_not_taken_for_done() -> None:
    with pytest.raises(NumberTaken):
        LocalOracle(ASSET).publish(cast("Chain", Numbering(taken=99)))
