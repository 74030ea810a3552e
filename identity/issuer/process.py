"""Puts an issuer together from its settings and runs it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import httpx
import structlog

from identity.errors import DevelopmentOnly
from identity.issuer.api.app import create_app
from identity.issuer.background import work
from identity.issuer.database import open_database
from identity.issuer.providers import SignedWebhook
from identity.issuer.service import Issuer, IssuerRules
from identity.issuer.settings import IssuerSettings
from identity.issuer.statuses import ListTimes
from identity.keystore.file import FileKeyStore
from identity.ports import is_development, system_randomness, utc
from identity.settings import read_secret
from identity.web.serving import Address, make_server, serve
from identity.webhooks import webhook_secret

POST_SECONDS = 5.0


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
        providers=[
            SignedWebhook(name, webhook_secret(read_secret(path))) for name, path in settings.webhook_secrets.items()
        ],
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
        app = create_app(issuer, partial(_background, settings, issuer))
        address = Address(settings.host, settings.port, settings.certificate, settings.certificate_key)
        serve(make_server(app, address), address, ready)


async def _background(settings: IssuerSettings, issuer: Issuer) -> None:
    context = ssl.create_default_context()
    if settings.roots is not None:
        context.load_verify_locations(settings.roots)
    async with httpx.AsyncClient(verify=context, timeout=POST_SECONDS, follow_redirects=False) as client:
        await work(issuer, partial(_post, client))


async def _post(client: httpx.AsyncClient, address: str, message: str) -> bool:
    try:
        answer = await client.post(address, content=message, headers={"Content-Type": "application/jwt"})
    except httpx.HTTPError as error:
        structlog.get_logger("issuer").warning(
            "subscriber does not answer", action="outbox.retry", subscriber=address, kind=type(error).__name__
        )
        return False
    return answer.is_success
