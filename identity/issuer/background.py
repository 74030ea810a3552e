"""What an issuer does beside answering: it tells each subscriber of changes, forgets what was spent, erases what is due.

Every subscriber has a round of its own. In a common one, a subscriber that let each message run into its time limit held
up what the others had to enforce, for as long as messages for it were waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

import structlog

from bridge.errors import LockstepError
from identity.issuer.outbox import GROUP, Dispatcher, Post
from identity.issuer.service import Issuer, erase_due, forget_spent

T = TypeVar("T")
ROUND_SECONDS = 1.0
"""How often undelivered messages are looked at when nothing wakes the round earlier."""
SWEEP_SECONDS = 60.0


async def work(issuer: Issuer, post: Post) -> None:
    """Runs until it is cancelled. `post` sends a message to a subscriber."""
    dispatcher = Dispatcher(
        database=issuer.database,
        writer=issuer.writer,
        clock=issuer.clock,
        issuer=issuer.identity.did,
        signer=issuer.identity.signer,
        list_token=issuer.list_token,
        list_address=issuer.statuses.address,
        post=post,
    )
    rounds = (_tell(issuer, dispatcher, subscriber) for subscriber in issuer.rules.subscribers)
    await asyncio.gather(_sweep(issuer), *rounds)


async def _tell(issuer: Issuer, dispatcher: Dispatcher, subscriber: str) -> None:
    changed = issuer.changed.listen()
    while True:
        changed.clear()
        taken = await _guarded("outbox", dispatcher.deliver(subscriber))
        if taken == GROUP:
            continue
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), ROUND_SECONDS)


async def _sweep(issuer: Issuer) -> None:
    while True:
        await _guarded("sweep", issuer.writer.run(forget_spent))
        await _guarded("retention", erase_due(issuer))
        await asyncio.sleep(SWEEP_SECONDS)


async def _guarded(what: str, one: Awaitable[T]) -> T | None:
    """A round that fails is told and tried again: an error that ended the task would end all pushes, and nobody would
    know. What is no error of ours is told by its kind alone: its text could hold anything.
    """
    try:
        return await one
    except Exception as error:  # noqa: BLE001 - the edge of a task that must not end
        told = str(error) if isinstance(error, LockstepError) else ""
        kind = type(error).__name__
        structlog.get_logger("issuer").error("round failed", action=f"{what}.fail", kind=kind, error=told)
        return None
