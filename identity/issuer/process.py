"""Puts an issuer together from its settings and runs it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from functools import partial

import httpx
import structlog
import uvicorn

from bridge.errors import LockstepError
from identity.errors import DevelopmentOnly
from identity.issuer.api.app import create_app
from identity.issuer.database import open_database
from identity.issuer.outbox import Dispatcher
from identity.issuer.providers import SignedWebhook
from identity.issuer.service import Issuer, IssuerRules, erase_due, forget_spent
from identity.issuer.settings import IssuerSettings
from identity.issuer.statuses import ListTimes
from identity.keystore.file import FileKeyStore
from identity.ports import is_development, system_randomness, utc
from identity.settings import read_secret
from identity.web.app import WithoutTraces

ROUND_SECONDS = 1.0
"""How often undelivered messages are looked at when nothing wakes the round earlier."""
SWEEP_ROUNDS = 60
POST_SECONDS = 5.0
BACKLOG = 256


def open_issuer(settings: IssuerSettings, stack: ExitStack) -> Issuer:
    """The issuer that the settings describe; closed with the stack."""
    keys = FileKeyStore.open(settings.keystore, read_secret(settings.passphrase_file))
    database = open_database(settings.database)
    stack.callback(database.close)
    rules = IssuerRules(
        public_url=settings.public_url,
        type_authority=settings.type_authority,
        display_name=settings.display_name,
        token_seconds=settings.token_seconds,
        list_times=ListTimes(settings.status_ttl, settings.status_lifetime),
        list_size=settings.status_list_size,
        retention=settings.retention_days * 86_400,
        subscribers=settings.subscribers,
        providers=[SignedWebhook(name, read_secret(path).encode()) for name, path in settings.webhook_secrets.items()],
    )
    issuer = Issuer(rules, database, keys, utc, system_randomness)
    stack.callback(issuer.close)
    return issuer


def run(settings: IssuerSettings, ready: Callable[[int], None]) -> None:
    """Serves until the process is told to end. `ready` is told the port. LockstepError when it can't start."""
    if settings.certificate is None and not is_development() and settings.public_url.startswith("http:"):
        raise DevelopmentOnly("plain http")
    with ExitStack() as stack:
        issuer = open_issuer(settings, stack)
        app = WithoutTraces(create_app(issuer, partial(_background, settings, issuer)))
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            http="httptools",
            loop="uvloop",
            backlog=BACKLOG,
            server_header=False,
            ssl_certfile=settings.certificate,
            ssl_keyfile=settings.certificate_key,
        )
        with socket.create_server((settings.host, settings.port), backlog=BACKLOG) as listener:
            ready(listener.getsockname()[1])
            uvicorn.Server(config).run(sockets=[listener])


async def _background(settings: IssuerSettings, issuer: Issuer) -> None:
    """Delivers status changes as they come; forgets spent nonces and erases whose time is over once a minute."""
    context = ssl.create_default_context()
    if settings.roots is not None:
        context.load_verify_locations(settings.roots)
    async with httpx.AsyncClient(verify=context, timeout=POST_SECONDS, follow_redirects=False) as client:
        dispatcher = Dispatcher(
            database=issuer.database,
            writer=issuer.writer,
            clock=issuer.clock,
            issuer=issuer.identity.did,
            signer=issuer.identity.signer,
            list_token=issuer.list_token,
            list_address=issuer.statuses.address,
            post=partial(_post, client),
        )
        rounds = 0
        while True:
            issuer.changed.clear()
            await _guarded("outbox", dispatcher.run_once())
            if rounds % SWEEP_ROUNDS == 0:
                await _guarded("sweep", issuer.writer.run(forget_spent))
                await _guarded("retention", erase_due(issuer))
            rounds += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(issuer.changed.wait(), ROUND_SECONDS)


async def _guarded(what: str, work: Awaitable[object]) -> None:
    """A round that fails is told and tried again: nothing that waits in the outbox is lost."""
    try:
        await work
    except LockstepError as error:
        structlog.get_logger("issuer").error("round failed", action=f"{what}.fail", error=str(error))


async def _post(client: httpx.AsyncClient, address: str, message: str) -> bool:
    try:
        answer = await client.post(address, content=message, headers={"Content-Type": "application/jwt"})
    except httpx.HTTPError as error:
        structlog.get_logger("issuer").warning(
            "subscriber does not answer", action="outbox.retry", subscriber=address, kind=type(error).__name__
        )
        return False
    return answer.is_success
