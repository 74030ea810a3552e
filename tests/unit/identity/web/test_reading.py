"""How bodies are read: no more than the limit, no longer than the time, and a sender who goes is no fault of ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from starlette.types import Message
from structlog.testing import capture_logs

from identity.web import reading
from identity.web.app import new_app
from identity.web.reading import json_answer, read_body

DISCONNECT: Message = {"type": "http.disconnect"}


def part(data: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": data, "more_body": more}


@pytest.fixture
def app() -> FastAPI:
    made = new_app("test", "test")

    @made.post("/")
    async def size(request: Request) -> Response:
        return json_answer({"size": len(await read_body(request))})

    return made


def send(app: FastAPI, messages: Sequence[Message], *, then_silence: bool = False) -> tuple[int, Any]:
    """What is answered to a request whose body comes in these messages."""
    waiting = iter(messages)
    sent: list[Message] = []

    async def receive() -> Message:
        message = next(waiting, None)
        if message is None:
            if not then_silence:
                raise AssertionError("more was read than there is")
            await asyncio.Event().wait()
            raise AssertionError
        return message

    async def note(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [],
        "scheme": "https",
        "server": ("x", 1),
        "client": ("y", 2),
    }
    asyncio.run(app(scope, receive, note))
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], json.loads(body)


def test_a_body_in_any_number_of_parts_is_one_body(app: FastAPI) -> None:
    assert send(app, [part(b"", more=False)]) == (200, {"size": 0})
    assert send(app, [part(b"x" * 5, more=False)]) == (200, {"size": 5})
    assert send(app, [*[part(b"x")] * 65_535, part(b"x", more=False)]) == (200, {"size": 65_536})


def test_a_body_over_the_limit_is_not_read_to_its_end(app: FastAPI) -> None:
    status, answer = send(app, [part(b"x" * 65_536), part(b"x")])
    assert (status, answer["error"]) == (413, "BodyTooLarge")


def test_a_body_that_never_ends_is_refused_when_its_time_is_over(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BODY_SECONDS", 0.05)
    status, answer = send(app, [part(b"x")], then_silence=True)
    assert status == 400
    assert "in time" in answer["detail"]


def test_a_sender_who_goes_is_no_fault_of_ours(app: FastAPI) -> None:
    """Each connection that was dropped in the middle of a body was logged as a fault: anybody could fill the log."""
    with capture_logs() as lines:
        status, _ = send(app, [part(b"x"), DISCONNECT])
    assert status == 400
    assert lines == []
