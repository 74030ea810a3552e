"""What an issuer says of itself: OpenID4VCI issuer metadata (plain and signed), authorization server metadata (RFC 8414),
its types and their schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from identity.formats.base import CredentialFormat
from identity.formats.jws import build_jws, encode_chain
from identity.formats.registry import configuration_of
from identity.issuer.offers import GRANT
from identity.issuer.proofs import BINDING_METHODS, HOLDER_ALGORITHMS
from identity.issuer.types.catalogue import VERSION, CredentialType
from identity.keystore.named import ServiceIdentity
from identity.refusals import NotFound

SIGNED_TYP = "openidvci-issuer-metadata+jwt"


@dataclass(frozen=True, slots=True)
class Publisher:
    """Writes the documents. They hold nothing secret and change only with the issuer's rules and keys."""

    public_url: str
    authority: str
    display_name: str
    catalogue: Mapping[str, CredentialType]
    formats: Mapping[str, CredentialFormat]
    identity: ServiceIdentity

    def issuer_metadata(self) -> dict[str, Any]:
        """OpenID4VCI 1.0, section 12.2.4."""
        return {
            "credential_issuer": self.public_url,
            "credential_endpoint": f"{self.public_url}/credential",
            "nonce_endpoint": f"{self.public_url}/nonce",
            "display": [{"name": self.display_name, "locale": "en"}],
            "credential_configurations_supported": {
                configuration_of(name, word): self._configuration(type_, format_)
                for word, format_ in self.formats.items()
                for name, type_ in self.catalogue.items()
            },
        }

    def signed_metadata(self, now: int) -> str:
        """The same as a JWT (section 12.2.3)."""
        key = self.identity.signer()
        header: dict[str, Any] = {"typ": SIGNED_TYP, "kid": key.key_id}
        if key.chain:
            header["x5c"] = encode_chain(key.chain)
        payload = {"iss": self.identity.did, "sub": self.public_url, "iat": now, **self.issuer_metadata()}
        return build_jws(header, payload, key)

    def server_metadata(self) -> dict[str, Any]:
        """RFC 8414, with the pre-authorized code as the only grant; so there is no authorization endpoint."""
        return {
            "issuer": self.public_url,
            "token_endpoint": f"{self.public_url}/token",
            "grant_types_supported": [GRANT],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["none"],
            "pre-authorized_grant_anonymous_access_supported": True,
            "authorization_details_types_supported": ["openid_credential"],
            "dpop_signing_alg_values_supported": list(HOLDER_ALGORITHMS),
        }

    def type_metadata(self, name: str, version: int) -> dict[str, Any]:
        """The type metadata document behind a `vct`. NotFound for what we never published."""
        return self._type(name, version).metadata(self.authority)

    def schema(self, name: str, version: int) -> dict[str, Any]:
        """The JSON Schema of a type. NotFound for what we never published."""
        return self._type(name, version).published_schema(self.authority)

    def _type(self, name: str, version: int) -> CredentialType:
        if name not in self.catalogue or version != VERSION:
            raise NotFound("credential type")
        return self.catalogue[name]

    def _configuration(self, type_: CredentialType, format_: CredentialFormat) -> dict[str, Any]:
        return {
            "format": format_.name,
            **format_.describe(type_.vct(self.authority)),
            "scope": type_.name,
            "cryptographic_binding_methods_supported": list(BINDING_METHODS),
            "credential_signing_alg_values_supported": ["ES256"],
            "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": list(HOLDER_ALGORITHMS)}},
            "credential_metadata": {
                "display": [{"name": type_.title, "locale": "en", "description": type_.schema["description"]}],
                "claims": type_.display_claims(),
            },
        }
