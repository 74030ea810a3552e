"""An investor at an oracle: enrol for an asset by presenting, link accounts, see where one stands.

Whatever the oracle gives to sign is read before it is signed: a statement of control and nothing else, for the account,
chain and asset that were meant, naming this oracle. The same statement is signed twice: by the account, and by the key
that the credentials are bound to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from bridge.errors import InvalidInput
from chains.accounts import Account
from identity.errors import IdentityError, Malformed
from identity.formats.did import did_web
from identity.formats.strict import Bounds, parse_object
from identity.oracle.people.proofs import AccountControl, Scheme
from identity.wallet.dcql import Choice
from identity.wallet.presenting import Asking, Presenter, VerifierSilent, require_https
from identity.wallet.silence import why_silent
from identity.wallet.store import Held

Agree = Callable[[Asking, Sequence[Choice]], bool]
"""Asks the holder whether this may be shown."""
_BOUNDS = Bounds(size=1_048_576)
KEY_KINDS = {0: Scheme.ED25519, 1: Scheme.SR25519}
"""The scheme of a Substrate key pair by its `crypto_type`; the library signs by ecdsa in the manner of EVM chains only."""


class OracleRefused(IdentityError, InvalidInput):
    """The oracle said no: the name of its refusal, and its sentence."""

    def __init__(self, error: str, detail: str) -> None:
        self.error, self.detail = error, detail
        super().__init__(f"the oracle refused: {error} ({detail[:300]})")


class NotAgreed(IdentityError, InvalidInput):
    """The holder did not want to show this."""

    def __init__(self) -> None:
        super().__init__("nothing was shown")


class StatementRefused(IdentityError, InvalidInput):
    """The oracle gave something else to sign than a statement of control over the account that was meant."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"this is not signed: {why}")


@dataclass(frozen=True, slots=True)
class InvestorSession:
    """A session at an oracle, with the thumbprint of the wallet's key that opened it."""

    token: str
    holder: str


@dataclass(frozen=True, slots=True)
class LinkedAccount:
    """An account as the oracle knows it; `state` is proven, bound or unbinding."""

    id: str
    chain: str
    account: str
    state: str


class OracleClient:
    """One oracle over https, by its public address."""

    def __init__(self, http: httpx.Client, oracle: str) -> None:
        require_https(oracle)
        self._http, self._url = http, oracle.rstrip("/")

    @property
    def did(self) -> str:
        """The oracle's name, as it follows from its address."""
        return did_web(self._url)

    def enrol(
        self, asset: bytes, presenter: Presenter, held: Sequence[Held], agree: Agree | None = None
    ) -> InvestorSession:
        """Presents what the asset's policy asks for; a session. `agree` asks the holder before anything is shown.

        Raises:
            NothingFits: the wallet doesn't hold it. NotAgreed: the holder doesn't want to.
            OracleRefused, RequestRefused, VerifierRefused, VerifierSilent: as they say.
        """
        started = self._ask("POST", "/enrolments", {"asset": "0x" + asset.hex()})
        asking = presenter.read(str(started.get("request")))
        if asking.verifier != self.did:
            raise StatementRefused("the request is another verifier's")
        choices = presenter.choose(asking, held)
        if agree is not None and not agree(asking, choices):
            raise NotAgreed
        code = response_code(presenter.answer(asking, choices))
        going_on = {"transaction": started.get("transaction"), "response_code": code}
        return InvestorSession(
            str(self._ask("POST", "/enrolments/continue", going_on).get("access_token")), presenter.holder
        )

    def link(
        self,
        session: InvestorSession,
        asset: bytes,
        chain: str,
        account: Account,
        presenter: Presenter,
        held: Sequence[Held],
        agree: Agree | None = None,
    ) -> LinkedAccount:
        """Agrees to an account of a chain (CAIP-2) with the holder's key, proves control of it, and links it.

        Raises:
            StatementRefused: the oracle gave something else to sign, or to agree to, than was meant.
            NothingFits, NotAgreed, RequestRefused, VerifierRefused, VerifierSilent, OracleRefused: as they say.
        """
        wanted = {"asset": "0x" + asset.hex(), "chain": chain, "account": account.text}
        given = self._ask("POST", "/me/challenges", wanted, session.token)
        nonce, expires_at = given.get("nonce"), given.get("expires_at")
        if not isinstance(nonce, str) or not isinstance(expires_at, int):
            raise VerifierSilent("its answer is no challenge")
        # Built here from what was meant, and compared: what is signed never comes from outside.
        control = AccountControl(self.did, asset, chain, account.id, session.holder, nonce, expires_at)
        if given.get("text") != control.text():
            raise StatementRefused("the statement is not the one that was meant")
        self._consent(session, control, presenter, held, agree)
        scheme, signature = sign_control(control, account)
        proof = {"nonce": nonce, "scheme": scheme.value, "signature": "0x" + signature.hex()}
        return _linked(self._ask("POST", "/me/accounts", proof, session.token))

    def _consent(
        self,
        session: InvestorSession,
        control: AccountControl,
        presenter: Presenter,
        held: Sequence[Held],
        agree: Agree | None,
    ) -> None:
        started = self._ask("POST", f"/me/challenges/{control.nonce}/consent", {}, session.token)
        asking = presenter.read(str(started.get("request")))
        if [one.control for one in asking.agreements] != [control]:
            raise StatementRefused("the request asks to agree to something else")
        choices = presenter.choose(asking, held)
        if any(one.claims for one in choices):
            raise StatementRefused("no claim needs to be shown to agree to a statement")
        if agree is not None and not agree(asking, choices):
            raise NotAgreed
        presenter.answer(asking, choices)

    def unlink(self, session: InvestorSession, account_id: str) -> None:
        """Takes an account back."""
        self._ask("POST", f"/me/accounts/{account_id}/unlink", {}, session.token)

    def me(self, session: InvestorSession) -> dict[str, Any]:
        """Where one stands in each asset, and the accounts linked."""
        return self._ask("GET", "/me", None, session.token)

    def _ask(self, method: str, path: str, body: object = None, token: str | None = None) -> dict[str, Any]:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        try:
            answer = self._http.request(method, self._url + path, json=body, headers=headers)
            document = parse_object(answer.content, _BOUNDS)
        except httpx.HTTPError as error:
            raise VerifierSilent(why_silent(error)) from None
        except Malformed:
            raise VerifierSilent("its answer is no JSON object") from None
        if not answer.is_success:
            raise OracleRefused(str(document.get("error")), str(document.get("detail", "")))
        return document


def sign_control(control: AccountControl, account: Account) -> tuple[Scheme, bytes]:
    """An account's signature of a statement, in the way of its kind."""
    if account.kind == "evm":
        return Scheme.EIP712, bytes(account.key.sign_message(control.signable()).signature)
    scheme = KEY_KINDS.get(account.key.crypto_type)
    if scheme is None:
        raise StatementRefused("this wallet signs with sr25519 and ed25519 keys only")
    return scheme, bytes(account.key.sign(control.text().encode("utf-8")))


def response_code(redirect_uri: str | None) -> str:
    """The response code in the fragment of the address that a verifier sends a holder to. VerifierSilent."""
    fragment = urlsplit(redirect_uri or "").fragment
    codes = parse_qs(fragment).get("response_code", [])
    if len(codes) != 1:
        raise VerifierSilent("it gave no response code")
    return codes[0]


def _linked(document: dict[str, Any]) -> LinkedAccount:
    return LinkedAccount(*(str(document.get(name)) for name in ("id", "chain", "account", "state")))
