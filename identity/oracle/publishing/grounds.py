"""What signers are given beside a batch or a permit: policy, evidence, what classes stand for, proofs and consents."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.abi import encode_struct
from bridge.types import BindingItem, BindingPermit, EligibilityItem, OracleBatch, Permission
from identity.oracle.publishing.drafting import Drafted, places
from identity.oracle.publishing.ports import Source, WantedBinding
from identity.oracle.signer.wire import Assets, BatchRequest, Ground, PermitRequest


def build_request(domain: bytes, batch: OracleBatch, drafted: Sequence[Drafted], source: Source) -> BatchRequest:
    """The request for one batch, whose items are those drafted. Blocks: reads the oracle's database."""
    granting = [(place, one) for place, one in places(drafted).items() if not one.takes]
    assets = list(dict.fromkeys(one.item.asset for _, one in granting))
    classes = {asset: source.classes(asset) for asset in assets}
    shown = {asset: source.evidence(asset, _people(drafted, asset)) for asset in assets}
    tokens: dict[str, str] = {}
    for asset in assets:
        if shown[asset]:
            tokens |= source.status_tokens(asset)
    grounds = tuple(
        Ground(
            kind=kind,  # type: ignore[arg-type]
            index=index,
            bucket=None if isinstance(one.item, BindingItem) else classes[one.item.asset].get(one.item.class_),
            evidence=tuple(shown[one.item.asset].get(one.person_id, ())) if _shows(one) else (),
            proof=None if one.binding is None or one.binding.proof is None else dict(one.binding.proof),
        )
        for (kind, index), one in granting
    )
    return BatchRequest(
        chain="0x" + domain.hex(),
        batch="0x" + encode_struct(batch).hex(),
        assets={"0x" + asset.hex(): Assets(policy=source.policy(asset).canonical.decode()) for asset in assets},
        status_tokens=tokens,
        grounds=grounds,
    )


def build_permit_request(domain: bytes, permit: BindingPermit, wanted: WantedBinding, source: Source) -> PermitRequest:
    """The request for one permit, for an account that its investor's holder agreed to. Blocks, as `build_request`."""
    evidence = source.evidence(permit.asset, [wanted.person_id]).get(wanted.person_id, ())
    ground = Ground(kind="binding", index=0, bucket=None, evidence=tuple(evidence), proof=dict(wanted.proof or {}))
    return PermitRequest(
        chain="0x" + domain.hex(),
        permit="0x" + encode_struct(permit).hex(),
        assets={"0x" + permit.asset.hex(): Assets(policy=source.policy(permit.asset).canonical.decode())},
        status_tokens=dict(source.status_tokens(permit.asset)),
        grounds=(ground,),
    )


def _people(drafted: Sequence[Drafted], asset: bytes) -> list[str]:
    return list(dict.fromkeys(one.person_id for one in drafted if one.item.asset == asset and _shows(one)))


def _shows(one: Drafted) -> bool:
    """Whether the item rests on evidence: it lets somebody receive, or binds an account to them."""
    if one.takes or not one.person_id:
        return False
    if isinstance(one.item, EligibilityItem):
        return bool(one.item.permissions & Permission.RECEIVE)
    return isinstance(one.item, BindingItem)
