"""What controller, guardian and admin do: one story told on both chains, act by act, with the same answers."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from bridge.ledger import release_id
from bridge.refusals import Refusal, Refused
from bridge.types import Action, AssetTerms, Lot, PairRule, Role, Rule
from chains.base import Submitted
from chains.control import Fate, ManagedChain
from chains.token_events import AccountRecovered, ForcedTransfer, Issued
from chains.views import TimingView
from identity.oracle.deciding.triggers import Cause
from identity.oracle.watching import ChainWatch
from lockstep_cli.local.asset import params
from lockstep_cli.local.cast import ALL, Person, guest, staff
from lockstep_cli.local.genesis import TIMING
from lockstep_cli.local.oracle import Admission, LocalOracle
from lockstep_cli.local.system import LocalSystem
from tests.support.flights import wait_for_clock

pytestmark = pytest.mark.chains

CLASS, OTHER_CLASS = 501, 502
ACTION = Action(7, bytes([1] * 32))
MEMO = b"memo".ljust(32, b"\0")
Said = list[tuple[str, object]]


@dataclass
class Stage:
    """An asset of its own, at home on this chain, with three investors."""

    chain: ManagedChain
    far: bytes
    people: dict[str, Person]
    asset: bytes = b""
    began: int = 0
    said: Said = field(default_factory=list)

    def account(self, name: str) -> bytes:
        return self.people[name].account(self.chain.name).id

    def investor(self, name: str) -> bytes:
        return self.people[name].investor

    def act(self, name: str, act: Callable[[], Submitted]) -> None:
        """Notes the kinds of events, or the numbers of all refusals that the chain gave."""
        try:
            self.said.append((name, [type(event).__name__ for event in act().happened]))
        except Refused as refused:
            self.said.append((name, refused.lowest.code))

    def note(self, name: str, value: object) -> None:
        self.said.append((name, value))


def set_up(chain: ManagedChain, far: bytes) -> Stage:
    people = {name: guest(name, bytes(16) + secrets.token_bytes(16)) for name in ("gil", "hua", "ida")}
    stage = Stage(chain, far, people, began=chain.head().number)
    keys = staff(chain.name)
    described = params(chain.domain, keys.controller.id, secrets.token_bytes(32))
    registered = chain.register_asset(described, keys.controller.id, keys.admin)
    assert registered.asset is not None
    stage.asset = registered.asset
    chain.open_asset(far, stage.asset, keys.admin)
    oracle = LocalOracle(stage.asset)
    until = chain.head().time + 86_400
    oracle.admit_all(
        chain,
        [
            Admission(one.investor, CLASS, ALL, until, 20_000, {chain.name: one.account(chain.name).id})
            for name, one in people.items()
            if name != "ida"
        ],
    )
    oracle.cap_classes(chain, {CLASS: 4})
    return stage


def tell(stage: Stage) -> Stage:
    chain, asset, keys = stage.chain, stage.asset, staff(stage.chain.name)
    gil, hua, ida = (stage.account(name) for name in ("gil", "hua", "ida"))
    person, giving = stage.investor("gil"), stage.people["gil"].account(chain.name)
    unlocks = chain.head().time + 100_000
    lot = Lot(50, unlocks - 200_000, unlocks)
    part = (replace(lot, amount=2),)

    def view() -> tuple[int, int, int]:
        position = chain.views().position_of(asset, person)
        return position.free, position.total, position.flags

    stage.act("issue", lambda: chain.issue(asset, gil, (Lot(100, 0, 0), lot), keys.controller))
    stage.note("explain", [one.code for one in chain.views().explain_issue(asset, keys.admin.id, ida, (lot, lot))])
    stage.act("freeze the account", lambda: chain.freeze_account(asset, gil, True, ACTION, keys.controller))
    stage.act("send from it", lambda: chain.transfer(asset, hua, 5, giving))
    stage.act("free it", lambda: chain.freeze_account(asset, gil, False, ACTION, keys.controller))
    stage.act("freeze the investor", lambda: chain.freeze_investor(asset, person, True, ACTION, keys.controller))
    stage.note("flags", view())
    stage.act("free him", lambda: chain.freeze_investor(asset, person, False, ACTION, keys.controller))
    stage.act("freeze a part", lambda: chain.freeze_amount(asset, person, 20, ACTION, keys.controller))
    stage.note("frozen", chain.views().frozen_of(asset, person))
    stage.act("force", lambda: chain.force_transfer(asset, gil, hua, 132, ACTION, keys.controller))
    stage.note("position", view())
    stage.act("redeem what is frozen", lambda: chain.redeem(asset, gil, part, ACTION, keys.controller))
    stage.act("free the part", lambda: chain.freeze_amount(asset, person, 0, ACTION, keys.controller))
    stage.act("redeem", lambda: chain.redeem(asset, gil, part, ACTION, keys.controller))
    stage.act("redeem by another", lambda: chain.redeem(asset, gil, part, ACTION, keys.guardian))
    stage.act("move lots", lambda: chain.move_lots(asset, gil, hua, part, ACTION, keys.controller))
    stage.act("without a reason", lambda: chain.move_lots(asset, gil, hua, part, Action(0, bytes(32)), keys.controller))
    stage.act("propose a release", lambda: chain.propose_release(asset, person, part, ACTION, keys.admin))
    release = release_id(asset, person, part, ACTION)
    eta = chain.views().release_of(asset, release)
    stage.note("waits", eta is not None)
    wait_for_clock(chain, eta or 0)
    stage.act("release", lambda: chain.release_lots(asset, person, part, ACTION, keys.admin))
    stage.note("released", (view(), chain.views().release_of(asset, release)))
    stage.act("propose another", lambda: chain.propose_release(asset, person, part, ACTION, keys.admin))
    stage.act("cancel it", lambda: chain.cancel_release(asset, release, keys.guardian))
    stage.act("bound velocity", lambda: chain.set_velocity(asset, 10, 2, keys.admin))
    stage.act("too much at once", lambda: chain.transfer(asset, gil, 11, stage.people["hua"].account(chain.name)))
    stage.act("recover", lambda: chain.recover(asset, gil, ida, ACTION, keys.controller))
    stage.note("moved", chain.views().moved_to(asset, gil) == ida)
    successor = bytes(16) + secrets.token_bytes(16)
    stage.act("replace", lambda: chain.replace_investor(asset, person, successor, ACTION, keys.controller))
    stage.note("succeeded", chain.views().successor_of(asset, person) == successor)
    stage.act("set a document", lambda: chain.set_document(asset, MEMO, "ipfs://x", bytes([3] * 32), keys.controller))
    document = chain.views().document_of(asset, MEMO)
    stage.note("document", (document and document.uri, chain.views().documents_of(asset)))
    stage.act("remove it", lambda: chain.remove_document(asset, MEMO, keys.controller))
    terms = AssetTerms(2, 0, Rule.KEEP, 5, 86_400, 1, 100_000, bytes(32))
    pairs = (PairRule(CLASS, OTHER_CLASS, Rule.FORBID),)
    stage.act("new terms", lambda: chain.set_terms(asset, terms, pairs, keys.admin))
    stage.act("the same again", lambda: chain.set_terms(asset, terms, pairs, keys.admin))
    stage.note("pairs", chain.views().pair_rules(asset))
    stage.act("bound the lane", lambda: chain.set_rate(stage.far, asset, 100, 1, 200, 1, keys.admin))
    stage.act("too narrow inbound", lambda: chain.set_rate(stage.far, asset, 100, 1, 199, 1, keys.admin))
    stage.note("rates", chain.views().rate_of(stage.far, asset))
    chain.set_controller(asset, keys.relayer.id, keys.admin)
    stage.act("issue by the old one", lambda: chain.issue(asset, hua, (lot,), keys.controller))
    stage.act("issue by the new one", lambda: chain.issue(asset, hua, (Lot(1, 0, 0),), keys.relayer))
    return stage


@pytest.fixture(scope="module")
def told(system: LocalSystem) -> dict[str, Stage]:
    """The story, on both chains side by side."""
    chains = system.chains
    with ThreadPoolExecutor(2) as pool:
        stages = list(
            pool.map(
                lambda pair: tell(set_up(*pair)),
                ((chains["substrate"], chains["evm"].domain), (chains["evm"], chains["substrate"].domain)),
            )
        )
    return {stage.chain.name: stage for stage in stages}


def test_both_chains_answer_every_act_alike(told: dict[str, Stage]) -> None:
    for one, other in zip(told["substrate"].said, told["evm"].said, strict=True):
        assert one == other


def test_the_answers_are_those_of_the_rules(told: dict[str, Stage]) -> None:
    said = dict(told["evm"].said)
    refusals = {name: code for name, code in said.items() if isinstance(code, int) and not isinstance(code, bool)}
    assert refusals == {
        "send from it": Refusal.SenderFrozen,
        "frozen": 20,
        "redeem what is frozen": Refusal.FrozenAmount,
        "redeem by another": Refusal.NotController,
        "without a reason": Refusal.Malformed,
        "too much at once": Refusal.VelocityExceeded,
        "the same again": Refusal.Malformed,
        "too narrow inbound": Refusal.Malformed,
        "issue by the old one": Refusal.NotController,
    }
    assert said["explain"] == [Refusal.ReceiverUnbound, Refusal.NotController, Refusal.Malformed]
    assert (said["moved"], said["succeeded"], said["waits"]) == (True, True, True)


@pytest.mark.parametrize("name", ["substrate", "evm"])
def test_the_history_of_an_asset_is_what_each_transaction_told(told: dict[str, Stage], name: str) -> None:
    stage = told[name]
    final = stage.chain.wait_finalised(stage.chain.head().number - 1, 60)
    kinds = [type(happened.event).__name__ for happened in stage.chain.history(stage.began, final.number, stage.asset)]
    acted = [kind for _, value in stage.said if isinstance(value, list) for kind in value if isinstance(kind, str)]
    assert [kind for kind in acted if kind in kinds] == acted
    assert kinds.count("Issued") == 2
    assert kinds.count("AccountRecovered") == 1


@pytest.mark.parametrize("name", ["substrate", "evm"])
def test_events_carry_accounts_amounts_and_the_order_behind_them(told: dict[str, Stage], name: str) -> None:
    stage = told[name]
    final = stage.chain.wait_finalised(stage.chain.head().number - 1, 60)
    events = [happened.event for happened in stage.chain.history(stage.began, final.number, stage.asset)]
    forced = next(event for event in events if isinstance(event, ForcedTransfer))
    assert (forced.from_, forced.to, forced.amount, forced.unfroze) == (
        stage.account("gil"),
        stage.account("hua"),
        132,
        2,
    )
    assert (forced.reason, forced.document) == (ACTION.reason, ACTION.document)
    recovered = next(event for event in events if isinstance(event, AccountRecovered))
    assert (recovered.from_, recovered.to) == (stage.account("gil"), stage.account("ida"))
    issued = next(event for event in events if isinstance(event, Issued))
    assert [lot.amount for lot in issued.lots] == [100, 50]


@pytest.mark.parametrize("name", ["substrate", "evm"])
def test_the_fate_of_a_transaction_is_known_by_its_hash(told: dict[str, Stage], name: str) -> None:
    stage = told[name]
    final = stage.chain.wait_finalised(stage.chain.head().number - 1, 60)
    controller = staff(name).controller
    happened = stage.chain.history(stage.began, final.number, stage.asset)
    at = next(one.at for one in happened if isinstance(one.event, Issued))
    assert stage.chain.fate(controller, [at.hash], at.block.number) is Fate.INCLUDED
    assert stage.chain.fate(controller, ["0x" + "ab" * 32, at.hash], at.block.number) is Fate.INCLUDED
    assert stage.chain.fate(controller, ["0x" + "ab" * 32], final.number) is Fate.GONE


@pytest.mark.parametrize("name", ["substrate", "evm"])
def test_a_signer_set_is_announced_and_taken_back(system: LocalSystem, name: str) -> None:
    """Cancelled and not activated: the other tests sign with the first set."""
    chain, keys = system.chains[name], staff(name)
    assert chain.views().timing() == TimingView(TIMING.delay, TIMING.grace)
    current = chain.views().signer_set(Role.ORACLE).current
    proposed = replace(current, id=current.id + 1, signers=tuple(sorted((*current.signers[:2], bytes([250] * 20)))))
    chain.propose_signers(proposed, keys.admin)
    pending = chain.views().pending_signers(Role.ORACLE)
    assert pending is not None
    assert pending.proposed == proposed
    with pytest.raises(Refused) as caught:
        chain.cancel_signers(Role.ORACLE, keys.relayer)
    assert caught.value.lowest.code == Refusal.NotGuardian
    chain.cancel_signers(Role.ORACLE, keys.guardian)
    assert chain.views().pending_signers(Role.ORACLE) is None
    with pytest.raises(Refused) as caught:
        chain.strike_signer(Role.ORACLE, bytes([9] * 20), keys.guardian)
    assert caught.value.lowest.code == Refusal.SignerUnknown


@pytest.mark.parametrize("name", ["substrate", "evm"])
def test_a_freeze_in_a_final_block_is_seen_by_an_oracle_that_watches(told: dict[str, Stage], name: str) -> None:
    stage, fired = told[name], list[Cause]()
    watch = ChainWatch({stage.chain.domain: stage.chain}, fired.append)
    watch._seen[stage.chain.domain] = stage.began
    final = stage.chain.wait_finalised(stage.chain.head().number - 1, 60)
    while watch._seen[stage.chain.domain] < final.number:
        watch.look()
    assert set(fired) == {Cause.FREEZE, Cause.UNBOUND}, "the story has freezes, a recovery and a replacement"
