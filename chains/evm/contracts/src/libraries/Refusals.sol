// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IRefusals} from "../interfaces/IRefusals.sol";
import {Reason} from "../types/Types.sol";

/// @dev All rules that failed so far: bit n of `set` stands for number n. `byCode` is allocated by the first failure,
/// so a call that is allowed pays for no list.
struct Findings {
    uint256 set;
    Reason[] byCode;
}

/// @title The refusals: numbers, and the list that an evaluation fills
/// @notice One evaluation serves enforcement (the lowest number is raised, with its values), batches (its number) and
/// explain (all of them).
library Refusals {
    uint16 internal constant PAUSED = 1;
    uint16 internal constant LANE_UNKNOWN = 2;
    uint16 internal constant ASSET_UNKNOWN = 3;
    uint16 internal constant SENDER_UNBOUND = 4;
    uint16 internal constant RECEIVER_UNBOUND = 5;
    uint16 internal constant SENDER_BLOCKED = 6;
    uint16 internal constant SENDER_FROZEN = 7;
    uint16 internal constant RECEIVER_FROZEN = 8;
    uint16 internal constant RECEIVER_NOT_ELIGIBLE = 9;
    uint16 internal constant ELIGIBILITY_EXPIRED = 10;
    uint16 internal constant ORACLE_STALE = 11;
    uint16 internal constant AMOUNT_ZERO = 12;
    uint16 internal constant INSUFFICIENT_BALANCE = 13;
    uint16 internal constant LOTS_LOCKED = 14;
    uint16 internal constant TOO_MANY_LOTS = 15;
    uint16 internal constant LIMIT_EXCEEDED = 16;
    uint16 internal constant HOLDER_CAP_REACHED = 17;
    uint16 internal constant CLASS_TRANSFER_FORBIDDEN = 18;
    uint16 internal constant VELOCITY_EXCEEDED = 19;
    uint16 internal constant RATE_LIMITED = 20;
    uint16 internal constant DEADLINE_PASSED = 21;
    uint16 internal constant ORDER_CONSUMED = 22;
    uint16 internal constant QUORUM_NOT_MET = 23;
    uint16 internal constant SIGNER_UNKNOWN = 24;
    uint16 internal constant SIGNER_ORDER = 25;
    uint16 internal constant SIGNATURE_MALFORMED = 26;
    uint16 internal constant DOMAIN_MISMATCH = 27;
    uint16 internal constant RECIPIENT_MALFORMED = 28;
    uint16 internal constant DECIMALS_MISMATCH = 29;
    uint16 internal constant NOT_CONTROLLER = 30;
    uint16 internal constant NOT_GUARDIAN = 31;
    uint16 internal constant NOT_ADMIN = 32;
    uint16 internal constant IN_FLIGHT_UNKNOWN = 33;
    uint16 internal constant BRIDGE_NOT_PERMITTED = 34;
    uint16 internal constant BATCH_OUT_OF_ORDER = 35;
    uint16 internal constant APPROVAL_EXPIRED = 36;
    uint16 internal constant DEADLINE_RANGE = 37;
    uint16 internal constant NOT_YET = 38;
    uint16 internal constant TERMS_MISMATCH = 39;
    uint16 internal constant TOO_MANY_IN_FLIGHT = 40;
    uint16 internal constant LOT_UNKNOWN = 41;
    uint16 internal constant LOT_TOO_SMALL = 42;
    uint16 internal constant AMOUNT_TOO_LARGE = 43;
    uint16 internal constant ACCOUNT_IN_USE = 44;
    uint16 internal constant BINDING_INVALID = 45;
    uint16 internal constant SIGNER_SET_UNKNOWN = 46;
    uint16 internal constant FROZEN_AMOUNT = 47;
    uint16 internal constant MALFORMED = 48;
    uint16 internal constant OVER_AUTHORISED_ISSUE = 49;
    uint16 internal constant LAST = 49;

    // Selectors of the errors, eight in a word, low to high by number: a table costs a tenth of 49 revert statements.
    uint256 private constant SELECTORS_0 = (uint256(uint32(IRefusals.Paused.selector)) << 32)
        | (uint256(uint32(IRefusals.LaneUnknown.selector)) << 64)
        | (uint256(uint32(IRefusals.AssetUnknown.selector)) << 96)
        | (uint256(uint32(IRefusals.SenderUnbound.selector)) << 128)
        | (uint256(uint32(IRefusals.ReceiverUnbound.selector)) << 160)
        | (uint256(uint32(IRefusals.SenderBlocked.selector)) << 192)
        | (uint256(uint32(IRefusals.SenderFrozen.selector)) << 224);
    uint256 private constant SELECTORS_1 = uint256(uint32(IRefusals.ReceiverFrozen.selector))
        | (uint256(uint32(IRefusals.ReceiverNotEligible.selector)) << 32)
        | (uint256(uint32(IRefusals.EligibilityExpired.selector)) << 64)
        | (uint256(uint32(IRefusals.OracleStale.selector)) << 96)
        | (uint256(uint32(IRefusals.AmountZero.selector)) << 128)
        | (uint256(uint32(IRefusals.InsufficientBalance.selector)) << 160)
        | (uint256(uint32(IRefusals.LotsLocked.selector)) << 192)
        | (uint256(uint32(IRefusals.TooManyLots.selector)) << 224);
    uint256 private constant SELECTORS_2 = uint256(uint32(IRefusals.LimitExceeded.selector))
        | (uint256(uint32(IRefusals.HolderCapReached.selector)) << 32)
        | (uint256(uint32(IRefusals.ClassTransferForbidden.selector)) << 64)
        | (uint256(uint32(IRefusals.VelocityExceeded.selector)) << 96)
        | (uint256(uint32(IRefusals.RateLimited.selector)) << 128)
        | (uint256(uint32(IRefusals.DeadlinePassed.selector)) << 160)
        | (uint256(uint32(IRefusals.OrderConsumed.selector)) << 192)
        | (uint256(uint32(IRefusals.QuorumNotMet.selector)) << 224);
    uint256 private constant SELECTORS_3 = uint256(uint32(IRefusals.SignerUnknown.selector))
        | (uint256(uint32(IRefusals.SignerOrder.selector)) << 32)
        | (uint256(uint32(IRefusals.SignatureMalformed.selector)) << 64)
        | (uint256(uint32(IRefusals.DomainMismatch.selector)) << 96)
        | (uint256(uint32(IRefusals.RecipientMalformed.selector)) << 128)
        | (uint256(uint32(IRefusals.DecimalsMismatch.selector)) << 160)
        | (uint256(uint32(IRefusals.NotController.selector)) << 192)
        | (uint256(uint32(IRefusals.NotGuardian.selector)) << 224);
    uint256 private constant SELECTORS_4 = uint256(uint32(IRefusals.NotAdmin.selector))
        | (uint256(uint32(IRefusals.InFlightUnknown.selector)) << 32)
        | (uint256(uint32(IRefusals.BridgeNotPermitted.selector)) << 64)
        | (uint256(uint32(IRefusals.BatchOutOfOrder.selector)) << 96)
        | (uint256(uint32(IRefusals.ApprovalExpired.selector)) << 128)
        | (uint256(uint32(IRefusals.DeadlineRange.selector)) << 160)
        | (uint256(uint32(IRefusals.NotYet.selector)) << 192)
        | (uint256(uint32(IRefusals.TermsMismatch.selector)) << 224);
    uint256 private constant SELECTORS_5 = uint256(uint32(IRefusals.TooManyInFlight.selector))
        | (uint256(uint32(IRefusals.LotUnknown.selector)) << 32)
        | (uint256(uint32(IRefusals.LotTooSmall.selector)) << 64)
        | (uint256(uint32(IRefusals.AmountTooLarge.selector)) << 96)
        | (uint256(uint32(IRefusals.AccountInUse.selector)) << 128)
        | (uint256(uint32(IRefusals.BindingInvalid.selector)) << 160)
        | (uint256(uint32(IRefusals.SignerSetUnknown.selector)) << 192)
        | (uint256(uint32(IRefusals.FrozenAmount.selector)) << 224);
    uint256 private constant SELECTORS_6 =
        uint256(uint32(IRefusals.Malformed.selector)) | (uint256(uint32(IRefusals.OverAuthorisedIssue.selector)) << 32);

    // How many values each error has, two bits by number.
    uint256 private constant VALUES = 0x9669d99555995966ab8941554;

    /// @dev Adds a failed rule. The first values of a rule stay.
    function add(Findings memory findings, uint16 code, uint256 a, uint256 b, uint256 c) internal pure {
        uint256 bit = 1 << code;
        if (findings.set & bit != 0) return;
        if (findings.set == 0) findings.byCode = new Reason[](LAST + 1);
        findings.set |= bit;
        findings.byCode[code] = Reason(code, a, b, c);
    }

    function add(Findings memory findings, uint16 code, uint256 a, uint256 b) internal pure {
        add(findings, code, a, b, 0);
    }

    function add(Findings memory findings, uint16 code, uint256 a) internal pure {
        add(findings, code, a, 0, 0);
    }

    function add(Findings memory findings, uint16 code) internal pure {
        add(findings, code, 0, 0, 0);
    }

    /// @dev Adds what another contract found.
    function merge(Findings memory findings, Reason[] memory reasons) internal pure {
        for (uint256 i; i < reasons.length; ++i) {
            Reason memory reason = reasons[i];
            add(findings, reason.code, reason.a, reason.b, reason.c);
        }
    }

    /// @dev True when the rule failed.
    function has(Findings memory findings, uint16 code) internal pure returns (bool) {
        return findings.set & (1 << code) != 0;
    }

    /// @dev Number of the lowest failed rule, 0 when none failed.
    function lowest(Findings memory findings) internal pure returns (uint16 code) {
        if (findings.set == 0) return 0;
        while (findings.set & (1 << code) == 0) ++code;
    }

    /// @dev The failed rules, ascending by number.
    function list(Findings memory findings) internal pure returns (uint256 set, Reason[] memory reasons) {
        set = findings.set;
        uint256 count;
        for (uint256 rest = set; rest != 0; rest &= rest - 1) {
            ++count;
        }
        reasons = new Reason[](count);
        for (uint256 code = LAST; count > 0; --code) {
            if (set & (1 << code) != 0) reasons[--count] = findings.byCode[code];
        }
    }

    /// @dev Reverts with the error of the lowest failed rule; does nothing when none failed.
    function enforce(Findings memory findings) internal pure {
        if (findings.set == 0) return;
        Reason memory reason = findings.byCode[lowest(findings)];
        raise(reason.code, reason.a, reason.b, reason.c);
    }

    /// @dev Reverts with the error of number `code`, which has as many of the values as its declaration says.
    function raise(uint16 code, uint256 a, uint256 b, uint256 c) internal pure {
        uint256 selector = selectorOf(code);
        uint256 size = 4 + 32 * ((VALUES >> (2 * uint256(code))) & 3);
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, shl(224, selector))
            mstore(add(data, 0x04), a)
            mstore(add(data, 0x24), b)
            mstore(add(data, 0x44), c)
            revert(data, size)
        }
    }

    /// @dev Selector of the error of number `code` as a number.
    function selectorOf(uint16 code) internal pure returns (uint256) {
        uint256 row = code >> 3;
        uint256 word = row == 0
            ? SELECTORS_0
            : row == 1
                ? SELECTORS_1
                : row == 2
                    ? SELECTORS_2
                    : row == 3 ? SELECTORS_3 : row == 4 ? SELECTORS_4 : row == 5 ? SELECTORS_5 : SELECTORS_6;
        return uint32(word >> (32 * (code & 7)));
    }
}
