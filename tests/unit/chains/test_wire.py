"""JSON-RPC over a websocket that is slow, breaks, and mixes its messages."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError

from chains import wire as module
from chains.errors import ChainUnavailable, ConnectionBroken, MalformedAnswer, RpcError
from chains.wire import Wire, WirePerThread

Answers = Callable[[dict[str, Any]], list[Any]]


class Socket:
    """Answers each request with the messages that `answers` gives; an exception among them is raised."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.waiting: deque[Any] = deque()
        self.sent: list[dict[str, Any]] = []
        self.closed = False

    def send(self, text: str) -> None:
        if self.closed:
            raise OSError("closed")
        request = json.loads(text)
        self.sent.append(request)
        self.waiting.extend(self.answers(request))

    def recv(self, timeout: float) -> str:
        if not self.waiting:
            raise TimeoutError
        message = self.waiting.popleft()
        if isinstance(message, Exception):
            raise message
        return message if isinstance(message, str) else json.dumps(message)

    def close(self) -> None:
        self.closed = True


def result(request: dict[str, Any], value: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request["id"], "result": value}


def note(handle: str, value: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": "chain_head", "params": {"subscription": handle, "result": value}}


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answers], list[Socket]]:
    """Makes every connection a fake one; the list fills as connections are made."""

    def use(answers: Answers) -> list[Socket]:
        made: list[Socket] = []

        def connect(url: str, **_: Any) -> Socket:
            made.append(Socket(answers))
            return made[-1]

        monkeypatch.setattr(module, "connect", connect)
        return made

    return use


Connected = Callable[[Answers], list[Socket]]


def test_a_result_is_found_among_other_messages(connected: Connected) -> None:
    connected(lambda request: [result({"id": 999}, "late"), note("s", 1), result(request, 5)])
    assert Wire("x", "ws://x").request("m", []) == 5


def test_null_is_a_result(connected: Connected) -> None:
    connected(lambda request: [result(request, None)])
    assert Wire("x", "ws://x").request("m", []) is None


def test_an_error_keeps_code_message_and_data(connected: Connected) -> None:
    problem = {"code": 1010, "message": "invalid", "data": "bad signature"}
    connected(lambda request: [{"id": request["id"], "error": problem}])
    with pytest.raises(RpcError) as caught:
        Wire("x", "ws://x").request("m", [])
    assert (caught.value.code, caught.value.message, caught.value.data) == (1010, "invalid", "bad signature")


@pytest.mark.parametrize("strange", ["no json", "[]", '{"id": 1}', '{"id": 1, "error": 5}'])
def test_a_message_that_is_no_answer_is_malformed(connected: Connected, strange: str) -> None:
    connected(lambda request: [strange])
    with pytest.raises(MalformedAnswer):
        Wire("x", "ws://x").request("m", [])


def test_silence_ends_in_time(connected: Connected) -> None:
    connected(lambda request: [])
    with pytest.raises(ChainUnavailable) as caught:
        Wire("x", "ws://x").request("m", [])
    assert not isinstance(caught.value, ConnectionBroken)


def test_a_node_that_can_not_be_reached_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, **_: Any) -> None:
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(module, "connect", refuse)
    with pytest.raises(ChainUnavailable, match="nobody there"):
        Wire("x", "ws://x")


def test_the_key_to_a_paid_node_in_its_address_is_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message goes into logs and into the relayer's journal."""

    def refuse(url: str, **_: Any) -> None:
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(module, "connect", refuse)
    with pytest.raises(ChainUnavailable, match=r"connecting to wss://node\.example:443: nobody there") as caught:
        Wire("x", "wss://user:secret@node.example:443/v3/secret?key=secret")
    assert "secret" not in str(caught.value)
    monkeypatch.undo()
    with pytest.raises(ChainUnavailable) as caught:
        Wire("x", "https://node.example/secret")
    assert "secret" not in str(caught.value)


def test_notifications_that_come_before_the_subscription_is_named_are_kept(connected: Connected) -> None:
    def answers(request: dict[str, Any]) -> list[Any]:
        if request["method"] == "subscribe":
            return [note("s", 1), result(request, "s"), note("other", 7), note("s", 2)]
        return [result(request, True)]

    (sockets, wire) = (connected(answers), Wire("x", "ws://x"))
    with wire.subscription("subscribe", [], "unsubscribe") as heads:
        deadline = time.monotonic() + 5
        assert [heads.next(deadline), heads.next(deadline)] == [1, 2]
        with pytest.raises(TimeoutError):
            heads.next(time.monotonic() + 0.01)
    assert [request["method"] for request in sockets[0].sent] == ["subscribe", "unsubscribe"]


def test_an_expired_deadline_does_not_wait(connected: Connected) -> None:
    connected(lambda request: [result(request, "s")])
    with Wire("x", "ws://x").subscription("subscribe", [], "unsubscribe") as heads, pytest.raises(TimeoutError):
        heads.next(time.monotonic() - 1)


def test_a_subscription_on_a_broken_connection_says_so(connected: Connected) -> None:
    connected(lambda request: [result(request, "s"), ConnectionClosedError(None, None)])
    with Wire("x", "ws://x").subscription("subscribe", [], "unsubscribe") as heads, pytest.raises(ConnectionBroken):
        heads.next(time.monotonic() + 5)


def test_a_flood_that_nobody_reads_is_an_error_and_no_gap(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    connected(lambda request: [*(note("s", n) for n in range(5)), result(request, "s")])
    with pytest.raises(ChainUnavailable, match="faster than they are read"):
        Wire("x", "ws://x").request("m", [])


def test_a_read_is_tried_once_more_on_a_new_connection(connected: Connected) -> None:
    answers: list[Any] = [ConnectionClosedError(None, None)]
    sockets = connected(lambda request: [answers.pop() if answers else result(request, 5)])
    assert WirePerThread("x", "ws://x").read("m", []) == 5
    assert len(sockets) == 2
    assert sockets[0].closed


def test_a_read_that_breaks_twice_is_unavailable(connected: Connected) -> None:
    sockets = connected(lambda request: [ConnectionClosedError(None, None)])
    with pytest.raises(ChainUnavailable):
        WirePerThread("x", "ws://x").read("m", [])
    assert len(sockets) == 2


def test_a_read_that_times_out_is_not_repeated_and_its_late_answer_is_never_met(connected: Connected) -> None:
    silent = [True]
    sockets = connected(lambda request: [] if silent.pop() else [result(request, 5)])
    wires = WirePerThread("x", "ws://x")
    with pytest.raises(ChainUnavailable):
        wires.read("m", [])
    assert sockets[0].closed
    silent.append(False)
    assert wires.read("m", []) == 5
    assert len(sockets) == 2


def test_each_thread_has_its_own_connection_and_all_are_closed(connected: Connected) -> None:
    sockets = connected(lambda request: [result(request, 5)])
    wires = WirePerThread("x", "ws://x")
    threads = [threading.Thread(target=wires.read, args=("m", [])) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wires.read("m", [])
    wires.read("m", [])
    assert len(sockets) == 4
    wires.close()
    assert all(socket.closed for socket in sockets)
