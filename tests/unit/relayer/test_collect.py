"""Signatures from attestors that lie, fail and disagree."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from bridge.digests import digest_approval, digest_order, digest_receipt, digest_rejection
from bridge.quorum import check_quorum
from bridge.refusals import Refusal
from bridge.transfer import Status, TransferState
from bridge.types import Approval, Outcome, Rejection, SignerSet, TransferReceipt
from relayer.collect import Collector, Shortage
from relayer.journal import Quorum
from tests.unit.relayer.fakes import SIGNERS, START, FakeChain, World, attestor_set

SOON = START + 900

Answer = tuple[int, Any] | Exception


@pytest.fixture
def state() -> TransferState:
    world = World()
    order = FakeChain("source", world).initiate_order(FakeChain("destination", world))
    return TransferState(digest_order(order), order)


def collect(answers: list[Answer], ask: Callable[[Collector], Quorum | Shortage]) -> Quorum | Shortage:
    def handle(request: httpx.Request) -> httpx.Response:
        answer = answers[int(request.url.host)]
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        return httpx.Response(status, content=body if isinstance(body, bytes) else json.dumps(body).encode())

    collector = Collector([f"http://{place}" for place in range(len(answers))], transport=httpx.MockTransport(handle))
    try:
        return ask(collector)
    finally:
        collector.close()


def approval(state: TransferState, place: int, **changes: Any) -> Answer:
    digest = digest_approval(Approval((state.order_id,), SOON), state.order.destination)
    signature = "0x" + SIGNERS[place].sign(digest).hex()
    body = {"order_id": "0x" + state.order_id.hex(), "expires_at": SOON, "set": 1, "signature": signature}
    return 200, body | changes


def approvals(state: TransferState, answers: list[Answer], signers: SignerSet | None = None) -> Quorum | Shortage:
    return collect(answers, lambda collector: collector.approvals(state, signers or attestor_set(), SOON))


def test_two_good_signatures_are_a_quorum_ascending_by_signer(state: TransferState) -> None:
    quorum = approvals(state, [approval(state, 2), (404, {}), approval(state, 0)])
    assert isinstance(quorum, Quorum)
    digest = digest_approval(Approval((state.order_id,), SOON), state.order.destination)
    assert check_quorum(attestor_set(), digest, quorum.signatures)
    assert (quorum.set_id, quorum.expires_at) == (1, SOON)


@pytest.mark.parametrize(
    "bad",
    [
        httpx.ConnectError("away"),
        httpx.ReadTimeout("slow"),
        (200, b"no json"),
        (200, []),
        (200, {}),
        (200, b"\xff" * 70_000),
        (500, {"detail": "broken"}),
        (302, {}),
        (409, {"held": "everything"}),
        (409, {"held": [{"code": "x"}, 5, {"code": 99999, "a": "0", "b": "0", "c": "0"}]}),
        (409, b'{"held": [{"code": 1e999, "a": 1e999, "b": 0, "c": 0}]}'),
        (200, b"[" * 60_000),
        (200, b"9" * 60_000),
    ],
)
def test_a_strange_answer_costs_that_vote_only(state: TransferState, bad: Answer) -> None:
    assert isinstance(approvals(state, [bad, approval(state, 1), approval(state, 2)]), Quorum)
    short = approvals(state, [bad, bad, approval(state, 2)])
    assert isinstance(short, Shortage)
    assert (short.got, short.need) == (1, 2)


@pytest.mark.parametrize("reason", [2**32, 2**255, -1, 0, True, 1.5, "21"])
def test_a_rejection_for_a_reason_that_can_not_be_costs_that_vote_only(state: TransferState, reason: object) -> None:
    """The number goes into a signed struct: one that does not fit there must not end the process that asks."""
    body = {"order_id": "0x" + state.order_id.hex(), "reason": reason, "set": 1, "signature": "0x"}
    answers: list[Answer] = [(200, body), rejection(state, 1, 42), rejection(state, 2, 42)]
    quorum = collect(answers, lambda collector: collector.rejections(state, attestor_set()))
    assert isinstance(quorum, Quorum)
    assert quorum.reason == 42


def test_a_packed_answer_is_not_unpacked(state: TransferState) -> None:
    packed = gzip.compress(b"0" * 50_000_000)

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.headers["accept-encoding"] == "identity"
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(packed))

    collector = Collector(["http://0", "http://1"], transport=httpx.MockTransport(handle))
    short = collector.approvals(state, attestor_set(), SOON)
    collector.close()
    assert isinstance(short, Shortage)
    assert short.missing == 2


class Mumbling(httpx.BaseTransport):
    """The attestor at place 0 sends a byte whenever asked for more, and never comes to an end."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers
        self.hush = threading.Event()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        place = int(request.url.host)
        if place == 0:
            return httpx.Response(200, stream=Mumble(self.hush))
        answer = self.answers[place]
        assert not isinstance(answer, Exception)
        return httpx.Response(answer[0], content=json.dumps(answer[1]).encode())


class Mumble(httpx.SyncByteStream):
    def __init__(self, hush: threading.Event) -> None:
        self.hush = hush

    def __iter__(self) -> Iterator[bytes]:
        while not self.hush.wait(0.01):
            yield b" "


def test_an_attestor_that_talks_for_ever_holds_nobody_up(state: TransferState) -> None:
    """Each byte resets the client's own time-out: without a time for the whole answer an order would wait for ever."""
    transport = Mumbling([(200, {}), approval(state, 1), approval(state, 2)])
    collector = Collector([f"http://{place}" for place in range(3)], timeout=30, transport=transport)
    began = time.monotonic()
    # More often than one attestor has threads: the others' answers are not queued behind it.
    for _ in range(6):
        assert isinstance(collector.approvals(state, attestor_set(), SOON), Quorum)
    assert time.monotonic() - began < 10
    transport.hush.set()
    collector.close()


def test_a_shortage_is_told_when_time_is_up_also_while_one_still_talks(state: TransferState) -> None:
    transport = Mumbling([(200, {}), approval(state, 1), (404, {})])
    collector = Collector([f"http://{place}" for place in range(3)], timeout=0.2, transport=transport)
    short = collector.approvals(state, attestor_set(), SOON)
    assert isinstance(short, Shortage)
    assert (short.got, short.missing) == (1, 2)
    transport.hush.set()
    collector.close()


def test_the_same_signature_from_two_attestors_counts_once(state: TransferState) -> None:
    short = approvals(state, [approval(state, 1), approval(state, 1)])
    assert isinstance(short, Shortage)
    assert short.got == 1


@pytest.mark.parametrize(
    "change",
    [
        {"order_id": "0x" + "00" * 32},
        {"set": 2},
        {"expires_at": SOON + 1},
        {"signature": "0x1234"},
        {"signature": "zz"},
        {"signature": "0x" + "11" * 65},
    ],
)
def test_an_answer_about_something_else_does_not_count(state: TransferState, change: dict[str, Any]) -> None:
    short = approvals(state, [approval(state, 0, **change), approval(state, 1)])
    assert isinstance(short, Shortage)
    assert short.got == 1


def test_a_signature_by_a_stranger_does_not_count(state: TransferState) -> None:
    without_first = SignerSet(1, 1, 2, tuple(signer.address for signer in SIGNERS[1:]))
    assert isinstance(approvals(state, [approval(state, 0), approval(state, 1)], without_first), Shortage)


def held(*codes: int, **more: Any) -> Answer:
    return 409, {"held": [{"code": code, "a": "1", "b": "0", "c": "0"} for code in codes]} | more


def test_a_hold_by_too_many_is_told_with_all_their_reasons(state: TransferState) -> None:
    short = approvals(state, [held(7), held(11, 7), approval(state, 0)])
    assert isinstance(short, Shortage)
    assert short.is_held
    assert [reason.code for reason in short.held] == [7, 11]


def test_a_hold_by_one_is_not_the_reason_while_another_is_silent(state: TransferState) -> None:
    short = approvals(state, [held(7), httpx.ConnectError("away"), approval(state, 0)])
    assert isinstance(short, Shortage)
    assert not short.is_held


def test_a_hold_under_review_names_nothing(state: TransferState) -> None:
    short = approvals(state, [held(under_review=True), held(under_review=True), approval(state, 0)])
    assert isinstance(short, Shortage)
    assert (short.is_held, short.under_review, short.held) == (True, True, ())


def test_a_permanent_refusal_counts_when_a_quorum_would_reject_for_it(state: TransferState) -> None:
    short = approvals(state, [held(42, permanent=True), held(42, permanent=True), held(11)])
    assert isinstance(short, Shortage)
    assert short.rejecting is not None
    assert short.rejecting.code == 42
    alone = approvals(state, [held(42, permanent=True), held(9, permanent=True), held(11)])
    assert isinstance(alone, Shortage)
    assert alone.rejecting is None


def rejection(state: TransferState, place: int, reason: int) -> Answer:
    digest = digest_rejection(Rejection(state.order_id, reason), state.order.destination)
    signature = "0x" + SIGNERS[place].sign(digest).hex()
    return 200, {"order_id": "0x" + state.order_id.hex(), "reason": reason, "set": 1, "signature": signature}


def test_rejections_need_a_quorum_for_one_and_the_same_reason(state: TransferState) -> None:
    late = int(Refusal.DeadlinePassed)
    apart = [rejection(state, 0, 42), rejection(state, 1, late)]
    short = collect(apart, lambda collector: collector.rejections(state, attestor_set()))
    assert isinstance(short, Shortage)
    agreed = [*apart, rejection(state, 2, late)]
    quorum = collect(agreed, lambda collector: collector.rejections(state, attestor_set()))
    assert isinstance(quorum, Quorum)
    assert (quorum.reason, len(quorum.signatures)) == (late, 2)


def test_receipts_must_say_what_this_process_read_itself(state: TransferState) -> None:
    decided = TransferState(
        state.order_id, state.order, Status.DELIVERED, outcome=Outcome.DELIVERED, decided_at=START + 5
    )

    def receipt(place: int, decided_at: int) -> Answer:
        said = TransferReceipt(state.order_id, 1, 0, decided_at)
        signature = "0x" + SIGNERS[place].sign(digest_receipt(said, state.order.source)).hex()
        body = {"order_id": "0x" + state.order_id.hex(), "outcome": 1, "reason": 0, "decided_at": decided_at}
        return 200, body | {"set": 1, "signature": signature}

    good = [receipt(0, START + 5), receipt(1, START + 5)]
    quorum = collect(good, lambda collector: collector.receipts(decided, attestor_set()))
    assert isinstance(quorum, Quorum)
    assert quorum.receipt == decided.receipt
    other = [receipt(0, START + 6), receipt(1, START + 6)]
    assert isinstance(collect(other, lambda collector: collector.receipts(decided, attestor_set())), Shortage)
