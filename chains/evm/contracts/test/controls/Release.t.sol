// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {SecurityToken} from "../../src/SecurityToken.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenControlEvents, ITokenControls} from "../../src/interfaces/ITokenControls.sol";
import {Lot} from "../../src/types/Types.sol";
import {ControlsBase} from "./ControlsBase.sol";

contract ReleaseTest is ControlsBase {
    function setUp() public override {
        super.setUp();
        issue(home, ana, lots3(free(1000), lot(500, LOCK), lot(300, LATER)));
    }

    function propose(Lot[] memory lots) private returns (bytes32) {
        vm.prank(ADMIN_);
        return controls.proposeRelease(ANA, lots, REASON, DOCUMENT);
    }

    function release(Lot[] memory lots) private {
        vm.prank(ADMIN_);
        controls.releaseLots(ANA, lots, REASON, DOCUMENT);
    }

    function test_FreesWhatWasProposedAfterTheDelay() external {
        Lot[] memory lots = lots2(lot(500, LOCK), lot(100, LATER));
        bytes32 id = keccak256(abi.encode(asset, ANA, lots, REASON, DOCUMENT));
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.ReleaseProposed(asset, ANA, id, uint64(START + DELAY));
        vm.assertEq(propose(lots), id);
        vm.assertEq(views.releaseOf(id), START + DELAY);
        vm.warp(START + DELAY - 1);
        refuse(IRefusals.NotYet.selector, START + DELAY);
        release(lots);
        vm.warp(START + DELAY);
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.LotsReleased(asset, ANA, lots, REASON, DOCUMENT);
        release(lots);
        vm.assertEq(freeOf(ANA), 1600);
        vm.assertEq(lockedUntil(ANA, LOCK), 0);
        vm.assertEq(lockedUntil(ANA, LATER), 200);
        vm.assertEq(views.releaseOf(id), 0);
        vm.assertEq(balance(ana), 1800);
        malformed(7);
        release(lots);
    }

    function test_OnlyExactlyWhatWasProposed() external {
        propose(lots1(lot(100, LOCK)));
        vm.warp(START + DELAY);
        malformed(7);
        release(lots1(lot(101, LOCK)));
        malformed(7);
        vm.prank(ADMIN_);
        controls.releaseLots(ANA, lots1(lot(100, LOCK)), REASON + 1, DOCUMENT);
        malformed(7);
        vm.prank(ADMIN_);
        controls.releaseLots(BEN, lots1(lot(100, LOCK)), REASON, DOCUMENT);
    }

    function test_SkipsLotsThatCameDueMeanwhile() external {
        Lot[] memory lots = lots2(lot(500, LOCK), lot(100, LATER));
        propose(lots);
        vm.warp(LOCK);
        release(lots);
        vm.assertEq(freeOf(ANA), 1600);
        vm.assertEq(lockedUntil(ANA, LATER), 200);
    }

    function test_RefusesLotsThatAreGoneOrSmaller() external {
        Lot[] memory lots = lots1(lot(500, LOCK));
        propose(lots);
        vm.warp(START + DELAY);
        heartbeat(home);
        moveLots(ana, ben, lots1(lot(1, LOCK)));
        refuse(IRefusals.LotUnknown.selector, START - 1 days, LOCK, 499);
        release(lots);
    }

    function test_GuardianOrAdminCancels() external {
        Lot[] memory lots = lots1(lot(500, LOCK));
        bytes32 id = propose(lots);
        refuse(IRefusals.NotGuardian.selector, num(CONTROL));
        vm.prank(CONTROL);
        controls.cancelRelease(id);
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.ReleaseCancelled(asset, id);
        vm.prank(GUARD);
        controls.cancelRelease(id);
        vm.warp(START + DELAY);
        malformed(7);
        release(lots);
        propose(lots);
        vm.startPrank(ADMIN_);
        controls.cancelRelease(id);
        malformed(7);
        controls.cancelRelease(id);
        vm.stopPrank();
    }

    /// @dev Else a release could wait out its delay on a token that is deployed ahead to replace this one.
    function test_RefusesAProposalOnATokenThatIsNotInForce() external {
        SecurityToken ahead = new SecurityToken(address(home.bridge), home.authority, home.controls, paramsOf(1));
        refuse(IRefusals.AssetUnknown.selector, uint256(asset));
        vm.prank(ADMIN_);
        ITokenControls(address(ahead)).proposeRelease(ANA, lots1(lot(500, LOCK)), REASON, DOCUMENT);
    }

    function test_RefusesTheControllerAndOthers() external {
        vm.startPrank(CONTROL);
        refuse(IRefusals.NotAdmin.selector, num(CONTROL));
        controls.proposeRelease(ANA, lots1(lot(500, LOCK)), REASON, DOCUMENT);
        vm.stopPrank();
        propose(lots1(lot(500, LOCK)));
        vm.warp(START + DELAY);
        refuse(IRefusals.NotAdmin.selector, num(CONTROL));
        vm.prank(CONTROL);
        controls.releaseLots(ANA, lots1(lot(500, LOCK)), REASON, DOCUMENT);
    }

    function test_RefusesProposalsWithoutForm() external {
        vm.startPrank(ADMIN_);
        malformed(1);
        controls.proposeRelease(0, lots1(lot(1, LOCK)), REASON, DOCUMENT);
        malformed(2);
        controls.proposeRelease(ANA, lots1(free(1)), REASON, DOCUMENT);
        malformed(2);
        controls.proposeRelease(ANA, lots2(lot(1, LATER), lot(1, LOCK)), REASON, DOCUMENT);
        refuse(IRefusals.AmountZero.selector);
        controls.proposeRelease(ANA, new Lot[](0), REASON, DOCUMENT);
        refuse(IRefusals.AmountTooLarge.selector, 2 ** 96, 2 ** 96 - 1);
        controls.proposeRelease(ANA, lots1(lot(2 ** 96, LOCK)), REASON, DOCUMENT);
        malformed(11);
        controls.proposeRelease(ANA, lots1(lot(1, LOCK)), 0, DOCUMENT);
        malformed(11);
        controls.proposeRelease(ANA, lots1(lot(1, LOCK)), REASON, 0);
        controls.proposeRelease(ANA, lots1(lot(1, LOCK)), REASON, DOCUMENT);
        malformed(7);
        controls.proposeRelease(ANA, lots1(lot(1, LOCK)), REASON, DOCUMENT);
        vm.stopPrank();
    }
}

contract MergeLotsTest is ControlsBase {
    function setUp() public override {
        super.setUp();
        issue(home, ana, lots3(free(1000), lot(500, LOCK), lot(300, LATER)));
    }

    function merge(address holder, Lot[] memory lots) private {
        vm.prank(holder);
        controls.mergeLots(lots);
    }

    function test_MakesOneLotOfTheLatestTimes() external {
        issue(home, ana, lots1(Lot(50, uint64(START), uint64(LOCK))));
        Lot[] memory lots = lots2(Lot(50, uint64(START), uint64(LOCK)), lot(300, LATER));
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.LotsMerged(asset, ANA, lots, Lot(350, uint64(START), uint64(LATER)));
        // From any of the investor's accounts.
        merge(ana2, lots);
        vm.assertEq(lotsOf(ANA).length, 2);
        vm.assertEq(lockedUntil(ANA, LOCK), 500);
        vm.assertEq(lockedUntil(ANA, LATER), 350);
        vm.assertEq(freeOf(ANA), 1000);
    }

    function test_RefusesWhatIsNotNamedWhole() external {
        refuse(IRefusals.LotUnknown.selector, START - 1 days, LOCK, 500);
        merge(ana, lots2(lot(499, LOCK), lot(300, LATER)));
        vm.warp(LOCK);
        refuse(IRefusals.LotUnknown.selector, START - 1 days, LOCK, 0);
        merge(ana, lots2(lot(500, LOCK), lot(300, LATER)));
    }

    function test_RefusesLotsWithoutForm() external {
        malformed(2);
        merge(ana, lots1(lot(500, LOCK)));
        malformed(2);
        merge(ana, lots2(free(1), lot(500, LOCK)));
        malformed(2);
        merge(ana, lots2(lot(500, LOCK), lot(500, LOCK)));
        refuse(IRefusals.AmountZero.selector);
        merge(ana, new Lot[](0));
        refuse(IRefusals.AmountTooLarge.selector, 2 ** 96 + 1, 2 ** 96 - 1);
        merge(ana, lots2(lot(2 ** 96, LOCK), lot(1, LATER)));
    }

    function test_RefusesStrangersAndWhilePaused() external {
        Lot[] memory lots = lots2(lot(500, LOCK), lot(300, LATER));
        refuse(IRefusals.SenderUnbound.selector, num(spare));
        merge(spare, lots);
        refuse(IRefusals.LotUnknown.selector, START - 1 days, LOCK, 0);
        merge(ben, lots);
        vm.prank(GUARD);
        home.bridge.pauseAsset(asset, 1);
        refuse(IRefusals.Paused.selector, 1);
        merge(ana, lots);
    }
}
