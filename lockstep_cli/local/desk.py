"""The issuer's desk as its staff uses it: cases with evidence, a second pair of eyes, offers, statuses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from bridge.errors import LockstepError
from identity.issuer.staff import Role


class DeskRefused(LockstepError):
    """The issuer's desk refused a step, or does not answer. `status` is that of HTTP, 0 for no answer."""

    def __init__(self, path: str, status: int, why: str) -> None:
        self.path, self.status = path, status
        super().__init__(f"the issuer's desk refused {path} ({status}): {why[:200]}")


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer for a wallet, and the code that its person is given on another way."""

    subject_id: str
    offer: str
    tx_code: str


class Desk:
    """Acts in the name of whoever has the role that a step needs."""

    def __init__(
        self, http: httpx.Client, url: str, tokens: Mapping[Role, str], randomness: Callable[[int], bytes]
    ) -> None:
        self._http, self._url, self._tokens, self._randomness = http, url, tokens, randomness

    def offer(self, claims: Mapping[str, Mapping[str, Any]], subject_id: str | None = None) -> Offered:
        """One offer of everything claimed of a subject, by type: each case with evidence, made by one and approved by another.

        Args:
            subject_id: somebody whom the issuer knows already, as after a lost wallet; None: somebody new.
        """
        cases = []
        for type_, content in claims.items():
            case_id, subject_id = self._approved(type_, content, subject_id)
            cases.append(case_id)
        if subject_id is None:
            raise ValueError("an offer needs a claim")
        made = self._post(Role.MAKER, "/offers", {"case_ids": cases, "tx_code": True})
        return Offered(subject_id, made["by_value"], made["tx_code"])

    def credentials(self, subject_id: str) -> Sequence[Mapping[str, Any]]:
        """A subject's credentials with their statuses."""
        answer: list[dict[str, Any]] = self._ask("GET", Role.OFFICER, f"/subjects/{subject_id}/credentials")[
            "credentials"
        ]
        return answer

    def change(self, word: str, credential_id: str) -> None:
        """`suspend`, `reinstate` or `revoke`: committed when this returns."""
        self._post(Role.OFFICER, f"/credentials/{credential_id}/{word}")

    def _approved(self, type_: str, claims: Mapping[str, Any], subject_id: str | None) -> tuple[str, str]:
        subject = {} if subject_id is None else {"subject_id": subject_id}
        made = self._post(Role.MAKER, "/cases", {"type": type_, "claims": dict(claims), **subject})
        case_id = str(made["case_id"])
        scan = self._randomness(64)
        evidence = {
            "kind": "document",
            "reference": f"archive/{case_id}",
            "sha256": hashlib.sha256(scan).hexdigest(),
            "method": "seen",
        }
        self._post(Role.MAKER, f"/cases/{case_id}/evidence", evidence)
        self._post(Role.MAKER, f"/cases/{case_id}/submit")
        self._post(Role.CHECKER, f"/cases/{case_id}/approve")
        return case_id, str(made["subject_id"])

    def _post(self, role: Role, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self._ask("POST", role, path, body)

    def _ask(self, method: str, role: Role, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._tokens[role]}"}
        content = {} if body is None else {"json": body}
        try:
            answer = self._http.request(method, f"{self._url}/staff/v1{path}", headers=headers, **content)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise DeskRefused(path, 0, type(error).__name__) from None
        if not answer.is_success:
            raise DeskRefused(path, answer.status_code, answer.text)
        result: dict[str, Any] = answer.json()
        return result
