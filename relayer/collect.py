"""Collects signatures from attestors over HTTP.

Nothing an attestor says is believed: each signature is recovered against the signer set that the chain names, over the
digest computed here. One bad, late or lying attestor costs its own vote only: it has threads of its own, a limit for
what it may send, and a time after which nobody waits for it any more, however slowly it goes on talking.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from bridge.digests import digest_approval, digest_receipt, digest_rejection
from bridge.errors import InvalidField
from bridge.quorum import arrange_signatures
from bridge.transfer import TransferState
from bridge.transfer_events import Purpose
from bridge.types import Approval, Reason, Rejection, SignerSet, TransferReceipt
from relayer.journal import Quorum

MAX_BODY = 65_536
"""Bytes of one answer; an honest one is far below."""

MAX_AT_ONCE = 4
"""Questions put to one attestor at the same time."""

MAX_WAITING = 256
"""Questions that lie with one attestor, put or not; with more than that it is not keeping up."""

MAX_REASON = 2**32 - 1
"""Rejection.reason is a uint32."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """Too few signatures. `held`: what the attestors that hold the order named; `missing`: how many did not answer.

    `rejecting`: the reason that a quorum of attestors would sign a rejection for.
    """

    got: int
    need: int
    held: tuple[Reason, ...]
    under_review: bool
    holding: int
    missing: int
    rejecting: Reason | None = None

    @property
    def is_held(self) -> bool:
        """So many attestors hold the order that those who are silent could not make a quorum."""
        return self.holding > 0 and self.got + self.missing < self.need


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one attestor said: a body (signed), or that it holds, or nothing of use (all empty)."""

    body: dict[str, Any] | None = None
    held: tuple[Reason, ...] | None = None
    under_review: bool = False
    is_permanent: bool = False


NOTHING = _Answer()


class _Desk:
    """One attestor: its address and its own few threads, so that a stuck one takes none from the others."""

    def __init__(self, url: str, client: httpx.Client, timeout: float) -> None:
        self._url = url.rstrip("/")
        self._client = client
        self._timeout = timeout
        self._free = threading.BoundedSemaphore(MAX_WAITING)
        self._pool = ThreadPoolExecutor(max_workers=MAX_AT_ONCE, thread_name_prefix="collect")

    def ask(self, path: str, params: dict[str, str]) -> Future[_Answer]:
        """The answer to come; at once nothing while too many questions lie here unanswered."""
        if not self._free.acquire(blocking=False):
            busy: Future[_Answer] = Future()
            busy.set_result(NOTHING)
            return busy
        future = self._pool.submit(self._get, self._url + path, params)
        future.add_done_callback(lambda _: self._free.release())
        return future

    def close(self) -> None:
        """Ends the threads; a question under way ends with its connection, which is closed before."""
        self._pool.shutdown(cancel_futures=True)

    def _get(self, url: str, params: dict[str, str]) -> _Answer:
        ends = time.monotonic() + self._timeout
        try:
            with self._client.stream("GET", url, params=params, headers={"Accept-Encoding": "identity"}) as answer:
                return _parse(answer.status_code, _read(answer, ends))
        except (httpx.HTTPError, ValueError, RecursionError):
            # Besides bad JSON: brackets nested so deep that the parser gives up.
            return NOTHING


class Collector:
    """Asks all attestors at once; safe to call from several threads."""

    def __init__(
        self, urls: Sequence[str], *, timeout: float = 15.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        """`timeout` in seconds per attestor, for the whole answer: it reads two chains before it answers."""
        self._timeout = timeout
        self._client = httpx.Client(timeout=timeout, transport=transport, follow_redirects=False, trust_env=False)
        self._desks = tuple(_Desk(url, self._client, timeout) for url in urls)

    def approvals(self, state: TransferState, signer_set: SignerSet, expires_at: int) -> Quorum | Shortage:
        """Approvals of one order under the destination's set."""
        digest = digest_approval(Approval((state.order_id,), expires_at), state.order.destination)

        def arrange(answers: Sequence[_Answer]) -> tuple[bytes, ...]:
            found = _signatures(answers, state, signer_set, lambda body: body.get("expires_at") == expires_at)
            return arrange_signatures(signer_set, digest, found)

        answers = self._ask(
            state, "approval", {"expires_at": str(expires_at)}, lambda some: len(arrange(some)) >= signer_set.threshold
        )
        arranged = arrange(answers)
        if len(arranged) < signer_set.threshold:
            return _shortage(answers, len(arranged), signer_set)
        return Quorum(Purpose.DELIVERY, signer_set.id, arranged, expires_at=expires_at)

    def rejections(self, state: TransferState, signer_set: SignerSet) -> Quorum | Shortage:
        """Rejections of one order, for whichever reason a quorum agrees on; the lowest of them."""

        def arrange(answers: Sequence[_Answer]) -> tuple[int, tuple[bytes, ...]]:
            best: tuple[int, tuple[bytes, ...]] = (0, ())
            for reason in sorted({body["reason"] for body in _bodies(answers) if _is_reason(body.get("reason"))}):
                digest = digest_rejection(Rejection(state.order_id, reason), state.order.destination)
                signatures = _signatures(answers, state, signer_set, partial(_has_reason, reason))
                arranged = arrange_signatures(signer_set, digest, signatures)
                if len(arranged) > len(best[1]):
                    best = (reason, arranged)
            return best

        answers = self._ask(state, "rejection", {}, lambda some: len(arrange(some)[1]) >= signer_set.threshold)
        reason, arranged = arrange(answers)
        if len(arranged) < signer_set.threshold:
            return _shortage(answers, len(arranged), signer_set)
        return Quorum(Purpose.REJECTION, signer_set.id, arranged, reason=reason)

    def receipts(self, state: TransferState, signer_set: SignerSet) -> Quorum | Shortage:
        """Receipts for how the order ended, under the SOURCE's set; they must say what this process read itself."""
        receipt = state.receipt
        digest = digest_receipt(receipt, state.order.source)

        def arrange(answers: Sequence[_Answer]) -> tuple[bytes, ...]:
            found = _signatures(answers, state, signer_set, lambda body: _says(body, receipt))
            return arrange_signatures(signer_set, digest, found)

        answers = self._ask(state, "receipt", {}, lambda some: len(arrange(some)) >= signer_set.threshold)
        arranged = arrange(answers)
        if len(arranged) < signer_set.threshold:
            return _shortage(answers, len(arranged), signer_set)
        return Quorum(Purpose.SETTLEMENT, signer_set.id, arranged, receipt=receipt)

    def close(self) -> None:
        """Closes connections and threads, in this order: a thread that reads for ever ends with its connection."""
        self._client.close()
        for desk in self._desks:
            desk.close()

    def _ask(
        self, state: TransferState, what: str, query: dict[str, str], is_enough: Callable[[Sequence[_Answer]], bool]
    ) -> list[_Answer]:
        """The answers of all attestors, or of those who were first to be enough; of a late one: nothing."""
        order = state.order
        path = f"/v1/orders/0x{order.source.hex()}/{order.nonce}/{what}"
        params = query | {"destination": "0x" + order.destination.hex()}
        futures = [desk.ask(path, params) for desk in self._desks]
        answers = [NOTHING] * len(futures)
        pending = set(futures)
        # The client's time-outs are for each read: who sends a byte now and then would never meet them.
        ends = time.monotonic() + self._timeout
        while pending and not is_enough(answers):
            done, pending = wait(pending, max(0.0, ends - time.monotonic()), FIRST_COMPLETED)
            if not done:
                break
            answers = [future.result() if future not in pending else NOTHING for future in futures]
        for future in pending:
            future.cancel()
        return answers


def _read(answer: httpx.Response, ends: float) -> bytes:
    """The body. ValueError when it is packed, too long, or comes too slowly (`ends`: monotonic seconds)."""
    if "content-encoding" in answer.headers:
        # It was asked for as it is; some kilobytes can unfold to gigabytes.
        raise ValueError("packed")
    body = b""
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > MAX_BODY or time.monotonic() > ends:
            raise ValueError("too long or too slow")
    return body


def _parse(status: int, content: bytes) -> _Answer:
    body = json.loads(content)
    if not isinstance(body, dict):
        return NOTHING
    if status == httpx.codes.OK:
        return _Answer(body=body)
    if status == httpx.codes.CONFLICT:
        return _Answer(
            held=_reasons(body.get("held")),
            under_review=body.get("under_review") is True,
            is_permanent=body.get("permanent") is True,
        )
    return NOTHING


def _bodies(answers: Sequence[_Answer]) -> list[dict[str, Any]]:
    return [answer.body for answer in answers if answer.body is not None]


def _signatures(
    answers: Sequence[_Answer], state: TransferState, signer_set: SignerSet, fits: Callable[[dict[str, Any]], bool]
) -> list[bytes]:
    """The signatures of answers about this very order and set."""
    order_id = "0x" + state.order_id.hex()
    found = []
    for body in _bodies(answers):
        if body.get("order_id") == order_id and body.get("set") == signer_set.id and fits(body):
            try:
                found.append(bytes.fromhex(str(body.get("signature", "")).removeprefix("0x")))
            except ValueError:
                continue
    return found


def _has_reason(reason: int, body: dict[str, Any]) -> bool:
    return body.get("reason") == reason


def _says(body: dict[str, Any], receipt: TransferReceipt) -> bool:
    said = (body.get("outcome"), body.get("reason"), body.get("decided_at"))
    return said == (int(receipt.outcome), receipt.reason, receipt.decided_at)


def _shortage(answers: Sequence[_Answer], got: int, signer_set: SignerSet) -> Shortage:
    held = {reason.code: reason for answer in answers for reason in answer.held or ()}
    permanent = [answer.held[0] for answer in answers if answer.is_permanent and answer.held]
    rejecting = [reason for reason in permanent if _count(permanent, reason.code) >= signer_set.threshold]
    return Shortage(
        got=got,
        need=signer_set.threshold,
        held=tuple(held[code] for code in sorted(held)),
        under_review=any(answer.under_review for answer in answers),
        holding=sum(1 for answer in answers if answer.held is not None),
        missing=sum(1 for answer in answers if answer == NOTHING),
        rejecting=rejecting[0] if rejecting else None,
    )


def _count(reasons: Sequence[Reason], code: int) -> int:
    return sum(1 for reason in reasons if reason.code == code)


def _reasons(rows: object) -> tuple[Reason, ...]:
    """The reasons in an answer; what does not look like one is left out, since it only informs."""
    found = (_reason(row) for row in (rows if isinstance(rows, list) else ()))
    return tuple(reason for reason in found if reason is not None)


def _reason(row: object) -> Reason | None:
    try:
        return Reason(*(int(row[name]) for name in ("code", "a", "b", "c"))) if isinstance(row, dict) else None
    except (KeyError, TypeError, ValueError, OverflowError, InvalidField):
        # OverflowError: JSON has no infinity, Python's parser makes one of 1e999.
        return None


def _is_reason(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_REASON
