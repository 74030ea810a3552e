// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IBridgeEvents} from "../../src/interfaces/IBridgeEvents.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {Refusals} from "../../src/libraries/Refusals.sol";
import {AT_INVESTOR, AT_LOTS, MAX_ROOM} from "../../src/types/Constants.sol";
import {
    BindingPermit,
    EligibilityItem,
    InitiateRequest,
    Lot,
    OracleBatch,
    Reason,
    TransferOrder
} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Inputs for which this side once named another rule than the pallets
/// @notice When several rules fail, the lowest number is raised, and a rule whose inputs are missing is not named at
/// all.
contract SameNumberRegression is Fixture {
    function defaultRule() internal pure override returns (uint8) {
        return 2;
    }

    // Permits were judged in the order of the code: 45 hid 36 and 3.

    function refuseBind(BindingPermit memory permit, bytes memory answer) private {
        bytes[] memory signed = signatures(oracleKeys, 2, this.digestPermit(permit, separator(home)));
        vm.expectRevert(answer);
        vm.prank(ana);
        home.bridge.bind(permit, 1, signed);
    }

    function test_APermitThatFailsSeveralRulesIsRefusedByTheLowest() external {
        BindingPermit memory permit = BindingPermit(bytes32(uint256(5)), b32(ANYONE), ANA, uint64(START));
        refuseBind(permit, abi.encodeWithSelector(IRefusals.AssetUnknown.selector, 5));
        permit.asset = asset;
        refuseBind(permit, abi.encodeWithSelector(IRefusals.ApprovalExpired.selector, START));
        permit.expiresAt = uint64(START + 3601);
        refuseBind(permit, abi.encodeWithSelector(IRefusals.BindingInvalid.selector, num(ANYONE)));
    }

    /// A permit for nobody unbound the account here, which only a batch may do.
    function test_APermitForNobodyUnbindsNothing() external {
        BindingPermit memory permit = BindingPermit(asset, b32(ana), 0, uint64(START + 60));
        refuseBind(permit, abi.encodeWithSelector(IRefusals.Malformed.selector, AT_INVESTOR));
        (bytes32 investor,,) = home.lens.accountOf(asset, b32(ana));
        vm.assertEq(investor, ANA);
    }

    /// Malformed (48) hid NotYet (38).
    function test_ABatchTooLongAndFromTheFutureIsNotYet() external {
        OracleBatch memory batch = newBatch(home);
        batch.issuedAt = uint64(START + 61);
        batch.eligibilities = new EligibilityItem[](101);
        bytes[] memory signed = signBatch(home, batch);
        refuse(IRefusals.NotYet.selector, START + 1);
        home.bridge.submitBatch(batch, 1, signed);
    }

    /// A malformed investor was looked up by its low half: Ana's limit made the item too large, not malformed.
    function test_AMalformedInvestorIsNotJudgedByTheRecordOfItsLowHalf() external {
        setRoom(home, ANA, MAX_ROOM);
        OracleBatch memory batch = newBatch(home);
        bytes32 odd = bytes32(uint256(ANA) | (1 << 200));
        batch.eligibilities = new EligibilityItem[](1);
        batch.eligibilities[0] = EligibilityItem(asset, odd, VALID, 1, ALL_PERMISSIONS, 1);
        vm.expectEmit(address(home.bridge));
        emit IBridgeEvents.ItemSkipped(batch.number, 1, 0, Refusals.MALFORMED);
        submit(home, batch);
    }

    /// Free parts out of place were counted as locked lots: 34 of them read as TooManyLots (15).
    function test_FreePartsOutOfPlaceAreNoLockedLots() external {
        issue(home, ana, freeLot(1_000));
        Lot[] memory lots = new Lot[](34);
        for (uint256 i; i < 34; ++i) {
            lots[i] = Lot(1, 0, 0);
        }
        InitiateRequest memory request = requestOf(away, ANA, ana, lots);
        refuse(IRefusals.Malformed.selector, AT_LOTS);
        vm.prank(ana);
        home.bridge.initiate(request);
    }

    /// An asset was said to be closed on a lane that doesn't exist.
    function test_OfAnUnknownLaneNothingIsSaidAboutAssets() external {
        issue(home, ana, freeLot(1_000));
        InitiateRequest memory request = requestOf(away, ANA, ana, freeLot(10));
        request.destination = bytes32(uint256(5));
        (uint256 set,) = home.lens.explainInitiate(b32(ana), request);
        vm.assertEq(set, 1 << Refusals.LANE_UNKNOWN);
        request.asset = bytes32(uint256(6));
        (set,) = home.lens.explainInitiate(b32(ana), request);
        vm.assertEq(set, (1 << Refusals.LANE_UNKNOWN) | (1 << Refusals.ASSET_UNKNOWN));
    }

    /// An amount above 96 bits spilled into the times of the lot that it would make, so that its twin was not found and
    /// TooManyLots (15) hid AmountTooLarge (43).
    function test_AnAmountTooLargeDoesntChangeTheTimesOfItsLot() external {
        issue(home, ana, freeLot(1_000));
        for (uint256 i; i < 24; ++i) {
            vm.warp(START + i);
            vm.prank(ana);
            home.token.transfer(ben, MIN_LOT);
        }
        // A bit that the time of acquiring, START + 23, doesn't have.
        uint256 amount = 1 << 99;
        (uint256 set, Reason[] memory reasons) = home.lens.explainTransfer(asset, b32(ana), b32(ben), amount);
        vm.assertEq(set, 1 << Refusals.AMOUNT_TOO_LARGE);
        vm.assertEq(reasons[0].a, amount);
    }

    /// Of an order whose lots are malformed to another investor only the form is told: a second free part is not
    /// locked.
    function test_AnEmptyFreePartInFrontIsAnAmountOfZeroAndNoLockedLot() external {
        issue(home, ana, freeLot(1_000));
        TransferOrder memory order = initiate(home, ana, requestOf(away, BEN, ben, freeLot(10)));
        order.lots = new Lot[](2);
        order.lots[1] = Lot(5, 0, 0);
        (uint256 set,) = away.lens.explainDeliver(order);
        vm.assertEq(set, 1 << Refusals.AMOUNT_ZERO);
    }
}
