"""did:web: one identifier leads to one address, and never out of the place that it names."""

from __future__ import annotations

import pytest

from identity.errors import KeyRefused, Malformed
from identity.formats.did import did_document, did_web, did_web_address, key_in_document, parse_did_key
from tests.unit.identity.formats.material import ISSUER_KEY

DID = "did:web:issuer.example"


@pytest.mark.parametrize(
    ("did", "address"),
    [
        ("did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"),
        ("did:web:w3c-ccg.github.io:user:alice", "https://w3c-ccg.github.io/user/alice/did.json"),
        ("did:web:example.com%3A3000:user:alice", "https://example.com:3000/user/alice/did.json"),
    ],
)
def test_the_examples_of_the_method_specification_lead_where_it_says(did: str, address: str) -> None:
    assert did_web_address(did) == address
    assert did_web(address.removesuffix("/did.json").removesuffix("/.well-known")) == did


@pytest.mark.parametrize(
    "did",
    [
        "did:web:",
        "did:web:issuer.example:",
        "did:web:issuer.example:..:x",
        "did:web:issuer.example:x:..",
        "did:web:issuer.example:.",
        "did:web:issuer.example::x",
        "did:web:issuer.example%2Fpath",
        "did:web:user%40issuer.example",
        "did:web:user@issuer.example",
        "did:web:issuer.example%3A",
        "did:web:issuer.example%3A123456",
        "did:web:issuer.example%3a8443",
        "did:web:issuer.example:8443%2Fx",
        "did:web:issuer.example#key",
        "did:web:issuer.example?x=1",
        "did:web:issuer.example/x",
        "did:web:issuer.example\\x",
        "did:web:issuer.example\n",
        "did:web:[::1]",
        "did:web:b\u00fccher.example",
        "did:web:issuer\u3002example",
        "did:WEB:issuer.example",
        "DID:web:issuer.example",
        "did:web:" + "a" * 600,
    ],
)
def test_an_identifier_with_a_trick_in_it_leads_nowhere(did: str) -> None:
    """`..` climbed out of a tenant's folder: `did:web:host:tenant:..:other` was read from the other tenant."""
    with pytest.raises(Malformed):
        did_web_address(did)


def test_a_key_counts_for_its_own_document_and_purpose_only() -> None:
    document = did_document(DID, [("1", ISSUER_KEY.public)])
    assert key_in_document(document, DID, f"{DID}#1").jwk == ISSUER_KEY.public.jwk
    assert key_in_document(document, DID, "#1").jwk == ISSUER_KEY.public.jwk
    method = document["verificationMethod"][0]
    for changed, name in (
        ({**document, "id": "did:web:other.example"}, f"{DID}#1"),
        (document, f"{DID}#2"),
        (document, "did:web:other.example#1"),
        ({**document, "assertionMethod": []}, f"{DID}#1"),
        ({**document, "assertionMethod": None}, f"{DID}#1"),
        ({**document, "verificationMethod": []}, f"{DID}#1"),
        ({**document, "verificationMethod": [{**method, "controller": "did:web:other.example"}]}, f"{DID}#1"),
        (
            {**document, "verificationMethod": [{**method, "publicKeyJwk": {**method["publicKeyJwk"], "d": "AA"}}]},
            f"{DID}#1",
        ),
        ({**document, "authentication": document["assertionMethod"], "assertionMethod": []}, f"{DID}#1"),
    ):
        with pytest.raises(KeyRefused):
            key_in_document(changed, DID, name)


@pytest.mark.parametrize(
    "did",
    [
        # The published vectors of curves that are not taken: P-521 and secp256k1.
        "did:key:z2J9gaYxrKVpdoG9A4gRnmpnRCcxU6agDtFVVBVdn1JedouoZN7SzcyREXXzWgt3gGiwpoHq7K68X4m32D8HgzG8wv3sY5j7",
        "did:key:z2J9gcGdb2nEyMDmzQYv2QZQcM1vXktvy1Pw4MduSWxGabLZ9XESSWLQgbuPhwnXN7zP7HpTzWqrMTzaY5zWe6hpzJ2jnw4f",
        "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
        "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp#other",
        "did:key:f00",
        "did:key:z",
        "did:key:z" + "1" * 300,
        "did:jwk:e30",
        "did:jwk:!",
        "did:web:issuer.example",
    ],
)
def test_a_holders_identifier_of_another_kind_is_refused(did: str) -> None:
    with pytest.raises(KeyRefused):
        parse_did_key(did)
