"""Certificates: a chain counts only when every link does, and the development authority stays in development."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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


Made = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def named(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def made(
    common: str, above: Made | None, *, ca: bool, length: int | None = None, signs: bool = True, further: Any = None
) -> Made:
    """A certificate and its key, under another or under itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    parent, signer = (named(common), key) if above is None else (above[0].subject, above[1])
    start = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    usage = x509.KeyUsage(
        digital_signature=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder(
            parent, named(common), key.public_key(), x509.random_serial_number(), start, start + dt.timedelta(days=2)
        )
        .add_extension(x509.BasicConstraints(ca=ca, path_length=length), critical=True)
        .add_extension(usage, critical=True)
    )
    if not ca:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(ISSUER)]), critical=False
        )
    if further is not None:
        builder = builder.add_extension(further, critical=True)
    return builder.sign(signer, hashes.SHA256()), key


def test_a_chain_of_authorities_is_followed_to_its_root() -> None:
    root = made("root", None, ca=True, length=2)
    first = made("first", root, ca=True, length=1)
    second = made("second", first, ca=True, length=0)
    leaf = made("leaf", second, ca=False)
    chain = [leaf[0], second[0], first[0]]
    assert verify_chain(chain, [root[0]], utc()) == leaf[0]
    assert verify_chain([*chain, root[0]], [root[0]], utc()) == leaf[0]
    with pytest.raises(CertificateRefused):
        verify_chain(chain[:2], [root[0]], utc())
    with pytest.raises(CertificateRefused):
        verify_chain([chain[0], chain[2], chain[1]], [root[0]], utc())


def test_an_authority_that_may_certify_signers_only_makes_no_authorities() -> None:
    """The path's length stood in the certificates and nobody counted."""
    root = made("root", None, ca=True, length=0)
    first = made("first", root, ca=True)
    leaf = made("leaf", first, ca=False)
    with pytest.raises(CertificateRefused, match="more authorities"):
        verify_chain([leaf[0], first[0]], [root[0]], utc())
    free = made("free", None, ca=True)
    narrow = made("narrow", free, ca=True, length=0)
    below = made("below", narrow, ca=True)
    deep = made("deep", below, ca=False)
    with pytest.raises(CertificateRefused, match="more authorities"):
        verify_chain([deep[0], below[0], narrow[0]], [free[0]], utc())


def test_a_limit_that_is_not_understood_is_not_overstepped() -> None:
    """An intermediate authority limited to one domain certified a signer of another: the limit was critical, and unread."""
    root = made("root", None, ca=True)
    limit = x509.NameConstraints([x509.DNSName("other.example")], None)
    limited = made("limited", root, ca=True, further=limit)
    leaf = made("leaf", limited, ca=False)
    with pytest.raises(CertificateRefused, match="critical"):
        verify_chain([leaf[0], limited[0]], [root[0]], utc())
    private = made(
        "private", root, ca=False, further=x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"x")
    )
    with pytest.raises(CertificateRefused, match="critical"):
        verify_chain([private[0]], [root[0]], utc())


def test_a_certificate_that_is_not_for_signing_signs_nothing() -> None:
    root = made("root", None, ca=True)
    leaf = made("leaf", root, ca=False, signs=False)
    with pytest.raises(CertificateRefused, match="signing"):
        verify_chain([leaf[0]], [root[0]], utc())


def test_a_server_certificate_of_the_same_root_speaks_for_no_issuer(authority: DevelopmentAuthority) -> None:
    """Whoever serves localhost has a certificate under the development root; it names no issuer."""
    files = authority.serve_localhost("server")
    server = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    for issuer in (ISSUER, "localhost", "https://localhost", None):
        with pytest.raises(IssuerUnknown):
            CertificateKeys([authority.root], None, utc).find(issuer, {"x5c": encode_chain([server])})


def test_the_first_way_that_finds_a_key_is_taken() -> None:
    key = LocalKey(ec.generate_private_key(ec.SECP256R1())).public
    ways = FirstOf(PinnedKeys({}), PinnedKeys({ISSUER: {"k": key}}))
    assert ways.find(ISSUER, {"kid": "k"}).key is key
    with pytest.raises(IssuerUnknown):
        ways.find(ISSUER, {"kid": "other"})
