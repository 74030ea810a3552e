// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {LotWord} from "../libraries/Lots.sol";
import {AssetInfo, EligibilityItem, Lot, Reason} from "../types/Types.sol";
import {ITokenEvents} from "./ITokenEvents.sol";

/// @dev What of an order a token needs to take it in. The bridge has checked the order's shape and domain.
struct Arrival {
    bytes32 fromInvestor;
    bytes32 toInvestor;
    bytes32 recipient;
    uint256 terms;
    uint256 sum;
    uint16 seat;
    LotWord[] lots;
}

/// @title What the bridge and the lens ask of a token
/// @notice Amounts in base units, times in UTC seconds, investors as bytes32 with the high half zero.
/// The `apply` functions check first and then either apply as a whole or change nothing and answer with the refusal's
/// number: the bridge never learns of a refusal from a failed call (a starved call would skip a revocation).
interface ISecurityToken is ITokenEvents {
    /// @notice Writes the oracle's clock. Only the bridge.
    function setClock(uint64 issuedAt) external;

    /// @notice Writes the pause bits in force: those of everything and those of the asset. Only the bridge.
    function setPause(uint8 bits) external;

    /// @notice Writes eligibility records, all of this asset and of batch `number`; at most 256. Only the bridge.
    /// @return malformed Bit n: item n names no investor (Malformed), and nothing of it was applied.
    /// @return tooLarge Bit n: item n would move a room out of its range (AmountTooLarge), and nothing of it was
    /// applied.
    function applyEligibilities(EligibilityItem[] calldata items, uint64 number)
        external
        returns (uint256 malformed, uint256 tooLarge);

    /// @notice Binds an account, rebinds it, or unbinds it (investor 0). Only the bridge.
    /// @return code 0, RecipientMalformed, AccountInUse, BindingInvalid or Malformed.
    function applyBinding(bytes32 account, bytes32 investor) external returns (uint16 code);

    /// @notice Moves a class's quota. Only the bridge.
    /// @return code 0, or AmountTooLarge when the delta would move the quota out of its range.
    function applyQuota(uint16 class, int64 delta) external returns (uint16 code);

    /// @notice Takes the lots of an order out of a holder's position and keeps their places. Only the bridge.
    /// Requirements: the rules of the sender's side; the lowest that fails is raised.
    /// @param wanted Lots in the form of an order, `sum` their sum.
    /// @return fromInvestor The sender's investor, or his successor.
    /// @return terms The version of the asset's terms.
    /// @return seat The class whose seat travels with the last lot, else 0.
    /// @return taken The order's lots.
    function depart(address sender, bytes32 toInvestor, LotWord[] calldata wanted, uint256 sum)
        external
        returns (bytes32 fromInvestor, uint32 terms, uint16 seat, LotWord[] memory taken);

    /// @notice Takes an order in, or changes nothing and answers with the lowest refusal's number. Only the bridge.
    function arrive(Arrival calldata arrival) external returns (uint16 code);

    /// @notice Ends the flight of a delivered order with `locked` locked lots; `own` when its two investors are the
    /// same id. Only the bridge.
    function settleDelivered(bytes32 fromInvestor, uint256 sum, uint256 locked, uint16 seat, bool own) external;

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

    /// @notice All rules that an issue by `controller` would fail now.
    function explainIssue(bytes32 controller, bytes32 account, Lot[] calldata lots)
        external
        view
        returns (uint256 set, Reason[] memory reasons);

    function bridge() external view returns (address);
    function asset() external view returns (bytes32);
    function authority() external view returns (IAccessManager);
    /// @notice The chain that this token was made on.
    function chainId() external view returns (uint256);

    /// @notice The investor that an account is bound to, or his successor; zero for none.
    function investorOf(address account) external view returns (bytes32 investor);

    /// @notice The asset's description; `pause` holds the bits in force, those of everything included.
    function info() external view returns (AssetInfo memory);
    function totals() external view returns (uint256 supply, uint256 issued, uint256 redeemed);
    function accountOf(address account) external view returns (bytes32 investor, uint256 balance, uint8 flags);
    function positionOf(bytes32 investor)
        external
        view
        returns (uint256 free, uint256 inFlight, Lot[] memory lots, uint8 reservedLots, uint8 orders, uint8 flags);
    /// @notice The eligibility word: validUntil u64 | class u16 | permissions u8 | sequence u40 | limit i128.
    function eligibilityOf(bytes32 investor) external view returns (uint256 word);
    function limitOf(bytes32 investor) external view returns (int256 limit, uint256 used, int256 room);
    function frozenOf(bytes32 investor) external view returns (uint256 frozen);
    function quotaOf(uint16 class) external view returns (int64 quota, uint64 holders);
}
