"""Judges the document of a demonstration. Pure: the document in, broken promises out, each as a sentence.

Nothing here knows how the document came about, so a demonstration can't pass by believing its own actions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

Document = dict[str, Any]
KEYS: Final = (
    "asset", "issued", "before", "after_crossing", "after_return", "crossing", "return", "refusals", "refund", "replay", "audit", "seconds",
    "identity", "suspension", "revocation", "exit", "privacy_scan",
)  # fmt: skip
REFUSED_RULES: Final = {
    "locked lot to another investor": 14,
    "ineligible receiver": 9,
    "expired eligibility": 10,
    "insufficient balance": 13,
    "unbound account": 5,
}
ORDER_CONSUMED: Final = 22
RECEIVER_NOT_ELIGIBLE: Final = 9
REJECTED: Final = 2
RECEIVE, EXIT = 1, 6
"""Permissions of a word: to receive; to send and to bridge."""
WEEK: Final = 7 * 86_400
HORIZON: Final = 35 * 86_400
ELIGIBLE, UNQUALIFIED, LAPSED = ("ana", "ben", "fay"), "cho", "dan"
CHAINS: Final = ("substrate", "evm")
SEARCHED: Final = (
    "substrate/state", "substrate/extrinsics", "substrate/events", "evm/state", "evm/transactions", "evm/logs",
)  # fmt: skip


def broken_promises(document: Document) -> list[str]:
    """Everything that is not as promised; empty when all is."""
    missing = [key for key in KEYS if key not in document]
    if missing:
        return [f"the document has no {', '.join(missing)}"]
    checks = (
        _lots_survive,
        _refusals_agree,
        _refund_returns_the_lots,
        _replay_is_refused,
        _supply_closes,
        _admission_follows_credentials,
        _statuses_are_enforced,
        _the_revoked_can_leave,
        _nobody_is_found,
    )
    return [sentence for check in checks for sentence in check(document)]


def _held(position: Document) -> tuple[int, list[tuple[int, int, int]]]:
    return position["free"], sorted((lot["amount"], lot["acquired_at"], lot["unlocks_at"]) for lot in position["lots"])


def _lots_survive(document: Document) -> Iterator[str]:
    before, there, back = (document[key] for key in ("before", "after_crossing", "after_return"))
    start = _held(before["substrate"]["ana"])
    if start[0] == 0 or not start[1]:
        yield "the demonstration began without a free and a locked lot"
    if _held(there["evm"]["ana"]) != start:
        yield "the lots that arrived on EVM are not the lots that left Substrate"
    if there["substrate"]["ana"]["total"] != 0:
        yield "tokens stayed on Substrate after everything crossed"
    if _held(back["substrate"]["ana"]) != start:
        yield "the lots that came home are not the lots that left"
    if back["evm"]["ana"]["total"] != 0:
        yield "tokens stayed on EVM after everything came home"
    for key, chains in (("after_crossing", there), ("after_return", back)):
        if any(chains[chain]["ana"]["in_flight"] for chain in chains):
            yield f"something is still in flight {key.replace('_', ' ')}"


def _refusals_agree(document: Document) -> Iterator[str]:
    rows = {row["rule"]: row for row in document["refusals"]}
    for rule, code in REFUSED_RULES.items():
        row = rows.get(rule)
        if row is None:
            yield f"no chain was asked about: {rule}"
        elif not row["substrate_code"] == row["evm_code"] == code:
            yield f"{rule}: expected code {code} on both chains, Substrate says {row['substrate_code']} and EVM {row['evm_code']}"


def _refund_returns_the_lots(document: Document) -> Iterator[str]:
    refund = document["refund"]
    if refund["outcome"] != REJECTED or refund["reason"] != RECEIVER_NOT_ELIGIBLE:
        yield f"the order of the suspended receiver ended with outcome {refund['outcome']}, reason {refund['reason']}"
    if _held(refund["before"]) != _held(refund["after"]):
        yield "the refunded lots are not the lots that were sent"
    if refund["arrived"]["total"] != 0:
        yield "the suspended receiver got tokens"


def _replay_is_refused(document: Document) -> Iterator[str]:
    for chain, replay in document["replay"].items():
        if replay["code"] != ORDER_CONSUMED:
            yield f"a second delivery on {chain} gave code {replay['code']}, not {ORDER_CONSUMED}"
        if not replay["unchanged"]:
            yield f"a second delivery on {chain} changed a position"


def _supply_closes(document: Document) -> Iterator[str]:
    issued = document["issued"]["total"]
    for moment, row in document["audit"].items():
        if row["issued"] - row["redeemed"] != row["substrate"] + row["evm"] + row["in_flight"]:
            yield f"the supply does not add up {moment}: {row}"
        if row["issued"] != issued:
            yield f"{row['issued']} tokens count as issued {moment}, but {issued} were"
        if row["breaches"]:
            yield f"the audit found a breach {moment}: {'; '.join(row['breaches'])}"
    if document["audit"].get("in_flight", {}).get("in_flight", 0) == 0:
        yield "the audit never saw anything in flight"
    if {"before", "in_flight", "after"} - document["audit"].keys():
        yield "the audit was not made before, during and after"


def _admission_follows_credentials(document: Document) -> Iterator[str]:
    identity = document["identity"]
    holders = {one["who"] for one in identity["credentials"]}
    if {*ELIGIBLE, UNQUALIFIED, LAPSED} - holders:
        yield "somebody was admitted without a credential"
    investors: dict[str, set[str]] = {}
    for one in identity["accounts"]:
        investors.setdefault(one["who"], set()).add(one["investor"])
        if not one["bound"]:
            yield f"{one['who']}'s account on {one['chain']} is not bound"
    if any(len(found) != 1 for found in investors.values()):
        yield "somebody is another investor on each chain"
    if len(set.union(set(), *investors.values())) != len(investors):
        yield "two people are one investor"
    yield from _words_are_as_told(identity["eligibility"], document["suspension"]["committed_at"])


def _words_are_as_told(eligibility: Document, now: float) -> Iterator[str]:
    same = ("class", "permissions", "valid_until")
    for who in (*ELIGIBLE, UNQUALIFIED, LAPSED):
        words = [eligibility[chain][who] for chain in CHAINS]
        if any(words[0][part] != words[1][part] for part in same):
            yield f"the chains say different things of {who}"
        word = words[0]
        receives, fresh = bool(word["permissions"] & RECEIVE), word["valid_until"] > now
        expected = {UNQUALIFIED: receives is False, LAPSED: receives and not fresh}.get(who, receives and fresh)
        if not expected or word["permissions"] & EXIT != EXIT:
            yield f"the word of {who} is not what the policy makes of their credentials: {word}"
        if fresh and word["valid_until"] - now > HORIZON:
            yield f"{who} is eligible for more than 35 days"
    if len({eligibility[chain][who]["valid_until"] % WEEK for chain in CHAINS for who in ELIGIBLE}) != 1:
        yield "words end off the common weekly grid"


def _statuses_are_enforced(document: Document) -> Iterator[str]:
    for key in ("suspension", "revocation"):
        change = document[key]
        if change["code"] != RECEIVER_NOT_ELIGIBLE:
            yield f"after the {key} the chains do not both refuse with {RECEIVER_NOT_ELIGIBLE}"
        for chain in CHAINS:
            took, allowed = change[chain]["seconds"], change[chain]["allowed_seconds"]
            if took > allowed:
                yield f"{chain} refused {took} s after the {key}, and {allowed} s were allowed"


def _the_revoked_can_leave(document: Document) -> Iterator[str]:
    for chain in CHAINS:
        left = document["exit"][chain]
        if left["amount"] <= 0 or left["before"]["free"] < left["amount"]:
            yield f"nothing left the revoked holder on {chain}"
        if left["before"]["permissions"] & RECEIVE:
            yield f"the holder who left on {chain} was not revoked there"
        if left["after"]["total"] or left["after"]["in_flight"]:
            yield f"the revoked holder still has something on {chain}"


def _nobody_is_found(document: Document) -> Iterator[str]:
    scan = document["privacy_scan"]
    if scan["found"]:
        yield f"people can be found in {', '.join(scan['where'])}"
    places = scan["searched"]["places"]
    if scan["searched"]["values"] == 0 or any(not places.get(place) for place in SEARCHED):
        yield "the search for people left something out"
