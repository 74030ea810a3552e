"""What issuer, oracle and wallet refuse. Messages never hold a claim's value, a name, a token or a key."""

from __future__ import annotations

from bridge.errors import InvalidInput, LockstepError, RecoverableError, UnrecoverableError


class IdentityError(LockstepError):
    """Root of the errors of everything under `identity/`."""


class Malformed(IdentityError, InvalidInput):
    """Bytes from outside are not what they claim to be: `what` they should be and `why` they are not."""

    def __init__(self, what: str, why: str) -> None:
        self.what, self.why = what, why
        super().__init__(f"not a valid {what}: {why}")


class MalformedJson(Malformed):
    """Not one strict JSON document: too large, too deep, duplicate names, NaN, lone surrogates, NUL."""

    def __init__(self, why: str) -> None:
        super().__init__("JSON document", why)


class MalformedJwt(Malformed):
    """Not a compact JWS of the form asked for."""

    def __init__(self, why: str) -> None:
        super().__init__("JWT", why)


class MalformedCredential(Malformed):
    """A credential or presentation breaks its format (RFC 9901, the SD-JWT VC draft)."""

    def __init__(self, why: str) -> None:
        super().__init__("credential", why)


class MalformedStatusList(Malformed):
    """A status list token breaks the Token Status List specification, or is too large."""

    def __init__(self, why: str) -> None:
        super().__init__("status list", why)


class KeyRefused(Malformed):
    """A key is of a kind that is not taken, holds private parts, is off its curve, or is named twice."""

    def __init__(self, why: str) -> None:
        super().__init__("key", why)


class CertificateRefused(Malformed):
    """A certificate chain does not lead to a trusted root, is out of its time, or names somebody else."""

    def __init__(self, why: str) -> None:
        super().__init__("certificate chain", why)


class AlgorithmRefused(IdentityError, InvalidInput):
    """A signature algorithm outside the allow-list; `none` and every symmetric one are never in it."""

    def __init__(self, algorithm: object) -> None:
        self.algorithm = algorithm if isinstance(algorithm, str) else type(algorithm).__name__
        super().__init__(f"the algorithm {self.algorithm[:20]!r} is not accepted")


class SignatureInvalid(IdentityError, InvalidInput):
    """A signature does not verify under the key it names."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"the signature of the {what} does not verify")


class NotInForce(IdentityError, InvalidInput):
    """A signed object is expired, not valid yet, or from the future. UTC seconds."""

    def __init__(self, what: str, why: str, at: int, now: int) -> None:
        self.what, self.why, self.at, self.now = what, why, at, now
        super().__init__(f"the {what} {why} ({at}, now {now})")


class WrongAudience(IdentityError, InvalidInput):
    """A signed object was made for somebody else."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"the {what} is meant for somebody else")


class WrongNonce(IdentityError, InvalidInput):
    """A signed object answers another challenge: a replay, or a mix-up."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"the {what} answers another nonce")


class NotAgreedTo(IdentityError, InvalidInput):
    """A holder was asked to agree to something by showing a credential, and agreed to nothing or to something else."""

    def __init__(self) -> None:
        super().__init__("the holder did not agree to what was asked")


class IssuerUnknown(IdentityError, InvalidInput):
    """No trusted way leads to a key of this issuer."""

    def __init__(self, issuer: str, why: str) -> None:
        self.issuer, self.why = issuer, why
        super().__init__(f"no trusted key of the issuer {issuer[:200]!r}: {why}")


class FetchRefused(IdentityError, InvalidInput):
    """An address from outside is not one this process may ask (scheme, host, address range)."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"this address is not fetched: {why}")


class FetchFailed(IdentityError, RecoverableError):
    """The other side did not answer as it must: unreachable, slow, too large, wrong status or type."""

    def __init__(self, host: str, why: str) -> None:
        self.host, self.why = host, why
        super().__init__(f"{host} did not answer as it must: {why}")


class KeyStoreLocked(IdentityError, UnrecoverableError):
    """The key store does not open: wrong passphrase, or a damaged file. Nothing is signed without it."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"the key store does not open: {why}")


class DevelopmentOnly(IdentityError, InvalidInput):
    """Something that would be unsafe anywhere but on a developer's machine; LOCKSTEP_ENV is not `dev`."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"{what} is for development only (LOCKSTEP_ENV=dev)")
