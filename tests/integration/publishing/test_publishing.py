"""From what the oracle wants to what stands on both chains: three signer processes, a publisher, both real chains."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from bridge.abi import encode_struct
from bridge.types import BindingItem, BindingPermit, EligibilityItem, OracleBatch, Permission, QuotaItem
from chains.accounts import Account
from chains.errors import ChainUnavailable
from identity.formats.status_list import Status
from identity.oracle.people.proofs import AccountControl, Proof, permit_json, proof_json
from identity.oracle.policy.grid import grid_point
from identity.oracle.policy.words import EXIT
from identity.oracle.publishing.drafting import draft_binding
from identity.oracle.publishing.grounds import build_permit_request, build_request
from identity.oracle.publishing.journal import BatchState
from identity.oracle.publishing.ports import WantedBinding
from identity.wallet.investing import sign_control
from lockstep_cli.local.cast import evm_account, substrate_account
from lockstep_cli.local.system import LocalSystem
from tests.integration.publishing.desk import EVERYTHING, LIMIT, ORACLE, SEATS, OracleHouse, agree, investor_of
from tests.support.credentials import holder

pytestmark = pytest.mark.chains


@pytest.fixture(scope="module")
def rooms(system: LocalSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OracleHouse]:
    with OracleHouse(system, tmp_path_factory.mktemp("oracle"), 0x0A11) as made:
        yield made


def settle(rooms: OracleHouse) -> None:
    async def act() -> None:
        async with rooms.publisher() as publisher:
            await publisher.settle()

    asyncio.run(act())


def test_a_word_with_its_limit_and_its_accounts_stands_on_both_chains(rooms: OracleHouse) -> None:
    credential = rooms.served.issuer.credential(1, rooms.now())
    wish = rooms.desk.admit(1, credential)
    accounts = {"substrate": substrate_account("gil"), "evm": evm_account(13)}
    for domain, chain in rooms.chains.items():
        rooms.desk.link(domain, chain.views().identity().caip2, 1, accounts[chain.name])
    settle(rooms)
    for chain in rooms.chains.values():
        word = rooms.word(chain, 1)
        assert wish.word is not None
        assert (word.class_, word.permissions, word.valid_until) == (4_242, EVERYTHING, wish.word.valid_until)
        assert word.limit == LIMIT // 2
        account = chain.views().account_of(rooms.asset, accounts[chain.name].id)
        assert account.investor == investor_of(rooms.asset, 1)
        assert chain.views().quota_of(rooms.asset, 4_242).quota == 1


def test_a_withdrawal_reaches_both_chains_and_leaves_the_way_out(rooms: OracleHouse) -> None:
    rooms.desk.suspend(1)
    settle(rooms)
    for chain in rooms.chains.values():
        word = rooms.word(chain, 1)
        assert word.permissions == EXIT
        assert not word.allows(Permission.RECEIVE)


def test_one_dead_signer_holds_nothing_up_and_comes_back(rooms: OracleHouse) -> None:
    rooms.processes[0].kill()
    rooms.desk.admit(2, rooms.served.issuer.credential(2, rooms.now()))
    settle(rooms)
    assert [rooms.word(chain, 2).permissions for chain in rooms.chains.values()] == [EVERYTHING] * 2
    rooms.restart(0)


def test_one_signer_that_lies_holds_nothing_up(rooms: OracleHouse) -> None:
    rooms.desk.admit(3, rooms.served.issuer.credential(3, rooms.now()))

    async def act() -> None:
        async with rooms.publisher(transport=Lying(rooms, rooms.urls[1])) as publisher:
            await publisher.settle()

    asyncio.run(act())
    assert [rooms.word(chain, 3).permissions for chain in rooms.chains.values()] == [EVERYTHING] * 2


def test_killed_between_journal_and_submission_the_same_batch_goes_out(rooms: OracleHouse) -> None:
    """The next publisher finds the signatures in the journal and asks nobody again."""
    rooms.desk.admit(4, rooms.served.issuer.credential(4, rooms.now()))
    chain = rooms.system.evm
    number = chain.views().clock().number + 1

    async def die() -> None:
        async with rooms.publisher() as publisher:
            publisher._submit = killed  # type: ignore[method-assign, assignment]
            with pytest.raises(ChainUnavailable):
                await publisher.turn(chain.domain)
            entry = publisher.journal.entry(chain.domain, number)
            assert entry is not None
            assert entry.state is BatchState.SIGNED
            left.append(entry.batch)

    async def go_on() -> None:
        async with rooms.publisher(["https://localhost:1"]) as publisher:
            await publisher.turn(chain.domain)

    left: list[OracleBatch] = []
    asyncio.run(die())
    assert rooms.word(chain, 4).permissions == 0
    asyncio.run(go_on())
    assert rooms.word(chain, 4).permissions == EVERYTHING
    assert rooms.desk.done[-1] == (chain.domain, left[0])
    settle(rooms)


async def killed(*_: object) -> None:
    raise ChainUnavailable("evm", "killed")


class Lying(httpx.AsyncBaseTransport):
    """The real way to the signers, but for one, which answers with a signature of its own making."""

    def __init__(self, rooms: OracleHouse, liar: str) -> None:
        context = ssl.create_default_context(cafile=str(rooms.authority.root_file))
        self._real, self._liar = httpx.AsyncHTTPTransport(verify=context), liar

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(self._liar):
            return httpx.Response(200, json={"set_id": 1, "signature": "0x" + "11" * 64 + "1b"})
        return await self._real.handle_async_request(request)

    async def aclose(self) -> None:
        await self._real.aclose()


def test_many_words_read_at_once_are_those_of_the_views(rooms: OracleHouse) -> None:
    """On Substrate they come from storage: its layout must still be the one that is read."""
    people = [*rooms.system.people.values()]
    keys = [(rooms.system.asset, one.investor) for one in people]
    keys += [(rooms.asset, investor_of(rooms.asset, person)) for person in (1, 2, 99)]
    for chain in rooms.chains.values():
        at = chain.finalised()
        views = chain.views(at)
        assert chain.words(keys, at) == [views.eligibility_of(*key) for key in keys]
        assert chain.limits(keys, at) == [views.limit_of(*key) for key in keys]
        assert any(limit.used for limit in chain.limits(keys, at)) is (chain.name == "substrate")


# A stolen oracle service: it has the database, the network and the submitter's key, and not the signers.


def ask(rooms: OracleHouse, chain: Any, *items: EligibilityItem | QuotaItem, **spoilt: Any) -> list[str]:
    """What the three signers answer to a request of the thief's making: the check that refuses, or `signed`."""
    clock = chain.views().clock()
    batch = OracleBatch(
        clock.number + 1,
        max(clock.issued_at, rooms.now()),
        tuple(item for item in items if isinstance(item, EligibilityItem)),
        (),
        tuple(item for item in items if isinstance(item, QuotaItem)),
    )
    issuer = rooms.served.issuer
    grounds = [
        {"kind": kind, "index": index, "bucket": "accredited", "evidence": spoilt.get("evidence", [])}
        for kind, kinds in (("eligibility", batch.eligibilities), ("quota", batch.quotas))
        for index in range(len(kinds))
    ]
    return post(
        rooms,
        "/batches",
        {
            "chain": "0x" + chain.domain.hex(),
            "batch": "0x" + encode_struct(batch).hex(),
            "assets": {"0x" + rooms.asset.hex(): {"policy": rooms.rules.canonical.decode()}},
            "status_tokens": {issuer.list_uri: spoilt.get("token", issuer.status_token(rooms.now()))},
            "grounds": grounds,
        },
    )


def post(rooms: OracleHouse, path: str, body: dict[str, Any]) -> list[str]:
    context = ssl.create_default_context(cafile=str(rooms.authority.root_file))
    with httpx.Client(verify=context, timeout=60) as client:
        answers = [client.post(url + path, json=body) for url in rooms.urls]
    return ["signed" if answer.is_success else str(answer.json()["check"]) for answer in answers]


def grant(rooms: OracleHouse, person: int, *, delta: int = 0) -> EligibilityItem:
    until = grid_point(rooms.rules.grid_offset, rooms.now() + 100 * 86_400, rooms.now())
    return EligibilityItem(rooms.asset, investor_of(rooms.asset, person), until, 4_242, EVERYTHING, delta)


@pytest.fixture(params=["substrate", "evm"])
def chain(request: pytest.FixtureRequest, rooms: OracleHouse) -> Any:
    return rooms.system.chains[request.param]


def test_no_signer_grants_a_thief_anything_without_evidence(rooms: OracleHouse, chain: Any) -> None:
    assert ask(rooms, chain, grant(rooms, 66)) == ["evidence"] * 3


def test_no_signer_takes_a_stale_status(rooms: OracleHouse, chain: Any) -> None:
    shown = [rooms.served.issuer.credential(67, rooms.now()).showing(("level",))]
    old = rooms.served.issuer.status_token(rooms.now() - 61)
    assert ask(rooms, chain, grant(rooms, 67), evidence=shown, token=old) == ["status"] * 3


def test_no_signer_takes_a_revoked_credential(rooms: OracleHouse, chain: Any) -> None:
    credential = rooms.served.issuer.credential(68, rooms.now())
    rooms.served.issuer.statuses[credential.index] = Status.INVALID
    assert ask(rooms, chain, grant(rooms, 68), evidence=[credential.showing(("level",))]) == ["verdict"] * 3


def test_no_signer_exceeds_the_holding_limit(rooms: OracleHouse, chain: Any) -> None:
    shown = [rooms.served.issuer.credential(69, rooms.now()).showing(("level",))]
    assert ask(rooms, chain, grant(rooms, 69, delta=LIMIT + 1), evidence=shown) == ["limit"] * 3


def test_no_signer_exceeds_the_seats(rooms: OracleHouse, chain: Any) -> None:
    assert ask(rooms, chain, QuotaItem(rooms.asset, 4_242, SEATS)) == ["seats"] * 3


def account_of(chain: Any, byte: int) -> bytes:
    """Somebody's account in the form of the chain."""
    return bytes(12) + bytes([byte] * 20) if chain.name == "evm" else bytes([byte] * 32)


def test_no_signer_signs_a_permit_again(rooms: OracleHouse, chain: Any) -> None:
    """The first one may have been used and its account unbound since: the old permit must not be made young again."""

    def permit(expires_at: int) -> list[str]:
        made = BindingPermit(rooms.asset, account_of(chain, 0xC0), investor_of(rooms.asset, 2), expires_at)
        wanted = rooms.desk.agreed(chain.views().identity().caip2, 2, made.account)
        asked = build_permit_request(chain.domain, made, wanted, rooms.desk)
        return post(rooms, "/permits", json.loads(asked.model_dump_json()))

    now = rooms.now()
    assert permit(now + 600) == ["signed"] * 3
    assert permit(now + 900) == ["replay"] * 3
    assert permit(now - 1) == ["expiry"] * 3


def thiefs_own(rooms: OracleHouse, chain: Any) -> tuple[AccountControl, Account]:
    """A statement of an account of the thief's about person 2, whose thumbprint every oracle knows."""
    account = evm_account(21) if chain.name == "evm" else substrate_account("thief")
    caip2, until = chain.views().identity().caip2, rooms.now() + 600
    named = holder(2).public.thumbprint
    return AccountControl(ORACLE, rooms.asset, caip2, account.id, named, f"thief-{until}", until), account


def test_no_signer_binds_an_account_that_the_thief_made_up(rooms: OracleHouse, chain: Any) -> None:
    """He shows true evidence and his account signs for its holder. What her key signed was something else, or nothing."""
    control, account = thiefs_own(rooms, chain)
    (wire,) = rooms.desk.shown["person-2"]
    mine = agree(control, wire, 666, rooms.now())
    hers = agree(replace(control, account=account_of(chain, 0xC1)), wire, 2, rooms.now())
    clock = chain.views().clock()
    item = BindingItem(rooms.asset, account.id, investor_of(rooms.asset, 2))
    batch = OracleBatch(clock.number + 1, max(clock.issued_at, rooms.now()), (), (item,), ())
    for consent in (mine, hers):
        scheme, signature = sign_control(control, account)
        proof = proof_json(control, Proof(scheme, signature), consent)
        wanted = draft_binding(rooms.asset, WantedBinding(account.id, item.investor, "person-2", proof))
        asked = build_request(chain.domain, batch, [wanted], rooms.desk)
        assert post(rooms, "/batches", json.loads(asked.model_dump_json())) == ["consent"] * 3


def test_no_signer_permits_an_account_that_the_thief_made_up(rooms: OracleHouse, chain: Any) -> None:
    control, account = thiefs_own(rooms, chain)
    (wire,) = rooms.desk.shown["person-2"]
    permit = BindingPermit(rooms.asset, account.id, investor_of(rooms.asset, 2), control.expires_at)
    proof = permit_json(control, agree(control, wire, 666, rooms.now()))
    wanted = WantedBinding(account.id, permit.investor, "person-2", proof)
    asked = build_permit_request(chain.domain, permit, wanted, rooms.desk)
    assert post(rooms, "/permits", json.loads(asked.model_dump_json())) == ["consent"] * 3
    bare = asked.model_copy(update={"grounds": ()})
    assert post(rooms, "/permits", json.loads(bare.model_dump_json())) == ["grounds"] * 3


def test_no_signer_ever_logs_what_it_was_shown(rooms: OracleHouse) -> None:
    written = "".join(path.read_text() for path in rooms.folder.glob("signer-*.log"))
    assert "Quackenbush" not in written
    assert "eyJ" not in written
