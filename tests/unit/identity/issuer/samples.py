"""Claims of every credential type, each with all its members."""

from __future__ import annotations

from typing import Any

DAY = "2026-05-20"
SAMPLES: dict[str, dict[str, Any]] = {
    "kyc": {
        "given_name": "Ada",
        "family_name": "Lovelace",
        "birthdate": "1985-12-10",
        "nationalities": ["DE", "GB"],
        "document": {"type": "passport", "number": "C01X00T47", "issuing_country": "DE", "expires_on": "2031-01-31"},
        "level": "standard",
        "method": "eid",
        "checked_on": DAY,
    },
    "residency": {
        "country": "DE",
        "address": {"street_address": "Allee 1", "locality": "Berlin", "postal_code": "10115", "region": "Berlin"},
        "tax_residencies": ["DE", "CH"],
        "proof": "utility_bill",
        "proved_on": DAY,
    },
    "investor_qualification": {
        "regime": "eu_mifid2",
        "basis": "mifid2_elective",
        "investor_kind": "natural_person",
        "verification": "assessment",
        "assessed_by": "Bank",
        "scope": ["transferable securities"],
        "representation": True,
        "verified_on": DAY,
    },
    "us_person": {"us_person": False, "offshore_transaction": True, "category": 2, "certified_on": DAY},
    "affiliate": {"issuer_lei": "5493001KJTIIGC8Y1R12", "affiliate": True, "relation": "director", "as_of": DAY},
    "sanctions_screening": {"result": "clear", "lists": ["un_sc", "us_ofac_sdn"], "pep": False, "screened_on": DAY},
    "entity": {
        "legal_name": "Company",
        "lei": "529900T8BM49AURSDO55",
        "jurisdiction": "DE",
        "registration_number": "HRB 1",
        "beneficial_owners": [
            {"name": "Ada Lovelace", "birthdate": "1985-12-10", "country": "DE", "share_percent": 25},
            {"name": "Mary Somerville", "birthdate": "1980-12-26", "country": "GB", "share_percent": 75},
        ],
        "control_without_ownership": False,
        "checked_on": DAY,
    },
    "mandate": {
        "given_name": "Ada",
        "family_name": "Lovelace",
        "birthdate": "1985-12-10",
        "principal_lei": "529900T8BM49AURSDO55",
        "powers": ["subscribe", "transfer"],
        "joint": False,
        "granted_on": DAY,
        "ends_on": "2027-01-31",
    },
}
