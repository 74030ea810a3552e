// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {LotWord} from "../libraries/Lots.sol";
import {AssetInfo, Lot, Reason} from "../types/Types.sol";

/// @dev What of an order a token needs to take it in. The bridge has checked the order's shape and domain.
struct Arrival {
    bytes32 fromInvestor;
    bytes32 toInvestor;
    bytes32 recipient;
    uint256 terms;
    uint256 sum;
    LotWord[] lots;
}

/// @title What the bridge and the lens ask of a token
/// @notice Amounts in base units, times in UTC seconds, investors as bytes32 with the high half zero.
/// The `apply` functions check first and then either apply as a whole or change nothing and answer with the refusal's
/// number: the bridge never learns of a refusal from a failed call (a starved call would skip a revocation).
interface ISecurityToken {
    /// @notice A call that only the bridge may make. It has no number: no user ever makes one, and no other chain has
    /// it.
    error OnlyBridge(address caller);

    event EligibilitySet(bytes32 indexed asset, bytes32 indexed investor, uint256 word);
    event AccountBound(bytes32 indexed asset, bytes32 indexed account, bytes32 indexed investor);
    event QuotaSet(bytes32 indexed asset, uint16 class, int64 quota);
    event Issued(bytes32 indexed asset, bytes32 indexed investor, bytes32 account, Lot[] lots);
    event LotsFolded(bytes32 indexed asset, bytes32 indexed investor, uint256 amount);

    /// @notice Writes the oracle's clock. Only the bridge.
    function setClock(uint64 issuedAt) external;

    /// @notice Writes the pause bits in force: those of everything and those of the asset. Only the bridge.
    function setPause(uint8 bits) external;

    /// @notice Writes an investor's eligibility word. Only the bridge.
    /// @return code 0, AmountTooLarge when the limit would leave 128 bits, or Malformed for no investor.
    function applyEligibility(
        bytes32 investor,
        uint64 validUntil,
        uint16 class,
        uint8 permissions,
        int128 limitDelta,
        uint64 number
    ) external returns (uint16 code);

    /// @notice Binds an account, rebinds it, or unbinds it (investor 0). Only the bridge.
    /// @return code 0, RecipientMalformed, AccountInUse or Malformed.
    function applyBinding(bytes32 account, bytes32 investor) external returns (uint16 code);

    /// @notice Moves a class's quota. Only the bridge.
    /// @return code 0, or AmountTooLarge when the quota would leave 64 bits.
    function applyQuota(uint16 class, int64 delta) external returns (uint16 code);

    /// @notice Takes the lots of an order out of a holder's position and keeps their places. Only the bridge.
    /// Requirements: the rules of the sender's side; the lowest that fails is raised.
    /// @param wanted Lots in the form of an order, `sum` their sum.
    function depart(address sender, bytes32 toInvestor, LotWord[] calldata wanted, uint256 sum)
        external
        returns (bytes32 fromInvestor, uint32 terms, LotWord[] memory taken);

    /// @notice Takes an order in, or changes nothing and answers with the lowest refusal's number. Only the bridge.
    function arrive(Arrival calldata arrival) external returns (uint16 code);

    /// @notice Ends the flight of a delivered order with `locked` locked lots. Only the bridge.
    function settleDelivered(bytes32 fromInvestor, uint256 sum, uint256 locked) external;

    /// @notice Returns the very lots of an order that was not delivered. Asks no rule: a refund always lands.
    /// Only the bridge.
    function refund(bytes32 fromInvestor, address sender, uint256 sum, LotWord[] calldata lots) external;

    function explainDeparture(address sender, bytes32 toInvestor, LotWord[] calldata wanted, uint256 sum)
        external
        view
        returns (uint256 set, Reason[] memory reasons);

    function explainArrival(Arrival calldata arrival) external view returns (uint256 set, Reason[] memory reasons);

    function explainTransfer(bytes32 from, bytes32 to, uint256 amount)
        external
        view
        returns (uint256 set, Reason[] memory reasons);

    function explainBinding(bytes32 account, bytes32 investor)
        external
        view
        returns (uint256 set, Reason[] memory reasons);

    function bridge() external view returns (address);
    function asset() external view returns (bytes32);

    /// @notice The asset's description; `pause` holds the bits in force, those of everything included.
    function info() external view returns (AssetInfo memory);
    function totals() external view returns (uint256 supply, uint256 issued, uint256 redeemed);
    function accountOf(address account) external view returns (bytes32 investor, uint256 balance, uint8 flags);
    function positionOf(bytes32 investor)
        external
        view
        returns (uint256 free, uint256 inFlight, Lot[] memory lots, uint8 reservedLots, uint8 orders, uint8 flags);
    function eligibilityOf(bytes32 investor) external view returns (uint256 word);
    function quotaOf(uint16 class) external view returns (int64 quota, uint64 holders);
}
