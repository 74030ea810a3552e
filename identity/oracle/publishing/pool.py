"""Asks all signers of a chain at once and is done as soon as enough have signed.

Nothing that a signer answers is believed: a signature counts when it recovers to a member of the set. One signer that is
slow, dead or lies changes nothing but who signs; what it can do is refuse.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import structlog
from pydantic import BaseModel, ValidationError

from bridge.errors import RecoverableError
from bridge.quorum import arrange_signatures, recover_signer
from bridge.types import SignerSet
from identity.errors import IdentityError, MalformedJson
from identity.formats.strict import Bounds, parse_object
from identity.oracle.signer.wire import RefusalBody, SeenRequest, SignatureBody

ANSWER_BOUNDS = Bounds(size=262_144, depth=8, values=4_096)


class NoQuorum(IdentityError, RecoverableError):
    """Too few signers signed. `refusals` by signer, without items: those are dropped and asked again."""

    def __init__(self, got: int, need: int, refusals: Sequence[Refusal]) -> None:
        self.got, self.need, self.refusals = got, need, tuple(refusals)
        told = ", ".join(f"{one.signer}: {one.body.check} ({one.body.why})" for one in self.refusals)
        super().__init__(f"{got} of {need} signatures; {told or 'nobody answers'}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one signer (its address on the network) said no to."""

    signer: str
    body: RefusalBody


@dataclass(frozen=True, slots=True)
class Collected:
    """A quorum's signatures, ascending by signer, or what stood against it. `wait`: nothing was refused, only delayed."""

    signatures: tuple[bytes, ...]
    refusals: tuple[Refusal, ...]


class SignerPool:
    """The signers' addresses. Use within one event loop, and close it."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        roots: Path | None = None,
        token: str | None = None,
        seconds: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`seconds`: how long one signer may take. `roots`: further certificate authorities (PEM). `token`: lets us in."""
        context = ssl.create_default_context()
        if roots is not None:
            context.load_verify_locations(roots)
        self.urls = tuple(url.rstrip("/") for url in urls)
        self._seconds = seconds
        # Nothing packed: a few packed bytes can be gigabytes.
        self._headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._client = httpx.AsyncClient(
            verify=context, timeout=seconds, follow_redirects=False, transport=transport, trust_env=False
        )

    async def collect(self, path: str, request: BaseModel, digest: bytes, signers: SignerSet) -> Collected:
        """Asks all; ends with the threshold's signatures, or when everybody has answered."""
        body = request.model_dump_json(exclude_defaults=True).encode()
        tasks = [asyncio.create_task(self._ask(url, path, body), name=url) for url in self.urls]
        signatures: list[bytes] = []
        refusals: list[Refusal] = []
        try:
            for finished in asyncio.as_completed(tasks):
                answer = await finished
                if isinstance(answer, Refusal):
                    refusals.append(answer)
                elif isinstance(answer, bytes) and recover_signer(digest, answer) in signers.signers:
                    signatures.append(answer)
                arranged = arrange_signatures(signers, digest, signatures)
                if len(arranged) >= signers.threshold:
                    return Collected(arranged, tuple(refusals))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return Collected(arrange_signatures(signers, digest, signatures), tuple(refusals))

    async def show(self, signer: str, request: SeenRequest) -> bool:
        """Shows one signer a batch that others signed; whether it took note."""
        answer = await self._post(signer, "/seen", request.model_dump_json().encode())
        return answer is not None and answer.is_success

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _ask(self, url: str, path: str, body: bytes) -> bytes | Refusal | None:
        """A signature, a refusal, or None for a signer that gives neither."""
        answer = await self._post(url, path, body)
        if answer is None:
            return None
        try:
            content = parse_object(answer.body, ANSWER_BOUNDS)
            if answer.is_success:
                return bytes.fromhex(SignatureBody.model_validate(content).signature.removeprefix("0x"))
            return Refusal(url, RefusalBody.model_validate(content))
        except (IdentityError, ValidationError, ValueError):
            self._warn(url, "an answer that is none")
            return None

    async def _post(self, url: str, path: str, body: bytes) -> _Answer | None:
        """What one signer answers, whole and in time: one that trickles or never ends is as good as dead."""
        request = self._client.build_request("POST", url + path, content=body, headers=self._headers)
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._client.send(request, stream=True)
                try:
                    return _Answer(answer.is_success, await _bounded(answer))
                finally:
                    await answer.aclose()
        except TimeoutError:
            self._warn(url, f"no whole answer within {self._seconds:g} s")
        except (httpx.HTTPError, httpx.StreamError, MalformedJson) as error:
            self._warn(url, type(error).__name__)
        return None

    @staticmethod
    def _warn(url: str, why: str) -> None:
        structlog.get_logger("publisher").warning("a signer is no help", action="signer.fail", signer=url, why=why)


@dataclass(frozen=True, slots=True)
class _Answer:
    is_success: bool
    body: bytes


async def _bounded(answer: httpx.Response) -> bytes:
    """The bytes of an answer. MalformedJson when there are too many, or when they are packed."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise MalformedJson("its answer is packed")
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > ANSWER_BOUNDS.size:
            raise MalformedJson("its answer is too large")
    return bytes(body)


def refused_items(refusals: Sequence[Refusal]) -> Mapping[tuple[str, int], tuple[Refusal, str]]:
    """The items that any signer refused: (kind, place) to who and why."""
    found: dict[tuple[str, int], tuple[Refusal, str]] = {}
    for refusal in refusals:
        for item in refusal.body.items:
            found.setdefault((item.kind, item.index), (refusal, f"{item.check}: {item.why}"))
    return found
