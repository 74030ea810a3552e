// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {AssetTerms, Lot, PairRule} from "../types/Types.sol";

/// @dev An account as it is stored: `investor` is the one it was bound to, retired or not.
struct AccountRecord {
    bytes32 investor;
    uint256 balance;
    uint8 flags;
    address movedTo;
}

/// @dev An investor's whole record as it is stored: lots in their order of storage, due ones not folded; `grant` is the
/// eligibility word with a zero low half.
struct HolderRecord {
    bool exists;
    uint256 grant;
    uint256 free;
    uint256 inFlight;
    int256 room;
    uint8 reserved;
    uint8 orders;
    uint8 flags;
    uint256 frozen;
    uint256 spent;
    uint256 spentAt;
    bytes32 successor;
    Lot[] lots;
}

struct DocumentRecord {
    bytes32 name;
    string uri;
    bytes32 documentHash;
    uint64 updatedAt;
}

/// @dev What a token has only one of. `accounts` and `holders` are how many records there are of each kind.
struct AssetRecord {
    AssetTerms terms;
    PairRule[] pairs;
    uint256 velocityCapacity;
    uint256 velocityRate;
    DocumentRecord[] documents;
    uint256 supply;
    uint256 issued;
    uint256 redeemed;
    uint64 accounts;
    uint64 holders;
}

/// @dev How far an import is. `total` is the sum of the positions that were copied, base units.
struct ImportState {
    address predecessor;
    address successor;
    bool closed;
    bool rest;
    bool finished;
    uint64 accounts;
    uint64 holders;
    uint256 total;
}

/// @title Replacing a token by another one with everything that it holds
/// @notice The way: the admin pauses the asset (transfer, initiate, deliver), makes the new token and calls the bridge's
/// `replaceToken`, which closes the old token for good and lets the new one begin. From then on both are closed. Anyone
/// copies the records, in any order and as often as they like, each is copied once; anyone finishes.
/// finishImport compares numbers of records and sums, so no record can be left out: not a frozen investor who holds
/// nothing, and not an order in flight. The records' keys are in the events EligibilitySet, AccountBound, QuotaSet,
/// AccountFrozen, InvestorFrozen, AmountFrozen and InvestorReplaced.
/// NOT taken over: allowances and permits (whom an owner trusts with one contract is not decided for another), proposals
/// to release lots (their delay starts again), and the old token's name and symbol.
interface ITokenImport {
    event ImportBegun(bytes32 indexed asset, address predecessor);
    event ImportFinished(bytes32 indexed asset, address predecessor, uint256 supply);
    event TokenClosedForGood(bytes32 indexed asset, address successor);

    /// @notice Begins to take over from `predecessor`, or, if that one hasn't finished an import itself, from the token
    /// that it was taking over from: so an import that can't succeed is no dead end. Only the bridge.
    /// Requirements: nothing on this token yet, and a predecessor of the same asset and decimals (Malformed(10)).
    function beginImport(address predecessor) external;

    /// @notice Ends this token's life in favour of `successor`. Only the bridge, and once (TokenClosed).
    function closeForGood(address successor) external;

    /// @notice Copies accounts: balance, investor, flags, where an account moved. Unknown ones are passed over.
    /// Requirements of this and the following: an import is going on (Malformed(10)).
    function importAccounts(address[] calldata accounts) external;

    /// @notice Copies investors: eligibility, position, lots, frozen amount, velocity, successor; and the quota of the
    /// class of each, which counts them again. Unknown ones are passed over.
    function importHolders(bytes32[] calldata investors) external;

    /// @notice Copies quotas of classes; also after the end, for one without holders that was forgotten: until then it
    /// has none.
    function importClasses(uint16[] calldata classes) external;

    /// @notice Copies terms, pair rules, velocity, documents, and what was issued and redeemed.
    function importRest() external;

    /// @notice Opens the token. Requirements (Malformed(10)): importRest is done; as many accounts and investors were
    /// copied as the predecessor has; balances, and positions, sum to its supply.
    function finishImport() external;

    function importState() external view returns (ImportState memory);
    function exportAccount(address account) external view returns (AccountRecord memory);
    function exportHolder(bytes32 investor) external view returns (HolderRecord memory);
    function exportQuota(uint16 class) external view returns (int64 quota);
    function exportRest() external view returns (AssetRecord memory);
}
