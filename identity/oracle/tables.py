"""The one metadata of the oracle's tables. Each room keeps its own tables in its own `tables.py`.

Ids are 22 characters of base64url (16 random bytes); times are UTC epoch seconds. What says something about a person is
sealed under that person's own data key.
"""

from __future__ import annotations

from sqlalchemy import MetaData, String

from identity.storage.audit import audit_table

METADATA = MetaData()
ID = String(22)

AUDIT = audit_table(METADATA)
