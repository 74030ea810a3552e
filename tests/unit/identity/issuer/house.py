"""An issuer in this process: a clock that is set by hand, a real key store and database, every role's token."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.types import ASGIApp

from identity.formats.issuer_keys import PinnedKeys
from identity.formats.jws import LocalKey, build_jws
from identity.formats.strict import encode_base64url
from identity.issuer.api.app import create_app
from identity.issuer.database import open_database
from identity.issuer.offers import GRANT
from identity.issuer.service import Issuer, IssuerRules
from identity.issuer.staff import Role
from identity.keystore.file import FileKeyStore
from identity.ports import system_randomness

URL = "https://issuer.example"
START = 1_780_000_000
"""28 May 2026: in the past, because an independent verifier asks the machine's clock."""
PERSON = {
    "given_name": "Ada",
    "family_name": "Lovelace",
    "birthdate": "1985-12-10",
    "nationalities": ["DE"],
    "level": "standard",
    "method": "eid",
    "checked_on": "2026-05-20",
}
EVIDENCE = {"kind": "passport", "reference": "shelf 7", "sha256": "ab" * 32, "method": "eid"}


class House:
    """The issuer, and how everybody asks it."""

    def __init__(self, folder: Path, stack: ExitStack, database: str | None = None, **rules: Any) -> None:
        self.now, self.folder = START, folder
        self.strict = False
        """Whether what the application lets through to its server fails the test."""
        self.keys = FileKeyStore.create(folder / "keys.json", "open sesame", lambda: self.now, system_randomness)
        self.url = database or f"sqlite:///{folder / 'issuer.sqlite'}"
        self.rules = IssuerRules(**{"public_url": URL, **rules})
        self.database = open_database(self.url)
        stack.callback(self.database.close)
        self.issuer = Issuer(self.rules, self.database, self.keys, lambda: self.now, system_randomness)
        stack.callback(self.issuer.close)
        self.app = create_app(self.issuer)
        self.apps: list[ASGIApp] = [self.app]
        """Requests at the same time go to one after another of them."""
        self.tokens = {role: self._hire(role) for role in Role}
        self.wallet = LocalKey(ec.generate_private_key(ec.SECP256R1()))

    def _hire(self, role: Role) -> str:
        return self.issuer.writer.run_blocking(lambda tx: self.issuer.staff.add(tx, "test", f"{role}-1", [role]))

    def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        """One request through the application."""

        return self.ask_all([(method, path, content)])[0]

    def ask_all(self, requests: Sequence[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
        """All requests at the same time."""

        async def all_() -> list[httpx.Response]:
            async with AsyncExitStack() as stack:
                apps = [self.app, *self.apps[1:]]
                clients = [
                    await stack.enter_async_context(
                        httpx.AsyncClient(
                            transport=httpx.ASGITransport(app, raise_app_exceptions=self.strict), base_url=URL
                        )
                    )
                    for app in apps
                ]
                asked = zip(cycle(clients), requests, strict=False)
                return await asyncio.gather(
                    *(client.request(method, path, **content) for client, (method, path, content) in asked)
                )

        return asyncio.run(all_())

    def beside(self, stack: ExitStack) -> Issuer:
        """A second process on the same database and key file: a writer, connections and an opened store of its own."""
        database = open_database(self.url)
        stack.callback(database.close)
        keys = FileKeyStore.open(self.folder / "keys.json", "open sesame")
        other = Issuer(self.rules, database, keys, lambda: self.now, system_randomness)
        stack.callback(other.close)
        self.apps.append(create_app(other))
        return other

    def staff(self, role: Role, path: str, body: Any = None) -> httpx.Response:
        """One request of the staff."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"}
        return self.ask("POST", f"/staff/v1{path}", json=body, headers=headers)

    def approved(self, type_: str = "kyc", claims: Any = None, subject: str | None = None) -> tuple[str, str]:
        """An approved case: its id and its subject's."""
        body = {"type": type_, "claims": PERSON if claims is None else claims, "subject_id": subject}
        made = self.staff(Role.MAKER, "/cases", {key: value for key, value in body.items() if value is not None})
        assert made.status_code == 201, made.text
        case = made.json()["case_id"]
        assert self.staff(Role.MAKER, f"/cases/{case}/evidence", EVIDENCE).status_code == 201
        assert self.staff(Role.MAKER, f"/cases/{case}/submit").status_code == 200
        approved = self.staff(Role.CHECKER, f"/cases/{case}/approve")
        assert approved.status_code == 200, approved.text
        return case, made.json()["subject_id"]

    def let_retention_end(self, subject: str) -> None:
        """Ends a subject's relationship, and lets the time pass for which their records must be kept."""
        ended = self.staff(Role.PRIVACY, f"/subjects/{subject}/end")
        assert ended.status_code == 200, ended.text
        self.now = ended.json()["kept_until"]

    def offer(self, *cases: str, tx_code: bool = True) -> dict[str, Any]:
        """An offer on cases, or on a fresh one."""
        made = self.staff(Role.MAKER, "/offers", {"case_ids": list(cases) or [self.approved()[0]], "tx_code": tx_code})
        assert made.status_code == 201, made.text
        return dict(made.json())

    def redeem(self, offer: dict[str, Any], dpop: str | None = None, **form: Any) -> httpx.Response:
        """A token request; members set to None are left out."""
        fields = {
            "grant_type": GRANT,
            "pre-authorized_code": offer["offer"]["grants"][GRANT]["pre-authorized_code"],
            "tx_code": offer["tx_code"],
            **form,
        }
        headers = {} if dpop is None else {"DPoP": dpop}
        return self.ask(
            "POST",
            "/token",
            data={key: value for key, value in fields.items() if value is not None},
            headers=headers,
        )

    def token(self, offer: dict[str, Any] | None = None) -> str:
        """A bearer token."""
        answer = self.redeem(offer or self.offer())
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def nonce(self) -> str:
        """A fresh nonce."""
        return str(self.ask("POST", "/nonce").json()["c_nonce"])

    def proof(self, nonce: str | None = None, key: LocalKey | None = None, header: Any = None, **payload: Any) -> str:
        """A key proof; members set to `...` are left out."""
        signer = key or self.wallet
        head = {"typ": "openid4vci-proof+jwt", "jwk": dict(signer.public.jwk), **(header or {})}
        body = {"aud": URL, "iat": self.now, "nonce": self.nonce() if nonce is None else nonce, **payload}
        return build_jws(without(head), without(body), signer)

    def dpop(self, path: str, token: str | None = None, header: Any = None, **payload: Any) -> str:
        """A DPoP proof; members set to `...` are left out."""
        head = {"typ": "dpop+jwt", "jwk": dict(self.wallet.public.jwk), **(header or {})}
        body = {"htm": "POST", "htu": URL + path, "iat": self.now, "jti": encode_base64url(system_randomness(9))}
        if token is not None:
            body["ath"] = encode_base64url(hashlib.sha256(token.encode()).digest())
        return build_jws(without(head), without({**body, **payload}), self.wallet)

    def request(self, token: str, body: Any = None, headers: Any = None, **content: Any) -> httpx.Response:
        """A credential request."""
        if not content:
            content = {"json": self.body() if body is None else body}
        return self.ask(
            "POST", "/credential", headers={"Authorization": f"Bearer {token}", **(headers or {})}, **content
        )

    def body(self, proof: str | None = None, configuration: str = "kyc_sd_jwt") -> dict[str, Any]:
        """The body of a credential request with one proof."""
        return {
            "credential_configuration_id": configuration,
            "proofs": {"jwt": [self.proof() if proof is None else proof]},
        }

    def credential(self, *cases: str) -> str:
        """A credential, by the whole flow."""
        answer = self.request(self.token(self.offer(*cases)))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["credentials"][0]["credential"])

    def bytes_on_disk(self) -> bytes:
        """The database with its write-ahead log, as a thief finds them."""
        return b"".join(path.read_bytes() for path in self.folder.glob("issuer.sqlite*"))

    def trusted(self) -> PinnedKeys:
        """The issuer's published keys, as somebody who trusts it has them."""
        did = self.issuer.identity.did
        return PinnedKeys({did: {f"{did}#{name}": key for name, key in self.keys.published()}})


def without(members: dict[str, Any]) -> dict[str, Any]:
    """The members that are not `...`."""
    return {name: value for name, value in members.items() if value is not ...}
