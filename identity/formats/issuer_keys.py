"""Trusted ways to an issuer's key: certificates under a trusted root (`x5c`), did:web, or a pinned set.

A header only says WHICH key was used; whether that key may speak for the issuer is decided by what is trusted here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtensionOID

from identity.errors import CertificateRefused, IssuerUnknown, KeyRefused
from identity.formats.base import IssuerKey, IssuerKeys
from identity.formats.did import key_in_document
from identity.formats.jwk import PublicKey, public_key_of
from identity.formats.jws import certificates_of
from identity.ports import Clock

MAX_CHAIN = 4
UNDERSTOOD = (
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
)


class PinnedKeys:
    """Keys known beforehand, by issuer and key name."""

    def __init__(self, keys: Mapping[str, Mapping[str, PublicKey]]) -> None:
        self._keys = keys

    def find(self, issuer: str | None, header: Mapping[str, Any]) -> IssuerKey:
        """The pinned key of this issuer that the header names; the only one when it names none."""
        known = self._keys.get(issuer or "", {})
        name = header.get("kid")
        if name is None and len(known) == 1:
            return IssuerKey(str(issuer), next(iter(known.values())))
        if not isinstance(name, str) or name not in known:
            raise IssuerUnknown(str(issuer), "no such key is pinned")
        return IssuerKey(str(issuer), known[name])


class DidWebKeys:
    """Keys from the did:web documents of a list of trusted issuers; `document` fetches one under the policy for it."""

    def __init__(self, trusted: Sequence[str], document: Callable[[str], Mapping[str, Any]]) -> None:
        self._trusted, self._document = frozenset(trusted), document

    def find(self, issuer: str | None, header: Mapping[str, Any]) -> IssuerKey:
        """The assertion key in the issuer's document that the header's `kid` names."""
        name = header.get("kid")
        if issuer not in self._trusted or not isinstance(name, str):
            raise IssuerUnknown(str(issuer), "not a trusted did:web, or no key is named")
        try:
            return IssuerKey(issuer, key_in_document(self._document(issuer), issuer, name))
        except KeyRefused as error:
            raise IssuerUnknown(issuer, error.why) from None


class CertificateKeys:
    """Keys certified under trusted roots; the signer's certificate must name the issuer (URI, or DNS for https).

    `trusted`: the issuers that are believed; None when whoever asks decides about that afterwards.
    """

    def __init__(self, roots: Sequence[x509.Certificate], trusted: Sequence[str] | None, clock: Clock) -> None:
        self._roots, self._clock = tuple(roots), clock
        self._trusted = None if trusted is None else frozenset(trusted)

    def find(self, issuer: str | None, header: Mapping[str, Any]) -> IssuerKey:
        """The key of the header's first certificate. Without `iss` the certificate's one URI is the issuer."""
        if "x5c" not in header:
            raise IssuerUnknown(str(issuer), "the header holds no certificates")
        try:
            leaf = verify_chain(certificates_of(header), self._roots, self._clock())
            names = uris_of(leaf)
            if issuer is None and len(names) == 1:
                issuer = names[0]
            key = public_key_of(leaf.public_key())
        except (CertificateRefused, KeyRefused) as error:
            raise IssuerUnknown(str(issuer), error.why) from None
        if issuer not in names or (self._trusted is not None and issuer not in self._trusted):
            raise IssuerUnknown(str(issuer), "the certificate names another issuer, or one that is not trusted")
        return IssuerKey(issuer, key)


class FirstOf:
    """Asks several ways in their order. The last one's refusal is told."""

    def __init__(self, *ways: IssuerKeys) -> None:
        self._ways = ways

    def find(self, issuer: str | None, header: Mapping[str, Any]) -> IssuerKey:
        """The first key that a way finds."""
        for way in self._ways[:-1]:
            try:
                return way.find(issuer, header)
            except IssuerUnknown:
                continue
        return self._ways[-1].find(issuer, header)


def verify_chain(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], now: int) -> x509.Certificate:
    """The signer's certificate, when the chain leads link by link to a trusted root and all are in their time.

    Raises:
        CertificateRefused: too long, a broken link, out of its time, an authority without the right to certify.
    """
    if not 1 <= len(chain) <= MAX_CHAIN:
        raise CertificateRefused(f"it has not 1 to {MAX_CHAIN} certificates")
    if len(chain) > 1 and chain[-1] in roots:
        chain = chain[:-1]  # a root that is sent along adds nothing
    leaf, *authorities = chain
    if _may_certify(leaf):
        raise CertificateRefused("the signer's certificate is an authority's")
    if not _may_sign(leaf):
        raise CertificateRefused("the signer's certificate is not for signing")
    for certificate in chain:
        _require_understood(certificate)
    child = leaf
    for below, authority in enumerate(authorities):
        _require_link(child, authority, below)
        child = authority
    at = dt.datetime.fromtimestamp(now, dt.UTC)
    for certificate in chain:
        if not certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc:
            raise CertificateRefused("a certificate is out of its time")
    for root in roots:
        if child.issuer == root.subject and root.not_valid_before_utc <= at < root.not_valid_after_utc:
            _require_link(child, root, len(authorities))
            return leaf
    raise CertificateRefused("it leads to no trusted root")


def uris_of(certificate: x509.Certificate) -> list[str]:
    """The URIs in a certificate's alternative names."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def _require_link(child: x509.Certificate, authority: x509.Certificate, below: int) -> None:
    """`below`: how many authorities stand under this one."""
    if not _may_certify(authority):
        raise CertificateRefused("a certificate that may not certify stands above another")
    longest = authority.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    if longest is not None and below > longest:
        raise CertificateRefused("an authority certified more authorities than it may")
    try:
        child.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        raise CertificateRefused("a certificate was not issued by the next one") from None


def _require_understood(certificate: x509.Certificate) -> None:
    """RFC 5280, 4.2: what is critical and not understood refuses. Roots are trusted as they are, and not asked."""
    if any(one.critical and one.oid not in UNDERSTOOD for one in certificate.extensions):
        raise CertificateRefused("a critical extension that is not understood here")


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        return True


def _may_certify(certificate: x509.Certificate) -> bool:
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return basic.ca and usage.key_cert_sign
