"""Asking attestors for their approval of an order, as anybody may: plain HTTP, no secret, no login."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from bridge.errors import RecoverableError
from bridge.types import Approval, Role, TransferOrder
from chains.base import Chain

PATIENCE = 30.0
BETWEEN = 0.25


class NotApproved(RecoverableError):
    """Too few attestors signed: some have not seen the final block yet, or they hold the order."""

    def __init__(self, got: int, need: int, answers: Sequence[str]) -> None:
        self.got, self.need, self.answers = got, need, tuple(answers)
        super().__init__(f"{got} of {need} attestors approved the order: {'; '.join(answers)}")


def collect_approval(
    urls: Sequence[str], order_id: bytes, order: TransferOrder, destination: Chain, seconds: int = 3000
) -> tuple[Approval, int, list[bytes]]:
    """(approval, set id, signatures ascending by signer) by as many attestors as the destination wants.

    Raises:
        NotApproved: after half a minute still too few.
    """
    expires_at = destination.head().time + seconds
    signers = destination.views().signer_set(Role.ATTESTOR).current
    path = f"/v1/orders/0x{order.source.hex()}/{order.nonce}/approval"
    with httpx.Client(timeout=15, trust_env=False, params={"expires_at": expires_at}) as client:
        # An attestor answers 404 until it has seen the order in a final block: nothing tells a client when that is.
        for attempt in Retrying(
            retry=retry_if_exception_type(NotApproved),
            stop=stop_after_delay(PATIENCE),
            wait=wait_fixed(BETWEEN),
            reraise=True,
        ):
            with attempt:
                signatures = _ask(client, urls, path, signers.threshold)
    return Approval((order_id,), expires_at), signers.id, signatures


def _ask(client: httpx.Client, urls: Sequence[str], path: str, need: int) -> list[bytes]:
    answers = [client.get(url + path) for url in urls]
    signed = [answer.json() for answer in answers if answer.status_code == httpx.codes.OK]
    if len(signed) < need:
        raise NotApproved(
            len(signed), need, [answer.text[:200] for answer in answers if answer.status_code != httpx.codes.OK]
        )
    # The chain wants signatures ascending by signer, and each attestor's health tells its address.
    addresses = {url: client.get(url + "/health").json()["address"] for url in urls}
    by_url = dict(zip(urls, answers, strict=True))
    ascending = sorted(
        (url for url in urls if by_url[url].status_code == httpx.codes.OK),
        key=lambda url: bytes.fromhex(addresses[url][2:]),
    )
    return [bytes.fromhex(by_url[url].json()["signature"][2:]) for url in ascending[:need]]
