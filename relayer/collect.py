"""Collects signatures from attestors over HTTP.

Nothing an attestor says is believed: each signature is recovered against the signer set that the chain names, over the
digest computed here. One bad, late or lying attestor costs its own vote only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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


class Collector:
    """Asks all attestors at once; safe to call from several threads."""

    def __init__(
        self, urls: Sequence[str], *, timeout: float = 15.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        """`timeout` in seconds per attestor: it reads two chains before it answers."""
        self._urls = tuple(url.rstrip("/") for url in urls)
        self._client = httpx.Client(timeout=timeout, transport=transport, follow_redirects=False, trust_env=False)
        self._pool = ThreadPoolExecutor(max_workers=4 * max(1, len(urls)), thread_name_prefix="collect")

    def approvals(self, state: TransferState, signer_set: SignerSet, expires_at: int) -> Quorum | Shortage:
        """Approvals of one order under the destination's set."""
        order = state.order
        digest = digest_approval(Approval((state.order_id,), expires_at), order.destination)
        answers = self._ask(state, "approval", {"expires_at": str(expires_at)})
        signatures = _signatures(answers, state, signer_set, lambda body: body.get("expires_at") == expires_at)
        arranged = arrange_signatures(signer_set, digest, signatures)
        if len(arranged) < signer_set.threshold:
            return _shortage(answers, len(arranged), signer_set)
        return Quorum(Purpose.DELIVERY, signer_set.id, arranged, expires_at=expires_at)

    def rejections(self, state: TransferState, signer_set: SignerSet) -> Quorum | Shortage:
        """Rejections of one order, for whichever reason a quorum agrees on; the lowest of them."""
        answers = self._ask(state, "rejection", {})
        best = 0
        for reason in sorted({body["reason"] for body in _bodies(answers) if _is_number(body.get("reason"))}):
            digest = digest_rejection(Rejection(state.order_id, reason), state.order.destination)
            signatures = _signatures(answers, state, signer_set, partial(_has_reason, reason))
            arranged = arrange_signatures(signer_set, digest, signatures)
            if len(arranged) >= signer_set.threshold:
                return Quorum(Purpose.REJECTION, signer_set.id, arranged, reason=reason)
            best = max(best, len(arranged))
        return _shortage(answers, best, signer_set)

    def receipts(self, state: TransferState, signer_set: SignerSet) -> Quorum | Shortage:
        """Receipts for how the order ended, under the SOURCE's set; they must say what this process read itself."""
        receipt = state.receipt
        digest = digest_receipt(receipt, state.order.source)
        answers = self._ask(state, "receipt", {})
        signatures = _signatures(answers, state, signer_set, lambda body: _says(body, receipt))
        arranged = arrange_signatures(signer_set, digest, signatures)
        if len(arranged) < signer_set.threshold:
            return _shortage(answers, len(arranged), signer_set)
        return Quorum(Purpose.SETTLEMENT, signer_set.id, arranged, receipt=receipt)

    def close(self) -> None:
        """Closes threads and connections."""
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    def _ask(self, state: TransferState, what: str, query: dict[str, str]) -> list[_Answer]:
        order = state.order
        path = f"/v1/orders/0x{order.source.hex()}/{order.nonce}/{what}"
        params = query | {"destination": "0x" + order.destination.hex()}
        futures = [self._pool.submit(self._get, url + path, params) for url in self._urls]
        return [future.result() for future in futures]

    def _get(self, url: str, params: dict[str, str]) -> _Answer:
        try:
            answer = self._client.get(url, params=params)
            body = answer.json() if len(answer.content) <= MAX_BODY else None
        except (httpx.HTTPError, ValueError):
            return NOTHING
        if not isinstance(body, dict):
            return NOTHING
        if answer.status_code == httpx.codes.OK:
            return _Answer(body=body)
        if answer.status_code == httpx.codes.CONFLICT:
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
    except (KeyError, TypeError, ValueError, InvalidField):
        return None


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**256
