"""When an oracle signer signs, and what (protocol section 3).

A signer believes nothing that it is told: policy, evidence and statuses verify by signatures and by the chain's document,
what stands and what is used it reads by its own nodes, and what it granted before it remembers. So an oracle service that
was stolen can withhold, and take away, but it can't admit anyone whom the policy does not.

A number is signed once. Another batch of the same number is signed only while the chain has not applied it, and only if it
asks for nothing new (a part of the first one's items, or withdrawals), or after a wait. The chain takes only one of them,
and in the sums the largest counts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bridge.abi import decode_struct
from bridge.digests import digest_batch, digest_permit
from bridge.eligibility import EligibilityWord
from bridge.errors import LockstepError
from bridge.quorum import check_quorum
from bridge.refusals import Refused
from bridge.signing import DigestSigner
from bridge.types import (
    MAX_APPROVAL_SECONDS,
    MAX_BATCH_ITEMS,
    BindingItem,
    BindingPermit,
    EligibilityItem,
    OracleBatch,
    Permission,
)
from bridge.wire import StructT
from identity.oracle.policy.document import Policy, parse_policy
from identity.oracle.signer.caps import over_caps, read_caps
from identity.oracle.signer.errors import Check, CheckFailed, ItemFailed, ItemsFailed
from identity.oracle.signer.evidence import Judged, KeysFor, StatusLists, judge
from identity.oracle.signer.items import (
    CLOCK_SKEW,
    Passed,
    ProvedAccount,
    Surroundings,
    check_binding,
    check_eligibility,
    check_quota,
    is_withdrawal,
)
from identity.oracle.signer.reading import ChainReader, Now
from identity.oracle.signer.store import Findings, SignedBatch, SignerStore, UsedProof
from identity.oracle.signer.wire import BatchRequest, Ground, PermitRequest, SeenRequest, SignatureBody

OLDEST_BATCH = 120
"""Seconds after which a batch is too old to be signed: its time would tell the chain nothing."""
HOUR = 3_600

ProveAccount = Callable[[ChainReader, BindingItem, Ground, int], ProvedAccount]
"""(chain, item, ground, now): checks a proof of account control. CheckFailed ACCOUNT."""


@dataclass(frozen=True, slots=True)
class SignerRules:
    """What one signer decides for itself."""

    grants_per_hour: int = 2_000
    replace_seconds: int = 60
    """After so long another batch of the same number may be signed, whatever it asks for."""


@dataclass(frozen=True, slots=True)
class _Asked:
    reader: ChainReader
    batch: OracleBatch
    digest: bytes
    request: BatchRequest
    now: int


class Signer:
    """One oracle signer: its key, its nodes, its memory."""

    def __init__(
        self,
        readers: Mapping[bytes, ChainReader],
        store: SignerStore,
        key: DigestSigner,
        keys_for: KeysFor,
        prove: ProveAccount,
        clock: Callable[[], int],
        rules: SignerRules | None = None,
    ) -> None:
        """`readers` by domain; `keys_for` gives the keys of a policy's issuers; `clock` UTC seconds."""
        self._readers = dict(readers)
        self._store = store
        self._key = key
        self._keys_for = keys_for
        self._prove = prove
        self._clock = clock
        self._rules = rules or SignerRules()
        self._turns = {domain: threading.Lock() for domain in self._readers}

    @property
    def address(self) -> bytes:
        """The address that its signatures recover to."""
        return self._key.address

    def sign_batch(self, request: BatchRequest) -> SignatureBody:
        """Signs a batch for one chain.

        Raises:
            CheckFailed, ItemsFailed: it must not be signed.
            InMotion, FetchFailed, ChainUnavailable, TooFewNodes: not now.
        """
        reader = self._reader(request.chain)
        batch = _decode(OracleBatch, request.batch)
        asked = _Asked(reader, batch, digest_batch(batch, reader.domain), request, self._clock())
        with self._turns[reader.domain]:
            now = reader.now()
            set_id = self._own_set(now)
            signed = self._store.own(reader.domain, batch.number)
            if not any(one.digest == asked.digest for one in signed):
                self._check(asked, now, signed)
        return SignatureBody(set_id=set_id, signature="0x" + self._key.sign(asked.digest).hex())

    def sign_permit(self, request: PermitRequest) -> SignatureBody:
        """Signs a permit for an account that binds itself: its own transaction is the proof of control.

        Raises: as `sign_batch`.
        """
        reader = self._reader(request.chain)
        permit = _decode(BindingPermit, request.permit)
        now, at = self._clock(), reader.now()
        set_id = self._own_set(at)
        if not now < permit.expires_at <= now + MAX_APPROVAL_SECONDS:
            raise CheckFailed(Check.EXPIRY, "a permit lives at most an hour")
        word = reader.words(at.block, [(permit.asset, permit.investor)])[permit.asset, permit.investor]
        if not word.allows(Permission.RECEIVE):
            raise CheckFailed(Check.RECORD, "the investor may not receive here")
        if any(reader.account(at.block, permit.asset, permit.account).investor):
            raise CheckFailed(Check.ACCOUNT, "the account is bound already")
        digest = digest_permit(permit, reader.domain)
        with self._store.turn():
            self._require_budget(1, now)
            self._store.permit(reader.domain, permit.asset, permit.account, digest, permit.expires_at, now)
        return SignatureBody(set_id=set_id, signature="0x" + self._key.sign(digest).hex())

    def show(self, request: SeenRequest) -> None:
        """Takes note of a batch that a quorum signed without this signer. CheckFailed unless a quorum did."""
        reader = self._reader(request.chain)
        batch = _decode(OracleBatch, request.batch)
        signers = reader.now().signers
        digest = digest_batch(batch, reader.domain)
        if request.set_id != signers.id:
            raise CheckFailed(Check.SIGNER_SET, f"set {signers.id} is in force")
        try:
            check_quorum(signers, digest, [bytes.fromhex(text[2:]) for text in request.signatures])
        except Refused as error:
            raise CheckFailed(Check.SIGNER_SET, str(error)) from None
        self._store.show(reader.domain, digest, batch, self._clock())

    def _check(self, asked: _Asked, now: Now, signed: list[SignedBatch]) -> None:
        """Every check of a batch; what is about to be signed is on the disk when this returns."""
        batch, reader = asked.batch, asked.reader
        _require_shape(batch, now, asked.now)
        keys = [(item.asset, item.investor) for item in batch.eligibilities]
        keys += [(binding.asset, binding.investor) for binding in batch.bindings if any(binding.investor)]
        words = reader.words(now.block, keys)
        takes = is_withdrawal(batch, words)
        self._require_replaceable(asked, signed, takes)
        if takes:
            self._store.record(reader.domain, asked.digest, batch, Findings(), asked.now)
            return
        self._require_seen(asked, now)
        policy = self._policies(asked, now)
        passed, failed = self._check_items(asked, words, policy)
        # Chains are read before the memory: a grant that is final by then is counted twice rather than not at all.
        reading = read_caps(self._store, list(self._readers.values()), batch)
        with self._store.turn():
            failed += over_caps(self._store, reading, reader, batch, passed, policy)
            findings = self._findings(asked, passed, failed)
            if failed:
                raise ItemsFailed(failed)
            self._require_budget(findings.granted, asked.now)
            self._store.record(reader.domain, asked.digest, batch, findings, asked.now)

    def _check_items(
        self, asked: _Asked, words: Mapping[tuple[bytes, bytes], EligibilityWord], policy: Callable[[bytes], Policy]
    ) -> tuple[dict[tuple[str, int], Passed], list[ItemFailed]]:
        batch = asked.batch
        lists: dict[bytes, StatusLists] = {}

        def judged(policy: Policy, ground: Ground) -> Judged:
            keys = self._keys_for(policy)
            if policy.asset_id not in lists:
                lists[policy.asset_id] = StatusLists(
                    asked.request.status_tokens, keys, asked.now, policy.max_status_age
                )
            return judge(policy, ground.evidence, keys, lists[policy.asset_id], asked.now)

        around = Surroundings(
            words=words,
            grounds={(ground.kind, ground.index): ground for ground in asked.request.grounds},
            policy=policy,
            judge=judged,
            prove=lambda item, ground: self._prove(asked.reader, item, ground, asked.now),
            now=asked.now,
            written=frozenset((item.asset, item.investor) for item in batch.eligibilities),
        )
        passed: dict[tuple[str, int], Passed] = {}
        failed: list[ItemFailed] = []
        for kind, index, check in _checks(around, batch):
            try:
                passed[kind, index] = check()
            except CheckFailed as error:
                failed.append(ItemFailed(kind, index, error.check, error.why))
        return passed, failed

    def _policies(self, asked: _Asked, now: Now) -> Callable[[bytes], Policy]:
        """Finds the policy of an asset in the request and compares it with the chain's document, once."""
        known: dict[bytes, Policy] = {}

        def find(asset: bytes) -> Policy:
            if asset not in known:
                given = asked.request.assets.get("0x" + asset.hex())
                if given is None:
                    raise CheckFailed(Check.POLICY, "the policy is missing")
                known[asset] = self._policy(asked, now, asset, given.policy)
            return known[asset]

        return find

    def _policy(self, asked: _Asked, now: Now, asset: bytes, text: str) -> Policy:
        try:
            policy = parse_policy(text)
        except LockstepError as error:
            raise CheckFailed(Check.POLICY, str(error)) from None
        if policy.asset_id != asset or policy.effective_at > asked.now + CLOCK_SKEW:
            raise CheckFailed(Check.POLICY, "it is another asset's, or not in force yet")
        if asked.reader.policy_hash(now.final, asset) != policy.digest:
            raise CheckFailed(Check.POLICY, "the chain names another one")
        return policy

    def _findings(self, asked: _Asked, passed: Mapping[tuple[str, int], Passed], failed: list[ItemFailed]) -> Findings:
        """What is to be remembered; adds to `failed` what contradicts the memory. Holds the store's turn."""
        found = Findings(granted=sum(one.counts for one in passed.values()))
        places = {(failure.kind, failure.index) for failure in failed}
        for (kind, index), one in passed.items():
            if (kind, index) in places:
                continue
            try:
                self._remember(asked, found, kind, index, one)
            except CheckFailed as error:
                failed.append(ItemFailed(kind, index, error.check, error.why))
        return found

    def _remember(self, asked: _Asked, found: Findings, kind: str, index: int, one: Passed) -> None:
        batch, store = asked.batch, self._store
        if kind == "quota":
            self._remember_class(found, batch.quotas[index].asset, batch.quotas[index].class_, one)
            return
        item = batch.eligibilities[index] if kind == "eligibility" else batch.bindings[index]
        for mark in one.marks:
            known = found.marks.get((item.asset, mark)) or store.investor_of(item.asset, mark)
            if known not in (None, item.investor):
                raise CheckFailed(Check.CREDENTIAL, "the evidence serves another investor")
            found.marks[item.asset, mark] = item.investor
        if isinstance(item, EligibilityItem):
            self._remember_class(found, item.asset, item.class_, one)
        elif one.proof is not None:
            self._require_unused(asked.reader.domain, item, one.proof)
            found.proofs.append(UsedProof(one.proof.nonce, item.asset, item.account, item.investor))

    def _remember_class(self, found: Findings, asset: bytes, class_: int, one: Passed) -> None:
        if one.bucket is None:
            return
        known = found.classes.get((asset, class_)) or self._store.bucket_of(asset, class_)
        if known not in (None, one.bucket):
            raise CheckFailed(Check.CLASS, "the class stands for another bucket")
        found.classes[asset, class_] = one.bucket

    def _require_unused(self, domain: bytes, item: BindingItem, proof: ProvedAccount) -> None:
        used = self._store.proof(proof.nonce)
        if used is not None and (used[4] or used[:4] != (domain, item.asset, item.account, item.investor)):
            raise CheckFailed(Check.REPLAY, "the account proof was used already")

    def _require_replaceable(self, asked: _Asked, signed: list[SignedBatch], takes: bool) -> None:
        """Another batch of a number that was signed: only if it asks for nothing new, or after a wait."""
        if not signed or takes or any(_is_part(asked.batch, one.batch) for one in signed):
            return
        left = signed[0].at + self._rules.replace_seconds - asked.now
        if left > 0:
            raise CheckFailed(Check.SIGNED_ANOTHER, f"another batch {asked.batch.number} was signed; wait {left} s")

    def _require_seen(self, asked: _Asked, now: Now) -> None:
        """Every batch that is not final yet is known here, on all chains: the sums are worth nothing otherwise."""
        for reader in self._readers.values():
            at = now if reader is asked.reader else reader.now()
            missing = set(range(at.final_number + 1, at.clock.number + 1)) - self._store.known(
                reader.domain, at.final_number + 1, at.clock.number
            )
            if missing:
                raise CheckFailed(Check.UNSEEN, f"0x{reader.domain.hex()} {min(missing)}")

    def _require_budget(self, items: int, now: int) -> None:
        granted = self._store.granted_since(now - HOUR)
        if granted + items > self._rules.grants_per_hour:
            raise CheckFailed(Check.BUDGET, f"{granted} grants were signed within the hour, {items} more are too many")

    def _own_set(self, now: Now) -> int:
        if self._key.address not in now.signers.signers:
            raise CheckFailed(Check.SIGNER_SET, f"this key is not in set {now.signers.id}")
        return now.signers.id

    def _reader(self, domain: str) -> ChainReader:
        try:
            return self._readers[bytes.fromhex(domain[2:])]
        except KeyError:
            raise CheckFailed(Check.CHAIN, "no chain of this domain") from None


def _require_shape(batch: OracleBatch, now: Now, wall: int) -> None:
    """The next number, a time that is now, and every subject at most once."""
    if batch.number != now.clock.number + 1:
        raise CheckFailed(Check.NUMBER, f"{now.clock.number + 1} is next")
    if not max(now.clock.issued_at, wall - OLDEST_BATCH) <= batch.issued_at <= wall + CLOCK_SKEW:
        raise CheckFailed(Check.ISSUED_AT, f"{batch.issued_at} is not now")
    if len(batch.eligibilities) + len(batch.bindings) + len(batch.quotas) > MAX_BATCH_ITEMS:
        raise CheckFailed(Check.BATCH, f"more than {MAX_BATCH_ITEMS} items")
    subjects = (
        *(("investor", item.asset, item.investor) for item in batch.eligibilities),
        *(("account", item.asset, item.account) for item in batch.bindings),
        *(("class", item.asset, item.class_) for item in batch.quotas),
    )
    # Two items on one subject are checked against the same state and would add up to what neither is.
    if len(set(subjects)) != len(subjects):
        raise CheckFailed(Check.DUPLICATE, "two items on one subject")


def _checks(around: Surroundings, batch: OracleBatch) -> Iterator[tuple[str, int, Callable[[], Passed]]]:
    for index, eligibility in enumerate(batch.eligibilities):
        yield "eligibility", index, lambda i=index, item=eligibility: check_eligibility(around, i, item)  # type: ignore[misc]
    for index, binding in enumerate(batch.bindings):
        yield "binding", index, lambda i=index, item=binding: check_binding(around, i, item)  # type: ignore[misc]
    for index, quota in enumerate(batch.quotas):
        yield "quota", index, lambda i=index, item=quota: check_quota(around, i, item)  # type: ignore[misc]


def _is_part(batch: OracleBatch, of: OracleBatch) -> bool:
    return (
        set(batch.eligibilities) <= set(of.eligibilities)
        and set(batch.bindings) <= set(of.bindings)
        and set(batch.quotas) <= set(of.quotas)
    )


def _decode(kind: type[StructT], text: str) -> StructT:
    try:
        return decode_struct(kind, bytes.fromhex(text[2:]))
    except LockstepError:
        raise CheckFailed(Check.BATCH, f"not one {kind.__name__}") from None
