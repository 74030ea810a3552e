"""When an oracle signer signs, and what (protocol section 3).

A signer believes nothing that it is told: policy, evidence and statuses verify by signatures and by the chain's document,
what stands and what is used it reads by its own nodes, and what it granted before it remembers. So an oracle service that
was stolen can withhold, and take away, but it can't admit anyone whom the policy does not.

A number is signed once. Another batch of the same number is signed only while the chain has not applied it, and only if it
asks for nothing new (a part of the first one's items, or withdrawals), or after a wait. The chain takes only one of them,
and in the sums the largest counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from bridge.abi import decode_struct
from bridge.digests import digest_batch, digest_permit
from bridge.eligibility import EligibilityWord
from bridge.errors import LockstepError, RecoverableError
from bridge.quorum import check_quorum
from bridge.refusals import Refused
from bridge.signing import DigestSigner
from bridge.types import (
    MAX_APPROVAL_SECONDS,
    BindingItem,
    BindingPermit,
    EligibilityItem,
    OracleBatch,
    Permission,
)
from bridge.wire import StructT
from chains.errors import ChainError
from identity.oracle.policy.document import Policy
from identity.oracle.signer.accounts import Prove
from identity.oracle.signer.caps import Reading, over_caps, read_caps
from identity.oracle.signer.errors import Check, CheckFailed, ItemFailed, ItemsFailed
from identity.oracle.signer.evidence import Judged, KeysFor, StatusLists, judge
from identity.oracle.signer.items import (
    Passed,
    ProvedAccount,
    Surroundings,
    is_withdrawal,
    lifts_block,
)
from identity.oracle.signer.policies import policies_in
from identity.oracle.signer.reading import ChainReader, Now
from identity.oracle.signer.shape import checks_of, is_part_of, raises_in, require_shape, sunk_parts
from identity.oracle.signer.store import Findings, SignedBatch, SignerStore, UsedProof
from identity.oracle.signer.wire import BatchRequest, Ground, PermitRequest, SeenRequest, SignatureBody

HOUR = 3_600
DAY = 24 * HOUR
SPENT = "more grants than may be signed within an hour"


@dataclass(frozen=True, slots=True)
class SignerRules:
    """What one signer decides for itself."""

    grants_per_hour: int = 2_000
    lifts_per_day: int = 10
    replace_seconds: int = 60
    """After so long another batch of the same number may be signed, whatever it asks for."""
    warm_up: bool = False
    """Whether grants wait after each start until what a lost memory could have signed is dead or final."""
    new_key: bool = False
    """Whether an empty store is a new key's. Otherwise it was lost."""


@dataclass(frozen=True, slots=True)
class _Asked:
    reader: ChainReader
    batch: OracleBatch
    digest: bytes
    request: BatchRequest | PermitRequest
    now: int


class Signer:
    """One oracle signer: its key, its nodes, its memory."""

    def __init__(
        self,
        readers: Mapping[bytes, ChainReader],
        store: SignerStore,
        key: DigestSigner,
        keys_for: KeysFor,
        prove: Prove,
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
        self._is_new = store.is_new()
        self._starts: dict[bytes, int] = {}
        """By domain: the number of the last batch of the chain when this process began."""

    @property
    def address(self) -> bytes:
        """The address that its signatures recover to."""
        return self._key.address

    def begin(self) -> None:
        """Notes how all chains stand, before the first question. ChainUnavailable, TooFewNodes."""
        for domain, reader in self._readers.items():
            self._starts[domain] = reader.newest()[1]

    def sign_batch(self, request: BatchRequest) -> SignatureBody:
        """Signs a batch for one chain.

        Raises:
            CheckFailed, ItemsFailed: it must not be signed.
            InMotion, FetchFailed, ChainUnavailable, TooFewNodes: not now.
        """
        reader = self._reader(request.chain)
        batch = _decode(OracleBatch, request.batch)
        asked = _Asked(reader, batch, digest_batch(batch, reader.domain), request, self._clock())
        # No turn is held while others are asked (nodes, issuers): a withdrawal must not wait behind a grant that does.
        now = reader.now()
        set_id = self._own_set(now)
        if not any(one.digest == asked.digest for one in self._signed(asked)):
            self._check(asked, now)
        return SignatureBody(set_id=set_id, signature="0x" + self._key.sign(asked.digest).hex())

    def sign_permit(self, request: PermitRequest) -> SignatureBody:
        """Signs a permit for an account that binds itself: its own transaction is the proof of control.

        The investor's evidence and the holder's consent are asked for as for any other binding. Raises: as `sign_batch`.
        """
        reader = self._reader(request.chain)
        permit = _decode(BindingPermit, request.permit)
        now, at = self._clock(), reader.now()
        set_id = self._own_set(at)
        if self._rules.warm_up:
            self._require_warm(reader.domain, at)
        if not now < permit.expires_at <= now + MAX_APPROVAL_SECONDS:
            raise CheckFailed(Check.EXPIRY, "a permit lives at most an hour")
        word = reader.words(at.block, [(permit.asset, permit.investor)])[permit.asset, permit.investor]
        if not word.allows(Permission.RECEIVE):
            raise CheckFailed(Check.RECORD, "the investor may not receive here")
        if any(reader.account(at.block, permit.asset, permit.account).investor):
            raise CheckFailed(Check.ACCOUNT, "the account is bound already")
        digest = digest_permit(permit, reader.domain)
        item = BindingItem(permit.asset, permit.account, permit.investor)
        asked = _Asked(reader, OracleBatch(0, now, (), (item,), ()), digest, request, now)
        passed, failed = self._check_items(asked, {(permit.asset, permit.investor): word}, self._policies(asked, at))
        with self._store.turn():
            findings = self._findings(asked, passed, failed)
            if failed:
                raise CheckFailed(failed[0].check, failed[0].why)
            if any(one.proof is None or permit.expires_at > one.proof.expires_at for one in passed.values()):
                raise CheckFailed(Check.EXPIRY, "the permit lives longer than the consent to it")
            if self._room(reader.domain, 0, now) < 1:
                raise CheckFailed(Check.BUDGET, SPENT)
            self._store.permit(reader.domain, permit, digest, findings, now)
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

    def _check(self, asked: _Asked, now: Now) -> None:
        """Every check of a batch; what is about to be signed is on the disk when this returns."""
        batch, reader = asked.batch, asked.reader
        require_shape(batch, now, asked.now)
        keys = [(item.asset, item.investor) for item in batch.eligibilities]
        keys += [(binding.asset, binding.investor) for binding in batch.bindings if any(binding.investor)]
        words = reader.words(now.block, keys)
        if sunk := sunk_parts(reader, now.block, batch, words):
            raise ItemsFailed(sunk)
        if is_withdrawal(batch, words):
            self._store.record(reader.domain, asked.digest, batch, Findings(), asked.now)
            return
        self._require_replaceable(asked)
        is_whole = self._require_seen(asked, now)
        policy = self._policies(asked, now)
        passed, failed = self._check_items(asked, words, policy)
        # Chains are read before the memory: a grant that is final by then is counted twice rather than not at all.
        reading = self._read_caps(asked, passed, failed, is_whole)
        with self._store.turn():
            self._require_replaceable(asked)  # another one may have been signed meanwhile
            if reading is not None:
                failed += over_caps(self._store, reading, reader, batch, passed, policy)
            findings = self._findings(asked, passed, failed)
            failed += self._too_many_lifts(findings, batch, words, passed, asked.now)
            failed += self._over_budget(asked, passed)
            if failed:
                raise ItemsFailed(failed)
            self._store.record(reader.domain, asked.digest, batch, findings, asked.now)

    def _check_items(
        self, asked: _Asked, words: Mapping[tuple[bytes, bytes], EligibilityWord], policy: Callable[[bytes], Policy]
    ) -> tuple[dict[tuple[str, int], Passed], list[ItemFailed]]:
        batch, permit = asked.batch, isinstance(asked.request, PermitRequest)
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
            prove=lambda item, ground: self._prove(asked.reader, item, ground, asked.now, permit),
            now=asked.now,
            written=frozenset((item.asset, item.investor) for item in batch.eligibilities),
        )
        passed: dict[tuple[str, int], Passed] = {}
        failed: list[ItemFailed] = []
        for kind, index, check in checks_of(around, batch):
            try:
                passed[kind, index] = check()
            except CheckFailed as error:
                failed.append(ItemFailed(kind, index, error.check, error.why))
            except (RecoverableError, ChainError) as error:
                # An issuer or an account that can't be asked now: its holder's item waits, and nobody else's.
                failed.append(ItemFailed(kind, index, Check.UNAVAILABLE, type(error).__name__))
        return passed, failed

    def _read_caps(
        self, asked: _Asked, passed: Mapping[tuple[str, int], Passed], failed: list[ItemFailed], is_whole: bool
    ) -> Reading | None:
        """What raises depend on; None when that can't be known now: then the raises are added to `failed`, and only they."""
        raises = [place for place in raises_in(asked.batch) if place in passed]
        why = "another chain can't be asked now"
        if is_whole or not raises:
            try:
                return read_caps(self._store, list(self._readers.values()), asked.batch)
            except (RecoverableError, ChainError) as error:
                why = f"what is taken can't be known now ({type(error).__name__})"
        checks = {"eligibility": Check.LIMIT, "quota": Check.SEATS}
        failed += [ItemFailed(kind, index, checks[kind], why) for kind, index in raises]
        return None

    def _too_many_lifts(
        self,
        found: Findings,
        batch: OracleBatch,
        words: Mapping[tuple[bytes, bytes], EligibilityWord],
        passed: Mapping[tuple[str, int], Passed],
        now: int,
    ) -> list[ItemFailed]:
        """Items that give somebody the way out back, beyond how many may within a day; adds the others to `found`.

        Only a block takes it, and no evidence shows whether one is over: so a thief of the service must not free many.
        """
        room = self._rules.lifts_per_day - self._store.lifted_since(now - DAY)
        lifts = [
            index
            for index, item in enumerate(batch.eligibilities)
            if ("eligibility", index) in passed and lifts_block(item, words[item.asset, item.investor])
        ]
        found.lifted = len(lifts)
        why = f"more than {self._rules.lifts_per_day} blocks would be lifted within a day"
        return [ItemFailed("eligibility", index, Check.LIFTS, why) for index in lifts[max(0, room) :]]

    def _policies(self, asked: _Asked, now: Now) -> Callable[[bytes], Policy]:
        named = partial(asked.reader.policy_hash, now.final)
        return policies_in(asked.request.assets, named, asked.now)

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
        unbound_at = self._store.unbound_at(domain, item.asset, item.account)
        if unbound_at is not None and proof.agreed_at <= unbound_at:
            raise CheckFailed(Check.REPLAY, "the account was taken away after the holder agreed to it")

    def _signed(self, asked: _Asked) -> list[SignedBatch]:
        return self._store.own(asked.reader.domain, asked.batch.number)

    def _require_replaceable(self, asked: _Asked) -> None:
        """Another batch of a number that was signed: only if it asks for nothing new, or after a wait."""
        signed = self._signed(asked)
        if not signed or any(is_part_of(asked.batch, one.batch) for one in signed):
            return
        left = signed[0].at + self._rules.replace_seconds - asked.now
        if left > 0:
            raise CheckFailed(Check.SIGNED_ANOTHER, f"another batch {asked.batch.number} was signed; wait {left} s")

    def _require_seen(self, asked: _Asked, now: Now) -> bool:
        """Every batch that is not final yet is known here, on all chains: the sums are worth nothing otherwise.

        False when another chain can't be asked now: then nothing may be raised, and all else goes on.
        """
        is_whole = True
        for reader in self._readers.values():
            try:
                at = now if reader is asked.reader else reader.now()
            except (RecoverableError, ChainError):
                is_whole = False
                continue
            if self._rules.warm_up:
                self._require_warm(reader.domain, at)
            missing = set(range(at.final_number + 1, at.clock.number + 1)) - self._store.known(
                reader.domain, at.final_number + 1, at.clock.number
            )
            if missing:
                raise CheckFailed(Check.UNSEEN, f"0x{reader.domain.hex()} {min(missing)}")
        return is_whole

    def _require_warm(self, domain: bytes, at: Now) -> None:
        """Whatever a store that was put back from a copy forgot is dead or final: its last batches of this chain.

        A batch that was signed and lies in no block is good until another one has its number for ever. Nothing here can
        tell a store that was put back from one that was not, so every start counts.
        """
        start = self._starts.setdefault(domain, at.clock.number)
        if self._is_new and start > 0 and not self._rules.new_key:
            raise CheckFailed(Check.MEMORY, "the chain has batches of this oracle, and this store has none")
        if at.final_number <= start:
            raise CheckFailed(Check.COLD, f"just started; grants wait until batch {start + 1} is final")

    def _over_budget(self, asked: _Asked, passed: Mapping[tuple[str, int], Passed]) -> list[ItemFailed]:
        """The grants beyond those of an hour. Only they: renewals in the same batch must not run out with the budget."""
        room = self._room(asked.reader.domain, asked.batch.number, asked.now)
        counted = [place for place, one in passed.items() if one.counts]
        return [ItemFailed(*place, Check.BUDGET, SPENT) for place in counted[max(0, room) :]]

    def _room(self, domain: bytes, number: int, now: int) -> int:
        """How many more grants may be signed in a batch of this number; `number` 0: permits."""
        return self._rules.grants_per_hour - self._store.granted_since(now - HOUR, domain, number)

    def _own_set(self, now: Now) -> int:
        if self._key.address not in now.signers.signers:
            raise CheckFailed(Check.SIGNER_SET, f"this key is not in set {now.signers.id}")
        return now.signers.id

    def _reader(self, domain: str) -> ChainReader:
        try:
            return self._readers[bytes.fromhex(domain[2:])]
        except KeyError:
            raise CheckFailed(Check.CHAIN, "no chain of this domain") from None


def _decode(kind: type[StructT], text: str) -> StructT:
    try:
        return decode_struct(kind, bytes.fromhex(text[2:]))
    except LockstepError:
        raise CheckFailed(Check.BATCH, f"not one {kind.__name__}") from None
