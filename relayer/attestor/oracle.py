"""The compliance oracle's decision on an order, which each attestor fetches for itself whenever it signs.

Asked is for assets that name a policy: a document `policy` in a final block of the order's destination or source. The
answer is a statement signed by the oracle's own key, about this very order, good for a minute at most, made under the
policy that the chain names. What a relayer carries is a hint and is not looked at here. Fail closed: an oracle that is
silent, or says something else than was asked, makes the order wait, and a waiting order ends at its deadline in a refund.

The chains' rules stay in force beside it: an approval of the oracle approves nothing that a chain refuses.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import httpx
import structlog

from bridge.abi import encode_struct
from bridge.decisions import Decision, Hold, Reject, decide
from bridge.digests import digest_order
from bridge.errors import InvalidInput, RecoverableError
from bridge.refusals import Refusal
from bridge.types import Reason, TransferOrder
from chains.witness import Witness
from identity.errors import IdentityError, MalformedJwt
from identity.formats.base import CLOCK_SKEW, IssuerKeys
from identity.formats.jws import parse_jws, require_text, require_time
from relayer.attestor.signing import ChainDecisions, Decisions

DECISION_TYP: Final = "lockstep-decision+jwt"
MEDIA_TYPE: Final = "application/jwt"
POLICY: Final = b"policy".ljust(32, b"\0")
"""The name of the document on a chain."""
LIFETIME: Final = 60
"""Seconds for which a decision may say that it is good, at most."""
MAX_ANSWER: Final = 65_536
ANSWER_SECONDS: Final = 10.0
"""For one whole answer."""
MAX_CODES: Final = 64
APPROVE, HOLD, REJECT = "approve", "hold", "reject"


class OracleSilent(RecoverableError):
    """The oracle does not answer, or not as an oracle."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"the oracle gives no decision: {why}")


class DecisionRefused(InvalidInput):
    """The oracle's answer is no decision on this order. It is not used."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"the oracle's decision is not used: {why}")


@dataclass(frozen=True, slots=True)
class Said:
    """A verified decision. `codes`: refusal numbers that anybody may see. `policy`: SHA-256 of what it was made under."""

    answer: str
    codes: tuple[int, ...]
    under_review: bool
    policy: bytes | None


Ask = Callable[[TransferOrder], str]
"""Brings the oracle's signed answer for an order. OracleSilent."""


class Policies(Protocol):
    """Which policies the chains name for an order's asset."""

    def of(self, order: TransferOrder) -> frozenset[bytes] | None:
        """Their hashes in final blocks; None: the asset never had one, and the chains alone decide."""


class Memory(Protocol):
    """What outlives the process."""

    def is_decided(self, asset: bytes) -> bool:
        """Whether a chain ever named a policy of the asset."""

    def note_decided(self, asset: bytes) -> None:
        """A chain names one."""


class NamedPolicies:
    """Reads the document `policy` at final blocks of both ends. An asset that ever named one always has to be asked about:
    whoever could remove the document, and wait for a restart, could else switch the oracle off."""

    def __init__(self, chains: Mapping[bytes, Witness], memory: Memory) -> None:
        """`chains` by domain."""
        self._chains, self._memory = chains, memory

    def of(self, order: TransferOrder) -> frozenset[bytes] | None:
        """See `Policies`. NodesDisagree, TooFewNodes."""
        found = {self._at(domain, order.asset) for domain in (order.destination, order.source)} - {None}
        is_decided = self._memory.is_decided(order.asset)
        if found and not is_decided:
            self._memory.note_decided(order.asset)
        return frozenset(one for one in found if one) if found or is_decided else None

    def _at(self, domain: bytes, asset: bytes) -> bytes | None:
        witness = self._chains[domain]
        final = witness.finalised()
        document = witness.ask("a document", lambda node: node.views(final).document_of(asset, POLICY))
        return None if document is None else document.hash


class OracleDecisions:
    """`Decisions` by the oracle and the chains together."""

    def __init__(
        self,
        *,
        ask: Ask,
        keys: IssuerKeys,
        did: str,
        policies: Policies,
        clock: Callable[[], int],
        chains_alone: Decisions | None = None,
    ) -> None:
        """`keys` finds the keys of `did`, the oracle's name; `clock` gives UTC seconds."""
        self._ask, self._keys, self._did = ask, keys, did
        self._policies, self._clock = policies, clock
        self._chains_alone = chains_alone or ChainDecisions()

    def decide(self, order: TransferOrder, reasons: tuple[Reason, ...]) -> Decision:
        """Approve, hold or reject; called for each signature anew."""
        policies = self._policies.of(order)
        if policies is None:
            return self._chains_alone.decide(order, reasons)
        try:
            said = self._verified(self._ask(order), order, policies)
        except (OracleSilent, DecisionRefused, IdentityError) as error:
            structlog.get_logger("attestor").warning(
                "no decision", action="decision.none", kind=type(error).__name__, error=str(error)
            )
            return Hold(reasons)
        return _together(said, reasons)

    def _verified(self, text: str, order: TransferOrder, policies: frozenset[bytes]) -> Said:
        """What the oracle says, checked whole. DecisionRefused, IssuerUnknown, SignatureInvalid, MalformedJwt."""
        jws = parse_jws(text, types=(DECISION_TYP,))
        claims = jws.payload
        if require_text(claims, "iss") != self._did:
            raise DecisionRefused("somebody else made it")
        jws.verify(self._keys.find(self._did, jws.header).key, "decision")
        self._require_fresh(claims)
        if claims.get("order") != digest_order(order).hex() or claims.get("asset") != order.asset.hex():
            raise DecisionRefused("it is about another order")
        answer = require_text(claims, "decision")
        if answer not in (APPROVE, HOLD, REJECT):
            raise DecisionRefused("it says neither yes, nor no, nor wait")
        policy = _policy(claims)
        # A rejection as well: it ends the order for good. Two chains that name different ones are about to change.
        if answer != HOLD and policies != {policy}:
            raise DecisionRefused("it was made under another policy than the chains name")
        return Said(answer, _codes(claims), claims.get("under_review", False) is not False, policy)

    def _require_fresh(self, claims: Mapping[str, Any]) -> None:
        made, ends, now = require_time(claims, "iat"), require_time(claims, "exp"), self._clock()
        if made is None or ends is None or not 0 < ends - made <= LIFETIME:
            raise DecisionRefused(f"it is good for more than {LIFETIME} s")
        if made > now + CLOCK_SKEW or now >= ends:
            raise DecisionRefused("its time is over, or has not come")


def nobody(_order: TransferOrder) -> str:
    """For an attestor that has no oracle: orders of assets with a policy wait, they are not the chains' alone. OracleSilent."""
    raise OracleSilent("this attestor has none")


class OverHttps:
    """Asks one oracle over https, with the token by which it lets this attestor in."""

    def __init__(
        self, client: httpx.Client, url: str, token: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client, self._url, self._token, self._monotonic = client, url.rstrip("/"), token, monotonic

    def __call__(self, order: TransferOrder) -> str:
        """The oracle's signed answer. OracleSilent."""
        # Nothing packed: a few packed bytes can be gigabytes.
        headers = {"Authorization": f"Bearer {self._token}", "Accept": MEDIA_TYPE, "Accept-Encoding": "identity"}
        body = {"order": "0x" + encode_struct(order).hex()}
        deadline = self._monotonic() + ANSWER_SECONDS
        try:
            with self._client.stream("POST", f"{self._url}/decisions", json=body, headers=headers) as answer:
                if not answer.is_success:
                    raise OracleSilent(f"status {answer.status_code}")
                if answer.headers.get("Content-Encoding", "identity") != "identity":
                    raise OracleSilent("its answer is packed")
                return self._bounded(answer, deadline)
        except httpx.HTTPError as error:
            raise OracleSilent(type(error).__name__) from None

    def _bounded(self, answer: httpx.Response, deadline: float) -> str:
        """All of it within the time for one answer: an oracle that trickles would take this attestor's threads one by one."""
        text = bytearray()
        for chunk in answer.iter_bytes():
            text += chunk
            if len(text) > MAX_ANSWER:
                raise OracleSilent("its answer is too large")
            if self._monotonic() > deadline:
                raise OracleSilent("its answer takes too long")
        return text.decode("ascii", "replace")


def _together(said: Said, reasons: tuple[Reason, ...]) -> Decision:
    """The oracle's decision and the chains' reasons as one.

    A hold waits even where a chain names something permanent: what is under review must not come back early, because
    an early refund would tell, and what the oracle only suspends may be given back before the deadline.
    """
    if said.under_review:
        return Hold(reasons, under_review=True)
    told = tuple(Reason(code) for code in said.codes)
    if said.answer == HOLD:
        return Hold(_joined(reasons, told))
    if said.answer == REJECT and told:
        return decide(reasons, denied=min(told, key=lambda reason: reason.code))
    if said.answer != APPROVE:
        return Hold(reasons)
    # To oneself the oracle approves whoever it is, and says by codes when it doesn't vouch for him.
    return decide(reasons) if told else _with_the_word_on_its_way(reasons)


def _with_the_word_on_its_way(reasons: tuple[Reason, ...]) -> Decision:
    """What the oracle approves and the chain's word still denies waits for the word: the oracle has said yes since.

    A suspension or a hold that is lifted would else end every order that it held, in the seconds until the chain hears of it.
    """
    others = tuple(reason for reason in reasons if reason.code != Refusal.ReceiverNotEligible)
    found = decide(others)
    return found if isinstance(found, Reject) or others == reasons else Hold(reasons)


def _joined(reasons: Sequence[Reason], told: Sequence[Reason]) -> tuple[Reason, ...]:
    """One reason per rule, ascending; a chain's own has the values."""
    by_code = {reason.code: reason for reason in (*told, *reasons)}
    return tuple(by_code[code] for code in sorted(by_code))


def _codes(claims: Mapping[str, Any]) -> tuple[int, ...]:
    codes = claims.get("codes")
    if not isinstance(codes, list) or len(codes) > MAX_CODES:
        raise DecisionRefused("its codes are no list")
    if any(isinstance(code, bool) or not isinstance(code, int) or not 0 < code < 256 for code in codes):
        raise DecisionRefused("a code is no number of a rule")
    return tuple(codes)


def _policy(claims: Mapping[str, Any]) -> bytes | None:
    text = claims.get("policy")
    if text is None:
        return None
    try:
        digest = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise MalformedJwt("policy must be 64 hex digits")
    return digest
