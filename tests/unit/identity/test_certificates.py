"""Certificates: a chain counts only when every link does, and the development authority stays in development."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from identity.errors import CertificateRefused, DevelopmentOnly, IssuerUnknown
from identity.formats.issuer_keys import CertificateKeys, FirstOf, PinnedKeys, verify_chain
from identity.formats.jws import LocalKey, encode_chain
from identity.ports import utc
from identity.tls.development import DevelopmentAuthority

ISSUER = "did:web:localhost%3A8443"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DevelopmentAuthority:
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    return DevelopmentAuthority(tmp_path / "ca")


def certified(authority: DevelopmentAuthority) -> LocalKey:
    private = ec.generate_private_key(ec.SECP256R1())
    return LocalKey(private, "k", authority.certify_signer(private.public_key(), ISSUER))


def test_there_is_no_development_authority_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCKSTEP_ENV", raising=False)
    with pytest.raises(DevelopmentOnly):
        DevelopmentAuthority(tmp_path)


def test_a_certified_key_is_found_under_its_own_root_only(authority: DevelopmentAuthority, tmp_path: Path) -> None:
    key = certified(authority)
    header = {"x5c": encode_chain(key.chain)}
    found = CertificateKeys([authority.root], [ISSUER], utc).find(ISSUER, header)
    assert found.key.thumbprint == key.public.thumbprint
    assert CertificateKeys([authority.root], [ISSUER], utc).find(None, header).issuer == ISSUER
    other = DevelopmentAuthority(tmp_path / "other")
    for keys in (CertificateKeys([other.root], [ISSUER], utc), CertificateKeys([authority.root], [], utc)):
        with pytest.raises(IssuerUnknown):
            keys.find(ISSUER, header)


@pytest.mark.parametrize("x5c", [None, [], ["!"], [5], ["AAAA"], ["A"] * 9, "AAAA"])
def test_certificates_that_cannot_be_read_find_nothing(authority: DevelopmentAuthority, x5c: object) -> None:
    with pytest.raises(IssuerUnknown):
        CertificateKeys([authority.root], [ISSUER], utc).find(ISSUER, {"x5c": x5c})
    with pytest.raises(IssuerUnknown):
        CertificateKeys([authority.root], [ISSUER], utc).find(ISSUER, {})


def test_a_chain_out_of_its_time_or_order_is_refused(authority: DevelopmentAuthority) -> None:
    (leaf,) = certified(authority).chain
    (stranger,) = certified(authority).chain
    root = authority.root
    verify_chain([leaf], [root], utc())
    verify_chain([leaf, root], [root], utc())
    for chain, now in (
        ([], utc()),
        ([root], utc()),
        ([leaf, stranger], utc()),
        ([leaf] * 5, utc()),
        ([leaf], utc() + 91 * 86_400),
        ([leaf], utc() - 86_400),
    ):
        with pytest.raises(CertificateRefused):
            verify_chain(chain, [root], now)


def test_the_first_way_that_finds_a_key_is_taken() -> None:
    key = LocalKey(ec.generate_private_key(ec.SECP256R1())).public
    ways = FirstOf(PinnedKeys({}), PinnedKeys({ISSUER: {"k": key}}))
    assert ways.find(ISSUER, {"kid": "k"}).key is key
    with pytest.raises(IssuerUnknown):
        ways.find(ISSUER, {"kid": "other"})
