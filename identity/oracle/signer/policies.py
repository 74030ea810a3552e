"""The policies that a request brings, each compared with what the chain names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridge.errors import LockstepError
from identity.oracle.policy.document import Policy, parse_policy
from identity.oracle.signer.errors import Check, CheckFailed
from identity.oracle.signer.items import CLOCK_SKEW
from identity.oracle.signer.wire import Assets


def policies_in(
    given: Mapping[str, Assets], named: Callable[[bytes], bytes | None], now: int
) -> Callable[[bytes], Policy]:
    """Finds the policy of an asset, and looks at each once. `named`: the hash that the chain's final block names.

    What it gives raises CheckFailed POLICY: missing, another asset's, not in force yet, or not the one that is named.
    """
    known: dict[bytes, Policy] = {}

    def find(asset: bytes) -> Policy:
        if asset not in known:
            text = given.get("0x" + asset.hex())
            if text is None:
                raise CheckFailed(Check.POLICY, "the policy is missing")
            known[asset] = _read(asset, text.policy, named, now)
        return known[asset]

    return find


def _read(asset: bytes, text: str, named: Callable[[bytes], bytes | None], now: int) -> Policy:
    try:
        policy = parse_policy(text)
    except LockstepError as error:
        raise CheckFailed(Check.POLICY, str(error)) from None
    if policy.asset_id != asset or policy.effective_at > now + CLOCK_SKEW:
        raise CheckFailed(Check.POLICY, "it is another asset's, or not in force yet")
    if named(asset) != policy.digest:
        raise CheckFailed(Check.POLICY, "the chain names another one")
    return policy
