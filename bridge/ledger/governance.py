"""What admin and guardian set up, change and stop; and an asset's documents, which its controller keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from bridge.buckets import Flow
from bridge.ledger import rules
from bridge.ledger.findings import Findings
from bridge.ledger.state import Asset, Crossing, Document, Done, Event, Lane, Ledger, with_entry, without_entry
from bridge.refusals import MalformedAt, Refusal
from bridge.types import (
    MAX_AMOUNT,
    MAX_DOCUMENTS,
    MAX_PAIR_RULES,
    ZERO32,
    AccountKind,
    AssetTerms,
    PairRule,
    PauseBit,
    Rule,
)

MAX_DECIMALS: Final = 8
MAX_TEXT_BYTES: Final = 64
MAX_URI_BYTES: Final = 256
MAX_HOLDING_SECONDS: Final = 100 * 365 * 86_400
ALL_BITS: Final = int(PauseBit.TRANSFER | PauseBit.INITIATE | PauseBit.DELIVER | PauseBit.SETTLE)
EVERYTHING: Final = ZERO32
"""The scope of a pause of everything, in its event."""


def register_asset(ledger: Ledger, caller: bytes, asset: Asset, issuer: bytes, name: str, symbol: str) -> Done:
    """Make an asset known. `asset` is new: no accounts, no supply. Refused."""
    findings = Findings()
    rules.check_admin(findings, ledger, caller)
    findings.malformed_if(asset.id in ledger.assets, MalformedAt.KNOWN)
    sized = all(0 < len(text.encode()) <= MAX_TEXT_BYTES for text in (name, symbol))
    findings.malformed_if(not sized, MalformedAt.TEXT)
    findings.malformed_if(ZERO32 in (asset.home_domain, issuer), MalformedAt.TERMS)
    _check_terms(findings, asset.terms, asset.pairs)
    findings.enforce()
    return Done(ledger.with_asset(asset), (Event.of("AssetRegistered", asset=asset.id),))


def set_terms(ledger: Ledger, caller: bytes, asset: bytes, terms: AssetTerms, pairs: Sequence[PairRule]) -> Done:
    """Put the next version of an asset's terms in force, with all its exceptions. Refused."""
    findings = Findings()
    rules.check_admin(findings, ledger, caller)
    known = rules.check_asset(findings, ledger, asset)
    _check_terms(findings, terms, pairs)
    if known is not None:
        findings.malformed_if(terms.terms != known.terms.terms + 1, MalformedAt.TERMS)
        asked, has = terms.decimals, known.terms.decimals
        findings.refuse_if(asked != has, Refusal.DecimalsMismatch, asked, has)
    if known is None or findings.failed():
        raise findings.refusal()
    known = replace(known, terms=terms, pairs=tuple(pairs))
    return Done(ledger.with_asset(known), (Event.of("TermsSet", asset=asset, terms=terms),))


def set_velocity(ledger: Ledger, caller: bytes, asset: bytes, capacity: int, rate: int) -> Done:
    """Bound what one investor may send to others over time; both 0 lifts the bound. Refused."""
    findings = Findings()
    rules.check_admin(findings, ledger, caller)
    known = rules.check_asset(findings, ledger, asset)
    findings.malformed_if(not _is_flow(capacity, rate), MalformedAt.RATE)
    if known is None or findings.failed():
        raise findings.refusal()
    known = replace(known, velocity=Flow(capacity, rate))
    event = Event.of("VelocitySet", asset=asset, capacity=capacity, rate=rate)
    return Done(ledger.with_asset(known), (event,))


def set_document(ledger: Ledger, now: int, caller: bytes, asset: bytes, name: bytes, uri: str, digest: bytes) -> Done:
    """Add a document or replace it. Refused."""
    findings = Findings()
    known = _check_controller(findings, ledger, caller, asset)
    size = len(uri.encode())
    formed = name != ZERO32 and 0 < size <= MAX_URI_BYTES and digest != ZERO32
    full = known is not None and name not in known.documents and len(known.documents) >= MAX_DOCUMENTS
    findings.malformed_if(not formed or full, MalformedAt.DOCUMENT)
    if known is None or findings.failed():
        raise findings.refusal()
    known = replace(known, documents=with_entry(known.documents, name, Document(uri, digest, now)))
    event = Event.of("DocumentUpdated", asset=asset, name=name, uri=uri, hash=digest)
    return Done(ledger.with_asset(known), (event,))


def remove_document(ledger: Ledger, caller: bytes, asset: bytes, name: bytes) -> Done:
    """Take a document away. Refused."""
    findings = Findings()
    known = _check_controller(findings, ledger, caller, asset)
    findings.malformed_if(known is not None and name not in known.documents, MalformedAt.DOCUMENT)
    if known is None or findings.failed():
        raise findings.refusal()
    gone = known.documents[name]
    known = replace(known, documents=without_entry(known.documents, name))
    event = Event.of("DocumentRemoved", asset=asset, name=name, uri=gone.uri, hash=gone.hash)
    return Done(ledger.with_asset(known), (event,))


def open_lane(ledger: Ledger, caller: bytes, lane: bytes, account_kind: int, min_flight: int, max_flight: int) -> Done:
    """Open the way to another chain, or change its settings. Refused."""
    findings = Findings()
    rules.check_admin(findings, ledger, caller)
    findings.malformed_if(lane in (ledger.domain, ZERO32), MalformedAt.KNOWN)
    findings.malformed_if(all(account_kind != kind for kind in AccountKind), MalformedAt.TEXT)
    findings.malformed_if(min_flight > max_flight, MalformedAt.TERMS)
    findings.enforce()
    known = ledger.lanes.get(lane, Lane(account_kind, min_flight, max_flight))
    known = replace(known, account_kind=account_kind, min_flight=min_flight, max_flight=max_flight)
    ledger = replace(ledger, lanes=with_entry(ledger.lanes, lane, known))
    return Done(ledger, (Event.of("LaneOpened", lane=lane),))


def open_asset(ledger: Ledger, caller: bytes, lane: bytes, asset: bytes) -> Done:
    """Let an asset cross a lane, both ways. Refused."""
    findings = Findings()
    rules.check_admin(findings, ledger, caller)
    findings.refuse_if(lane not in ledger.lanes, Refusal.LaneUnknown, lane)
    rules.check_asset(findings, ledger, asset)
    findings.enforce()
    crossing = ledger.crossings.get((lane, asset), Crossing())
    return Done(ledger.with_crossing(lane, asset, crossing), (Event.of("AssetOpened", lane=lane, asset=asset),))


def set_rate(ledger: Ledger, caller: bytes, lane: bytes, asset: bytes, outbound: Flow, inbound: Flow) -> Done:
    """Bound what leaves and arrives on a lane over time; all 0 lifts the bounds. What was spent stays. Refused."""
    findings = Findings()
    rules.check_admin(findings, ledger, caller)
    findings.refuse_if(lane not in ledger.lanes, Refusal.LaneUnknown, lane)
    crossing = ledger.crossings.get((lane, asset))
    closed = asset not in ledger.assets or (lane in ledger.lanes and crossing is None)
    findings.refuse_if(closed, Refusal.AssetUnknown, asset)
    numbers = (outbound.capacity, outbound.rate, inbound.capacity, inbound.rate)
    # Else what went out could not come back as fast: tokens of a lane that is emptied in panic.
    wide = all(0 < number <= MAX_AMOUNT for number in numbers) and inbound.capacity >= 2 * outbound.capacity
    findings.malformed_if(any(numbers) and not wide, MalformedAt.RATE)
    if crossing is None or findings.failed():
        raise findings.refusal()
    names = ("out_capacity", "out_rate", "in_capacity", "in_rate")
    event = Event.of("RateSet", lane=lane, asset=asset, **dict(zip(names, numbers, strict=True)))
    crossing = replace(crossing, outbound=outbound, inbound=inbound)
    return Done(ledger.with_crossing(lane, asset, crossing), (event,))


def pause(ledger: Ledger, caller: bytes, bits: int) -> Done:
    """Stop operations with everything. Refused."""
    findings = _check_pause(ledger, caller, bits)
    findings.enforce()
    return Done(replace(ledger, pause=ledger.pause | bits), (Event.of("Paused", scope=EVERYTHING, bits=bits),))


def resume(ledger: Ledger, caller: bytes, bits: int) -> Done:
    """Lift bits of the pause of everything; those of assets and lanes stay. Refused."""
    findings = _check_resume(ledger, caller, bits)
    findings.enforce()
    return Done(replace(ledger, pause=ledger.pause & ~bits), (Event.of("Resumed", scope=EVERYTHING, bits=bits),))


def pause_asset(ledger: Ledger, caller: bytes, asset: bytes, bits: int) -> Done:
    """Stop operations with an asset. Refused."""
    findings = _check_pause(ledger, caller, bits)
    return _on_asset(ledger, findings, asset, "Paused", bits, lambda known: known | bits)


def resume_asset(ledger: Ledger, caller: bytes, asset: bytes, bits: int) -> Done:
    """Lift bits of an asset's pause. Refused."""
    findings = _check_resume(ledger, caller, bits)
    return _on_asset(ledger, findings, asset, "Resumed", bits, lambda known: known & ~bits)


def pause_lane(ledger: Ledger, caller: bytes, lane: bytes, bits: int) -> Done:
    """Stop operations on a lane. Refused."""
    findings = _check_pause(ledger, caller, bits)
    return _on_lane(ledger, findings, lane, "Paused", bits, lambda known: known | bits)


def resume_lane(ledger: Ledger, caller: bytes, lane: bytes, bits: int) -> Done:
    """Lift bits of a lane's pause. Refused."""
    findings = _check_resume(ledger, caller, bits)
    return _on_lane(ledger, findings, lane, "Resumed", bits, lambda known: known & ~bits)


def pairs_are_formed(pairs: Sequence[PairRule], holding_period: int) -> bool:
    """Whether a list of exceptions is one: few, strictly ascending, known rules, no Restart without a period."""
    ascending = all((a.from_class, a.to_class) < (b.from_class, b.to_class) for a, b in pairwise(pairs))
    known = all(pair.rule <= Rule.RESTART for pair in pairs)
    timed = holding_period > 0 or all(pair.rule != Rule.RESTART for pair in pairs)
    return len(pairs) <= MAX_PAIR_RULES and ascending and known and timed


def _check_terms(findings: Findings, terms: AssetTerms, pairs: Sequence[PairRule]) -> None:
    in_range = (
        terms.terms > 0
        and terms.decimals <= MAX_DECIMALS
        and terms.default_rule <= Rule.RESTART
        and terms.holding_period <= MAX_HOLDING_SECONDS
        # A Restart without a period would make lots that are due at once: Keep says the same honestly.
        and (terms.default_rule != Rule.RESTART or terms.holding_period > 0)
        and terms.min_lot <= MAX_AMOUNT
        and terms.authorised_issue > 0
    )
    findings.malformed_if(not in_range, MalformedAt.TERMS)
    authorised = terms.authorised_issue
    findings.refuse_if(authorised > MAX_AMOUNT, Refusal.AmountTooLarge, authorised, MAX_AMOUNT)
    findings.malformed_if(not pairs_are_formed(pairs, terms.holding_period), MalformedAt.PAIRS)


def _check_controller(findings: Findings, ledger: Ledger, caller: bytes, asset: bytes) -> Asset | None:
    known = rules.check_asset(findings, ledger, asset)
    findings.refuse_if(known is not None and caller != known.controller, Refusal.NotController, caller)
    return known


def _is_flow(capacity: int, rate: int) -> bool:
    return (capacity, rate) == (0, 0) or (0 < capacity <= MAX_AMOUNT and 0 < rate <= MAX_AMOUNT)


def _check_pause(ledger: Ledger, caller: bytes, bits: int) -> Findings:
    findings = Findings()
    rules.check_guardian(findings, ledger, caller)
    findings.malformed_if(not 0 < bits <= ALL_BITS, MalformedAt.SETUP)
    return findings


def _check_resume(ledger: Ledger, caller: bytes, bits: int) -> Findings:
    findings = Findings()
    rules.check_admin(findings, ledger, caller)
    findings.malformed_if(not 0 < bits <= ALL_BITS, MalformedAt.SETUP)
    return findings


def _on_asset(
    ledger: Ledger, findings: Findings, asset: bytes, name: str, bits: int, change: Callable[[int], int]
) -> Done:
    known = rules.check_asset(findings, ledger, asset)
    if known is None or findings.failed():
        raise findings.refusal()
    changed = replace(known, pause=change(known.pause))
    return Done(ledger.with_asset(changed), (Event.of(name, scope=asset, bits=bits),))


def _on_lane(
    ledger: Ledger, findings: Findings, lane: bytes, name: str, bits: int, change: Callable[[int], int]
) -> Done:
    known = ledger.lanes.get(lane)
    findings.refuse_if(known is None, Refusal.LaneUnknown, lane)
    if known is None or findings.failed():
        raise findings.refusal()
    lanes = with_entry(ledger.lanes, lane, replace(known, pause=change(known.pause)))
    return Done(replace(ledger, lanes=lanes), (Event.of(name, scope=lane, bits=bits),))
