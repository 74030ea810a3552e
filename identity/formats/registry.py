"""The formats there are, each by the word that ends the names of its configurations: `kyc_sd_jwt` is `kyc` in `sd_jwt`.

Whoever issues looks a format up here by that word, and knows nothing else of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from identity.formats.base import CredentialFormat
from identity.formats.sd_jwt_vc import SdJwtVc

SD_JWT: Final = "sd_jwt"
FORMATS: Mapping[str, CredentialFormat] = MappingProxyType({SD_JWT: SdJwtVc()})


def configuration_of(type_: str, word: str) -> str:
    """The credential configuration of a type in a format."""
    return f"{type_}_{word}"


def format_of(formats: Mapping[str, CredentialFormat], type_: str, configuration: str) -> CredentialFormat:
    """The format in which a configuration of this type is written. KeyError for one that was taken out."""
    return formats[configuration.removeprefix(f"{type_}_")]
