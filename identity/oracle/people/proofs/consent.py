"""What a holder agrees to before an account is bound: the statement as transaction data (OpenID4VP 1.0, sections 5.1, 8.4).

The account's own signature names the holder, but the account alone makes it: whoever knows a holder's thumbprint could
make up an account for it. So the holder's key signs, too: it shows a credential, with no claim of it, and the key binding
JWT carries the hash of these bytes. Signers build them again from the item that they are to sign.
"""

from __future__ import annotations

from typing import Any

from identity.errors import Malformed
from identity.formats.strict import Bounds, decode_base64url, encode_base64url, encode_json, parse_object
from identity.oracle.people.proofs.control import AccountControl, account_text, parse_account
from identity.oracle.people.proofs.errors import AccountMalformed, ConsentMalformed

TYPE = "lockstep-account-link/1"
CONSENT = "Link this account to my record as an investor in this asset."
CONSENT_SECONDS = 3_600
"""How long a consent may last: what was agreed to long ago is nobody's will any more."""
CLIENT_ID_PREFIX = "decentralized_identifier:"
"""Before the oracle's did in the name under which it asks wallets, and which their answers are bound to."""
_BOUNDS = Bounds(size=8_192, depth=3, values=32)


def transaction_data(control: AccountControl, query: str) -> str:
    """The text that a wallet hashes. `query`: the id of the credential query by whose credential the holder agrees.

    Deterministic: oracle, wallet and signers make the same text of the same statement.
    """
    return encode_base64url(encode_json(_members(control, query)))


def read_transaction_data(text: str) -> tuple[AccountControl, str]:
    """The statement in a verifier's transaction data, and the query that it is bound to.

    ConsentMalformed for anything that `transaction_data` would not have written in the very same way: a wallet must not
    agree to what it doesn't understand whole, and what it shows to its holder must be all there is.
    """
    try:
        members = parse_object(decode_base64url(text), _BOUNDS)
    except Malformed as error:
        raise ConsentMalformed(error.why) from None
    if members.get("type") != TYPE:
        raise ConsentMalformed("it is of a type that is not known")
    queries, expires_at = members.get("credential_ids"), members.get("expires_at")
    texts = [members.get(name) for name in ("oracle", "asset", "chain", "account", "holder", "nonce")]
    if isinstance(expires_at, bool) or not isinstance(expires_at, int) or not 0 < expires_at < 2**33:
        raise ConsentMalformed("it has no end")
    if (
        not isinstance(queries, list)
        or len(queries) != 1
        or not isinstance(queries[0], str)
        or not all(isinstance(one, str) for one in texts)
    ):
        raise ConsentMalformed("members are missing")
    oracle, asset, chain, account, holder, nonce = (str(one) for one in texts)
    try:
        account_id = parse_account(chain, account)
        control = AccountControl(oracle, bytes.fromhex(asset[2:]), chain, account_id, holder, nonce, expires_at)
        written = transaction_data(control, queries[0])
    except (AccountMalformed, ValueError):
        raise ConsentMalformed("it names no account or no asset") from None
    if written != text or len(control.asset) != 32:
        raise ConsentMalformed("it says more, or otherwise, than a statement does")
    return control, queries[0]


def _members(control: AccountControl, query: str) -> dict[str, Any]:
    return {
        "type": TYPE,
        "credential_ids": [query],
        "transaction_data_hashes_alg": ["sha-256"],
        "statement": CONSENT,
        "oracle": control.oracle,
        "asset": "0x" + control.asset.hex(),
        "chain": control.chain,
        "account": account_text(control.chain, control.account),
        "holder": control.holder,
        "nonce": control.nonce,
        "expires_at": control.expires_at,
    }
