"""What to do about errors that come from far away."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from importlib import import_module

import httpx
import pytest

from bridge.errors import LockstepError
from identity.wallet.investing import OracleRefused
from identity.wallet.presenting import VerifierRefused, VerifierSilent
from identity.wallet.receiving import IssuerRefused
from identity.wallet.silence import why_silent
from lockstep_cli.app import explained
from lockstep_cli.cures import _BY_CODE, _OF_KINDS, _OF_ORACLES, cure_of
from lockstep_cli.errors import UserError

WHERE = (
    "identity.oracle.api.app",
    "identity.oracle.presenting.errors",
    "identity.oracle.people.errors",
    "identity.wallet.store",
    "lockstep_cli.commands.issuer",
)


def kinds(root: type[LockstepError] = LockstepError) -> Iterator[str]:
    for one in root.__subclasses__():
        yield one.__name__
        yield from kinds(one)


def test_every_cure_is_of_an_error_that_exists() -> None:
    """A renamed error would lose its cure in silence."""
    for module in WHERE:
        import_module(module)
    assert {*_OF_KINDS, *_OF_ORACLES, *_BY_CODE} - set(kinds()) == set()


@pytest.mark.parametrize("code", ["invalid_grant", "invalid_request", "invalid_proof", "something_new"])
def test_whatever_an_issuer_refuses_its_holder_is_told_what_to_do(code: str) -> None:
    assert cure_of(IssuerRefused("token", code, "")) != ""


def test_the_oracles_refusals_are_cured_by_their_name_on_either_way() -> None:
    assert "own" in cure_of(OracleRefused("NotOnePerson", ""))
    assert cure_of(OracleRefused("NotOnePerson", "")) == cure_of(VerifierRefused("invalid_request", "", "NotOnePerson"))
    assert cure_of(OracleRefused("SomethingNew", "")) == ""


def test_an_error_that_knows_its_own_cure_keeps_it() -> None:
    assert explained(UserError("No.", "Do this."))["cure"] == "Do this."
    assert "--roots" in explained(VerifierSilent("nothing listens there"))["cure"]


def test_silence_has_a_reason_and_never_an_address() -> None:
    secret = "https://oracle.example/presentations/secret-ticket"
    request = httpx.Request("POST", secret)
    refused = ssl.SSLCertVerificationError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    told = [
        why_silent(error)
        for error in (
            httpx.ConnectError(str(refused), request=request),
            httpx.ConnectError("[Errno 111] Connection refused", request=request),
            httpx.ReadTimeout("timed out", request=request),
            httpx.RemoteProtocolError(f"{secret} answered nonsense", request=request),
        )
    ]
    assert len(set(told)) == 4
    assert not any("secret" in one for one in told)
