// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

// Largest lot, position and issue, in base units: three amounts and more share a storage word.
uint256 constant MAX_AMOUNT = type(uint96).max;

// Places of a position. Lots that someone else makes may use 24 only, so that nobody fills another's position with
// dust.
uint256 constant MAX_LOTS = 32;
uint256 constant MAX_FOREIGN_LOTS = 24;
uint256 constant MAX_ORDERS_IN_FLIGHT = 15;

uint256 constant MAX_SIGNERS = 25;
uint256 constant MAX_BATCH_ITEMS = 100;
uint256 constant MAX_DELIVERIES = 20;
uint256 constant MAX_APPROVED_ORDERS = 100;
// A batch writes the clock into every token, so their number is bounded.
uint256 constant MAX_TOKENS = 32;

// Limits of an asset's terms.
uint256 constant MAX_DECIMALS = 8;
uint256 constant MAX_HOLDING_PERIOD = 100 * 365 days;
uint256 constant MAX_TEXT = 64;
uint256 constant MAX_PAIRS = 32;
uint256 constant MAX_DOCUMENTS = 32;
uint256 constant MAX_URI = 256;

// Accounts or investors that lead to the same one. None is ever dropped: a refund may need it.
uint256 constant MAX_FORWARDS = 32;

// How far oracle items may move a room and a quota; beyond stays a margin that nothing else can use up.
int256 constant MAX_ROOM = 2 ** 120;
int256 constant MAX_QUOTA = 2 ** 62;

// Seconds that an approval or permit may run, and that a batch may be ahead of this chain.
uint256 constant MAX_VALIDITY = 3600;
uint256 constant MAX_CLOCK_LEAD = 60;

uint8 constant ROLE_ATTESTOR = 1;
uint8 constant ROLE_ORACLE = 2;

uint8 constant PAUSE_TRANSFER = 1;
uint8 constant PAUSE_INITIATE = 2;
uint8 constant PAUSE_DELIVER = 4;
uint8 constant PAUSE_SETTLE = 8;
uint8 constant PAUSE_ALL = 15;

uint8 constant RECEIVE = 1;
uint8 constant SEND = 2;
uint8 constant BRIDGE = 4;

// Flags of a position; an account has the first only. Retired: the investor has a successor.
uint8 constant FLAG_FROZEN = 1;
uint8 constant FLAG_PARTLY_FROZEN = 2;
uint8 constant FLAG_RETIRED = 4;
// Flags that views show. The one beyond says again what the record says, that the investor may send: so a transfer
// needn't read the sender's record.
uint8 constant FLAGS_SHOWN = 7;
uint8 constant FLAG_SENDS = 8;
// Another one beyond: others' orders or accounts lead to this investor. His words are never all zero again, so he stays one
// record, as he was counted, even when he has nothing and the oracle never wrote of him.
uint8 constant FLAG_SUCCEEDED = 16;

// Flags of a configuration. Closed: this token is not yet, or no longer, the one in force.
uint8 constant CONFIG_CLOSED = 1;
uint8 constant CONFIG_VELOCITY = 2;
uint8 constant CONFIG_PAIRS = 4;

uint8 constant OUTCOME_DELIVERED = 1;
uint8 constant OUTCOME_REJECTED = 2;
uint8 constant OUTCOME_EXPIRED = 3;

uint8 constant RULE_FORBID = 0;
uint8 constant RULE_KEEP = 1;
uint8 constant RULE_RESTART = 2;

uint8 constant ACCOUNT_EVM = 1;
uint8 constant ACCOUNT_ID32 = 2;

uint8 constant ITEM_ELIGIBILITY = 1;
uint8 constant ITEM_BINDING = 2;
uint8 constant ITEM_QUOTA = 3;

// Roles of the AccessManager; each asset's controllers have one of their own.
uint64 constant ADMIN = 0;
uint64 constant GUARDIAN = 1;

/// @dev The role of an asset's controllers. The high bit keeps it apart from the roles above.
function controllerRole(bytes32 asset) pure returns (uint64) {
    return uint64(uint256(asset) >> 192) | (1 << 63);
}

// What Malformed(at) points to. The limits of lists (20, 25, 100) point to themselves.
uint256 constant AT_INVESTOR = 1;
uint256 constant AT_LOTS = 2;
uint256 constant AT_EXPIRY = 3;
uint256 constant AT_REASON = 4;
uint256 constant AT_OUTCOME = 5;
uint256 constant AT_ISSUED = 6;
// Of registering an asset: it is registered already, its texts, its terms. Of a release: not proposed, or twice.
uint256 constant AT_REGISTERED = 7;
uint256 constant AT_RELEASE = 7;
uint256 constant AT_TEXT = 8;
uint256 constant AT_TERMS = 9;
// Of opening a lane: to oneself or nobody, an unknown kind of accounts, a least flight above the longest.
uint256 constant AT_LANE = 7;
uint256 constant AT_ACCOUNT_KIND = 8;
uint256 constant AT_FLIGHT = 9;
// Of what only this side has: constructors, signer sets, tokens of another bridge, pause bits.
uint256 constant AT_SETUP = 10;
// Of controller actions: no reason or no document hash; a document that can't be kept.
uint256 constant AT_ACTION = 11;
uint256 constant AT_DOCUMENT = 12;
// Of settings: velocity and rate limits, pair rules.
uint256 constant AT_RATE = 13;
uint256 constant AT_PAIRS = 14;
// Of an order: a seat between two investors. Of a recovery or replacement: too many lead to the same one.
uint256 constant AT_SEAT = 15;
uint256 constant AT_FORWARDS = 16;
