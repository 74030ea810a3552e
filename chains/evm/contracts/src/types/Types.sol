// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

/// @title The protocol's objects
/// @notice Names and order of fields are those of the EIP-712 types: changing one changes every digest.
/// Amounts are base units, times UTC seconds, accounts and bridges bytes32 (an EVM address left-padded with zeros).

/// @dev Tokens with their times; times of zero mean free tokens.
struct Lot {
    uint128 amount;
    uint64 acquiredAt;
    uint64 unlocksAt;
}

/// @dev A crossing. Its id is its EIP-712 digest under the destination's domain.
struct TransferOrder {
    bytes32 source;
    bytes32 destination;
    uint64 nonce;
    bytes32 asset;
    uint32 terms;
    bytes32 fromInvestor;
    bytes32 toInvestor;
    bytes32 sender;
    bytes32 recipient;
    Lot[] lots;
    uint16 seat;
    uint64 initiatedAt;
    uint64 deadline;
}

/// @dev What a holder asks for: lots named by times and amount, never by index.
struct InitiateRequest {
    bytes32 asset;
    bytes32 destination;
    bytes32 toInvestor;
    bytes32 recipient;
    Lot[] lots;
    uint64 deadline;
}

/// @dev Signed by attestors for `deliver`: any order of the list, until `expiresAt`.
struct Approval {
    bytes32[] orders;
    uint64 expiresAt;
}

/// @dev Signed by attestors for `settle`, from a final block of the destination.
struct TransferReceipt {
    bytes32 order;
    uint8 outcome;
    uint32 reason;
    uint64 decidedAt;
}

struct EligibilityItem {
    bytes32 asset;
    bytes32 investor;
    uint64 validUntil;
    uint16 class;
    uint8 permissions;
    int128 limitDelta;
}

/// @dev Investor 0 unbinds.
struct BindingItem {
    bytes32 asset;
    bytes32 account;
    bytes32 investor;
}

struct QuotaItem {
    bytes32 asset;
    uint16 class;
    int64 delta;
}

/// @dev Signed by oracle signers for one chain; one without items is a heartbeat.
struct OracleBatch {
    uint64 number;
    uint64 issuedAt;
    EligibilityItem[] eligibilities;
    BindingItem[] bindings;
    QuotaItem[] quotas;
}

/// @dev Signed by oracle signers; the account itself brings it.
struct BindingPermit {
    bytes32 asset;
    bytes32 account;
    bytes32 investor;
    uint64 expiresAt;
}

struct SignerSet {
    uint8 role;
    uint64 id;
    uint8 threshold;
    address[] signers;
}

/// @dev `defaultRule` is the pair rule between two investors: 0 Forbid, 1 Keep, 2 Restart.
struct AssetTerms {
    uint32 terms;
    uint8 decimals;
    uint8 defaultRule;
    uint64 holdingPeriod;
    uint64 maxOracleAge;
    uint128 minLot;
    uint128 authorisedIssue;
    bytes32 document;
}

/// @dev An exception to the asset's default pair rule, for one ordered pair of classes: 0 Forbid, 1 Keep, 2 Restart.
struct PairRule {
    uint16 fromClass;
    uint16 toClass;
    uint8 rule;
}

struct AssetParams {
    bytes32 homeDomain;
    bytes32 issuer;
    bytes32 salt;
    AssetTerms terms;
    PairRule[] pairs;
    string name;
    string symbol;
}

struct AssetInfo {
    bytes32 homeDomain;
    bytes32 issuer;
    bytes32 salt;
    AssetTerms terms;
    uint8 pause;
    string name;
    string symbol;
}

/// @dev Growing counters of one asset on one lane, base units.
struct LaneFlow {
    bytes32 lane;
    uint256 sent;
    uint256 refunded;
    uint256 arrived;
}

/// @dev A failed rule: its number and the values of its error, unused ones zero.
struct Reason {
    uint16 code;
    uint256 a;
    uint256 b;
    uint256 c;
}

/// @dev A rate limit: base units that may pass at once, base units that come back each second, what may pass now.
/// All zero means that nothing is limited.
struct RateInfo {
    uint256 capacity;
    uint256 rate;
    uint256 available;
}

/// @dev Seconds that a proposal waits before it may be carried out, and that a replaced signer set still counts.
struct Timing {
    uint64 delay;
    uint64 grace;
}
