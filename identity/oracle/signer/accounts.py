"""A proof of account control, checked by a signer for itself.

The signer builds the statement that must have been signed from its own oracle, the item's asset and account and the
chain's own name. So a proof serves this oracle, this asset, this chain and this account, or none.
"""

from __future__ import annotations

from collections.abc import Callable

from bridge.errors import InvalidInput
from bridge.types import BindingItem
from identity.oracle.people.proofs import ContractSignatures, verify_account_proof
from identity.oracle.signer.errors import Check, CheckFailed
from identity.oracle.signer.items import ProvedAccount
from identity.oracle.signer.reading import ChainReader
from identity.oracle.signer.wire import Ground


def account_prover(
    oracle: str, contracts: ContractSignatures | None = None
) -> Callable[[ChainReader, BindingItem, Ground, int], ProvedAccount]:
    """Checks proofs made for the oracle with this did; `contracts` asks smart accounts (ERC-1271), if given."""

    def prove(reader: ChainReader, item: BindingItem, ground: Ground, now: int) -> ProvedAccount:
        if ground.proof is None:
            raise CheckFailed(Check.ACCOUNT, "there is no proof of control")
        try:
            control = verify_account_proof(
                ground.proof,
                oracle=oracle,
                asset=item.asset,
                chain=reader.caip2(),
                account=item.account,
                contracts=contracts,
            )
        except InvalidInput as error:
            raise CheckFailed(Check.ACCOUNT, f"the proof of control does not hold ({type(error).__name__})") from None
        if now >= control.expires_at:
            raise CheckFailed(Check.ACCOUNT, "the proof of control has ended")
        return ProvedAccount(control.nonce, control.holder)

    return prove
