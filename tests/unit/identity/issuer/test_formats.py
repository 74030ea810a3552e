"""A further format is one class and one entry: offers, metadata, tokens, proofs, statuses and records stay as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from identity.errors import MalformedCredential
from identity.formats.base import (
    Challenge,
    ClaimPath,
    CredentialContent,
    IssuerKeys,
    StatusReference,
    VerifiedCredential,
)
from identity.formats.jws import SigningKey, build_jws, parse_jws
from identity.formats.registry import FORMATS
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.issuer.staff import Role
from identity.issuer.tables import CREDENTIALS
from identity.ports import Randomness
from tests.unit.identity.issuer.house import PERSON, URL, House


class WholeJson:
    """An object and not text, with everything in the open, as a linked data format would return one."""

    name = "test_json"

    def describe(self, type_: str) -> Mapping[str, Any]:
        return {"credential_definition": {"type": ["VerifiableCredential", type_]}}

    def build(self, content: CredentialContent, key: SigningKey, randomness: Randomness) -> Any:
        assert content.holder is not None
        assert content.status is not None
        body = {
            "issuer": content.issuer,
            "credentialSubject": dict(content.claims),
            "holder": dict(content.holder.jwk),
            "place": [content.status.uri, content.status.index],
        }
        return {**body, "proof": build_jws({"typ": "test+jwt"}, body, key)}

    def verify(self, wire: object, keys: IssuerKeys, now: int) -> VerifiedCredential:
        if not isinstance(wire, dict):
            raise MalformedCredential("no object")
        jws = parse_jws(wire["proof"], types=("test+jwt",))
        jws.verify(keys.find(wire["issuer"], {"kid": f"{wire['issuer']}#{self.key_id}"}).key, "credential")
        uri, index = jws.payload["place"]
        claims = jws.payload["credentialSubject"]
        return VerifiedCredential(
            wire["issuer"], "test", claims, None, None, None, None, StatusReference(uri, index), b""
        )

    key_id = ""

    def present(
        self, wire: object, disclose: Sequence[ClaimPath], challenge: Challenge, holder: SigningKey, now: int
    ) -> Any:
        raise NotImplementedError

    def verify_presentation(self, wire: object, keys: IssuerKeys, challenge: Challenge, now: int) -> VerifiedCredential:
        raise NotImplementedError


def test_a_second_format_goes_the_whole_way_beside_the_first(tmp_path: Path) -> None:
    second = WholeJson()
    with ExitStack() as stack:
        house = House(tmp_path, stack, formats={**FORMATS, "json": second})
        second.key_id = house.keys.active().key_id
        case, subject = house.approved()
        supported = house.ask("GET", "/.well-known/openid-credential-issuer").json()[
            "credential_configurations_supported"
        ]
        assert supported["kyc_json"]["format"] == "test_json"
        assert supported["kyc_json"]["credential_definition"]["type"][1] == f"{URL}/types/kyc/1"
        assert supported["kyc_sd_jwt"]["vct"] == f"{URL}/types/kyc/1"
        body = {"case_ids": [case], "format": "json"}
        offer = house.staff(Role.MAKER, "/offers", body).json()
        assert offer["offer"]["credential_configuration_ids"] == ["kyc_json"]
        answer = house.request(house.token(offer), house.body(configuration="kyc_json"))
        written = answer.json()["credentials"][0]["credential"]
        assert isinstance(written, dict)
        verified = second.verify(written, house.trusted(), house.now)
        assert {name: verified.claims[name] for name in PERSON} == PERSON
        text = house.credential(case)
        first = SdJwtVc().verify(text, house.trusted(), house.now)
        assert first.claims["sub"] == verified.claims["sub"]
        with house.database.read() as connection:
            rows = connection.execute(select(CREDENTIALS).where(CREDENTIALS.c.subject_id == subject)).all()
        assert sorted(row.configuration for row in rows) == ["kyc_json", "kyc_sd_jwt"]
        assert verified.status is not None
        assert verified.status.index in {row.list_index for row in rows}


def test_a_format_that_is_not_there_is_not_offered(house: House) -> None:
    case, _ = house.approved()
    assert house.staff(Role.MAKER, "/offers", {"case_ids": [case], "format": "ldp_vc"}).status_code == 404


@pytest.mark.parametrize("word", ["", "SD", "a b", 5])
def test_a_word_that_is_none_is_refused(house: House, word: Any) -> None:
    assert house.staff(Role.MAKER, "/offers", {"case_ids": ["A" * 22], "format": word}).status_code == 400
