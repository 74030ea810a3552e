"""Every credential type, issued through the whole flow and judged by others: an independent verifier checks the credential
and its type metadata, an independent validator the claims against the published schema.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from openvc.status import token_status_list
from openvc.type_metadata import validate_type_metadata

from identity.formats.jws import parse_jws
from identity.formats.sd_jwt import parse_sd_jwt
from identity.formats.strict import decode_base64url
from identity.issuer.types.catalogue import NAMES
from tests.unit.identity.issuer.house import URL, House
from tests.unit.identity.issuer.samples import SAMPLES

OURS = {"iss", "iat", "nbf", "exp", "vct", "vct#integrity", "cnf", "status", "sub"}


def issued(house: House, name: str) -> str:
    case, _ = house.approved(name, SAMPLES[name])
    token = house.token(house.offer(case))
    answer = house.request(token, house.body(configuration=f"{name}_sd_jwt"))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["credentials"][0]["credential"])


def leaves(value: Any) -> list[str]:
    """All text in a value, at any depth."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in leaves(item)]
    if isinstance(value, list):
        return [text for item in value for text in leaves(item)]
    return [value] if isinstance(value, str) else []


def test_the_types_are_those_that_are_promised() -> None:
    assert set(NAMES) == SAMPLES.keys()
    assert set(NAMES) == {
        "kyc",
        "residency",
        "investor_qualification",
        "us_person",
        "affiliate",
        "sanctions_screening",
        "entity",
        "mandate",
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_has_every_member_of_its_schema(house: House, name: str) -> None:
    """So that what holds for the samples holds for whole types."""
    schema = house.ask("GET", f"/schemas/{name}/1").json()
    assert SAMPLES[name].keys() == schema["properties"].keys()


@pytest.mark.parametrize("name", NAMES)
def test_others_verify_a_credential_of_each_type_with_its_metadata_and_its_schema(house: House, name: str) -> None:
    credential = issued(house, name)
    jwk = dict(house.keys.active().public.jwk)
    verified = SdJwtVcProofSuite().verify(credential, public_key_jwk=jwk, check_temporal=False)
    claims = {member: value for member, value in verified.claims.items() if member not in OURS}
    assert claims == SAMPLES[name]
    schema = house.ask("GET", f"/schemas/{name}/1").json()
    assert schema["$id"] == f"{URL}/schemas/{name}/1"
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(claims)
    metadata = validate_type_metadata(
        dict(verified.claims),
        vct=str(verified.claims["vct"]),
        vct_integrity=str(verified.claims["vct#integrity"]),
        resolve=lambda address: house.ask("GET", address).content,
    )
    assert metadata.vct == f"{URL}/types/{name}/1"
    status = token_status_list.parse_token_status_ref(dict(verified.claims))
    assert status is not None


@pytest.mark.parametrize("name", NAMES)
def test_what_the_metadata_says_of_disclosure_is_what_the_signed_part_does(house: House, name: str) -> None:
    parts = parse_sd_jwt(issued(house, name))
    payload = parse_jws(parts.jwt, types=("dc+sd-jwt",)).payload
    document = house.ask("GET", f"/types/{name}/1").json()
    by_path = {tuple(claim["path"]): claim for claim in document["claims"]}
    hidden = {path for path, claim in by_path.items() if claim["sd"] == "always"}
    assert ("sub",) in hidden
    disclosed = [json.loads(decode_base64url(text)) for text in parts.disclosures]
    named = [content[1] for content in disclosed if len(content) == 3]
    elements = sum(len(content) == 2 for content in disclosed)
    assert sorted(named) == sorted(str(path[-1]) for path in hidden if path[-1] is not None)
    lists = [path[:-1] for path in hidden if path[-1] is None]
    assert elements == sum(len(SAMPLES[name][path[0]]) for path in lists)
    # Nothing that stands under a concealed path is written in the part that everybody gets.
    concealed = [text for content in disclosed for text in leaves(content[-1])]
    signed = json.dumps(dict(payload), ensure_ascii=False)
    assert not [text for text in concealed if f'"{text}"' in signed]
    for path, claim in by_path.items():
        assert claim["sd"] in ("always", "never")
        assert claim["display"][0]["label"]
        if claim["sd"] == "never" and len(path) == 1:
            assert path[0] in payload
