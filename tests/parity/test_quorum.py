"""The signature gate and the choice of a signer set equal the vectors."""

from __future__ import annotations

import pytest

from bridge.quorum import SignerSets, check_quorum
from bridge.refusals import Refused
from bridge.types import Reason, Role, SignerSet
from tests.parity.vectors import Case, bytes_of, cases, named


@pytest.mark.parametrize("case", cases("quorum", "quorum"), ids=named)
def test_the_gate_equals_the_vectors(case: Case) -> None:
    signers = tuple(bytes_of(signer) for signer in case["signers"])
    signer_set = SignerSet(Role.ATTESTOR, 1, case["threshold"], signers)
    signatures = [bytes_of(signature) for signature in case["signatures"]]
    if case["code"] == 0:
        assert len(check_quorum(signer_set, bytes_of(case["digest"]), signatures)) == len(signatures)
        return
    with pytest.raises(Refused) as refused:
        check_quorum(signer_set, bytes_of(case["digest"]), signatures)
    assert refused.value.reasons == (Reason(case["code"], int(case["a"]), int(case["b"])),)


@pytest.mark.parametrize("case", cases("quorum", "choice"), ids=named)
def test_the_choice_of_a_set_equals_the_vectors(case: Case) -> None:
    current = SignerSet(Role.ATTESTOR, case["current"], 1, (bytes(19) + b"\x01",))
    previous = SignerSet(Role.ATTESTOR, case["previous"], 1, (bytes(19) + b"\x02",)) if case["previous"] else None
    sets = SignerSets(current, previous, case["graceEnds"])
    if case["code"] == 0:
        assert sets.select(case["set"], case["now"]).id == case["set"]
        return
    with pytest.raises(Refused) as refused:
        sets.select(case["set"], case["now"])
    assert refused.value.reasons == (Reason(case["code"], case["a"], case["b"]),)
