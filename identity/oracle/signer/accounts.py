"""Statements of account control and the holder's consent to them, checked by a signer for itself.

The signer builds the statement that must have been signed from its own oracle, the item's asset and account and the
chain's own name. So a proof serves this oracle, this asset, this chain and this account, or none. Whatever names an account
as somebody's must be signed by the key that this somebody's credentials are bound to: an oracle that was stolen holds
credentials and can make up accounts, but it holds nobody's key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridge.errors import InvalidInput, LockstepError
from bridge.types import BindingItem
from identity.errors import IdentityError, NotAgreedTo
from identity.formats.base import CLOCK_SKEW, Challenge
from identity.formats.jws import parse_jws, require_text, require_time
from identity.formats.sd_jwt import KEY_BINDING_TYP, SdJwt, verify_key_binding
from identity.oracle.people.proofs import (
    ContractSignatures,
    Proved,
    read_permit_proof,
    transaction_data,
    verify_account_proof,
)
from identity.oracle.people.proofs.consent import CLIENT_ID_PREFIX, CONSENT_SECONDS
from identity.oracle.signer.errors import Check, CheckFailed
from identity.oracle.signer.evidence import Bond
from identity.oracle.signer.reading import ChainReader
from identity.oracle.signer.wire import Ground

Prove = Callable[[ChainReader, BindingItem, Ground, int, bool], Proved]
"""(chain, item, ground, now, permit): the statement of an item, proved by the account unless a permit is asked for."""


def account_prover(oracle: str, contracts: ContractSignatures | None = None) -> Prove:
    """Checks proofs made for the oracle with this did; `contracts` asks smart accounts (ERC-1271), if given."""

    def prove(reader: ChainReader, item: BindingItem, ground: Ground, now: int, permit: bool) -> Proved:
        if ground.proof is None:
            raise CheckFailed(Check.ACCOUNT, "there is no proof of control")
        try:
            if permit:
                proved = read_permit_proof(
                    ground.proof, oracle=oracle, asset=item.asset, chain=reader.caip2(), account=item.account
                )
            else:
                proved = verify_account_proof(
                    ground.proof,
                    oracle=oracle,
                    asset=item.asset,
                    chain=reader.caip2(),
                    account=item.account,
                    contracts=contracts,
                )
        except InvalidInput as error:
            raise CheckFailed(Check.ACCOUNT, f"the proof of control does not hold ({type(error).__name__})") from None
        if now >= proved.control.expires_at:
            raise CheckFailed(Check.ACCOUNT, "the proof of control has ended")
        return proved

    return prove


def require_consent(bonds: Sequence[Bond], proved: Proved, now: int) -> int:
    """When the holder agreed to exactly this statement (UTC seconds), with a credential in force that is evidence here.

    Raises:
        CheckFailed: ACCOUNT when the statement names no holder of the evidence, CONSENT in all other cases.
    """
    named = [bond for bond in bonds if bond.holder.thumbprint == proved.control.holder]
    if not named:
        raise CheckFailed(Check.ACCOUNT, "the proof of control was made for another holder")
    refusal: LockstepError | None = None
    for bond in named:
        if not bond.in_force:
            continue
        try:
            return _agreed_at(bond, proved, now)
        except (IdentityError, InvalidInput) as error:
            refusal = error
    why = "by no credential in force" if refusal is None else type(refusal).__name__
    raise CheckFailed(Check.CONSENT, f"the holder did not agree to it ({why})")


def _agreed_at(bond: Bond, proved: Proved, now: int) -> int:
    control = proved.control
    payload = parse_jws(proved.consent, types=(KEY_BINDING_TYP,)).payload
    challenge = Challenge(
        audience=CLIENT_ID_PREFIX + control.oracle,
        # The oracle drew it for its request and nobody else can know it: what can't be used twice is the statement's own.
        nonce=require_text(payload, "nonce"),
        # Not before the statement can have been made: one with a far end would be good for ever.
        max_age=now - (control.expires_at - CONSENT_SECONDS - CLOCK_SKEW),
        transaction_data=(transaction_data(control, bond.topic),),
    )
    verify_key_binding(SdJwt(bond.jwt, (), proved.consent), bond.holder, challenge, now, bond.hash_name)
    agreed_at = require_time(payload, "iat")
    if agreed_at is None:
        raise NotAgreedTo
    return agreed_at
