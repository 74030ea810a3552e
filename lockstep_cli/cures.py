"""What to do about errors that come from far away: each says what went wrong, and this says what its reader can do.

Errors that carry a cure of their own keep it. Codes are the protocols' (OpenID4VCI, section 8.3; RFC 6749, section 5.2) and
the oracle's names of refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bridge.errors import LockstepError

_ROOTS = "or name its certificate authority with --roots FILE (LOCKSTEP_ROOTS)"
_NEW_OFFER = "Ask your issuer for a new offer."
_AGAIN = "./lockstep wallet enrol begins again."

_OF_KINDS: Final[Mapping[str, str]] = {
    "DevelopmentOnly": "Start ./lockstep up in another terminal, or set LOCKSTEP_ENV=dev on a machine for development.",
    "IssuerSilent": f"See that the issuer runs at the address in the offer, {_ROOTS}.",
    "IssuerUnreachable": f"See that the issuer runs at this address, {_ROOTS}.",
    "VerifierSilent": f"See that the oracle runs at this address, {_ROOTS}.",
    "OfferRefused": "An offer begins with openid-credential-offer://? and is passed whole, in quotes.",
    "NothingFits": "Ask an issuer that this asset's policy trusts for them: ./lockstep wallet list shows what you hold.",
    "NoSession": "./lockstep wallet enrol opens one.",
    "KeyFileRefused": "Give a file with your key that only you can read; in development also a name of the cast or its guests.",
    "CredentialUnknown": "./lockstep wallet list shows what it holds.",
}
_OF_ISSUERS: Final[Mapping[str, str]] = {
    "invalid_grant": (
        "Compare the transaction code; after some wrong ones the offer is dead. An offer is good once, and for a short time. "
        + _NEW_OFFER
    ),
    "invalid_request": "If the offer needs a transaction code, give it with --tx-code.",
}
_OF_ORACLES: Final[Mapping[str, str]] = {
    "SessionRefused": f"Your session is over. {_AGAIN}",
    "NotEnrolled": _AGAIN,
    "AssetUnknown": "Compare the asset's id: ./lockstep asset list shows those of this system.",
    "EvidenceNotValid": "Ask its issuer why, and for another one.",
    "NotOnePerson": "Enrol with credentials that all say who you are: your own, from issuers that checked you.",
    "CredentialTaken": "It serves another investor. If both are you, ask the oracle's staff to join the records.",
    "CoolingDown": "Try again then. Nothing is lost meanwhile: what you hold stays yours.",
    "AccountTaken": "Link another account, or unlink it where it is linked now.",
    "ChainUnknown": "./lockstep wallet standing --json names the chains that are served.",
    "NotFound": "./lockstep wallet standing shows the accounts that are linked, with their ids.",
    "ChallengeUnknown": "Link the account again.",
}


def cure_of(error: LockstepError) -> str:
    """One sentence or two on what to do; empty when nobody knows better than the error itself."""
    own = getattr(error, "cure", "")
    if own:
        return str(own)
    kind = type(error).__name__
    found = _BY_CODE.get(kind)
    return _OF_KINDS.get(kind, "") if found is None else found(error)


def _of_issuer(error: Any) -> str:
    return _OF_ISSUERS.get(error.error, _NEW_OFFER)


def _of_oracle(error: Any) -> str:
    return _OF_ORACLES.get(error.error, "")


def _of_verifier(error: Any) -> str:
    return _OF_ORACLES.get(error.reason, "")


_BY_CODE: Final[Mapping[str, Callable[[Any], str]]] = {
    "IssuerRefused": _of_issuer,
    "OracleRefused": _of_oracle,
    "VerifierRefused": _of_verifier,
}
