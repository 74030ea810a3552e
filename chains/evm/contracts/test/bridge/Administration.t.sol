// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {SecurityToken} from "../../src/SecurityToken.sol";
import {IBridgeEvents, IPauseEvents} from "../../src/interfaces/IBridgeEvents.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {AT_ACCOUNT_KIND, AT_FLIGHT, AT_LANE, AT_REGISTERED, AT_SETUP} from "../../src/types/Constants.sol";
import {AssetParams, InitiateRequest} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

contract RegisterAssetTest is Fixture {
    function newToken(uint256 salt) private returns (SecurityToken) {
        AssetParams memory params = paramsOf(1);
        params.salt = bytes32(salt);
        return new SecurityToken(address(home.bridge), home.authority, home.controls, params);
    }

    function register(address caller, SecurityToken token) private {
        vm.prank(caller);
        home.bridge.registerAsset(token);
    }

    function test_GivesTheTokenTheClockAndThePause() external {
        vm.prank(GUARD);
        home.bridge.pause(3);
        SecurityToken token = newToken(1);
        bytes32 id = token.asset();
        vm.expectEmit(address(home.bridge));
        emit IBridgeEvents.AssetRegistered(id, b32(address(token)));
        register(ADMIN_, token);
        vm.assertEq(token.info().pause, 3);
        vm.assertEq(home.lens.assetInfo(id).pause, 0);
    }

    function test_RefusesAnyoneButTheAdmin() external {
        SecurityToken token = newToken(1);
        refuse(IRefusals.NotAdmin.selector, num(GUARD));
        register(GUARD, token);
    }

    function test_RefusesARegisteredAsset() external {
        SecurityToken token = new SecurityToken(address(home.bridge), home.authority, home.controls, paramsOf(1));
        refuse(IRefusals.Malformed.selector, AT_REGISTERED);
        register(ADMIN_, token);
    }

    function test_RefusesATokenOfAnotherBridge() external {
        AssetParams memory params = paramsOf(1);
        params.salt = bytes32(uint256(1));
        SecurityToken token = new SecurityToken(address(away.bridge), home.authority, home.controls, params);
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        register(ADMIN_, token);
    }

    function test_TakesThirtyTwoAndRefusesTheNext() external {
        for (uint256 i = 2; i <= 32; ++i) {
            register(ADMIN_, newToken(i));
        }
        SecurityToken token = newToken(33);
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        register(ADMIN_, token);
        heartbeat(home);
    }
}

contract OpenLaneTest is Fixture {
    bytes32 private constant LANE = bytes32(uint256(77));

    function open(address caller, bytes32 lane, uint8 kind, uint64 min, uint64 max) private {
        vm.prank(caller);
        home.bridge.openLane(lane, kind, min, max);
    }

    function test_StartsAtNonceOne() external {
        vm.expectEmit(address(home.bridge));
        emit IBridgeEvents.LaneOpened(LANE);
        open(ADMIN_, LANE, 2, 5, 9);
        (bool isOpen, uint8 kind, uint64 min, uint64 max, uint64 nonce, uint8 pause) = home.lens.laneInfo(LANE);
        vm.assertTrue(isOpen);
        vm.assertEq(kind, 2);
        vm.assertEq(min, 5);
        vm.assertEq(max, 9);
        vm.assertEq(nonce, 1);
        vm.assertEq(pause, 0);
    }

    function test_ChangesSettingsAndKeepsNonceAndPause() external {
        issue(home, ana, freeLot(10));
        initiate(home, ana, requestOf(away, ANA, ana, freeLot(10)));
        vm.prank(GUARD);
        home.bridge.pauseLane(away.domain, 4);
        open(ADMIN_, away.domain, 1, 1, 2);
        (,, uint64 min, uint64 max, uint64 nonce, uint8 pause) = home.lens.laneInfo(away.domain);
        vm.assertEq(min, 1);
        vm.assertEq(max, 2);
        vm.assertEq(nonce, 2);
        vm.assertEq(pause, 4);
    }

    function test_RefusesAnyoneButTheAdmin() external {
        refuse(IRefusals.NotAdmin.selector, num(GUARD));
        open(GUARD, LANE, 1, 1, 2);
    }

    function test_RefusesItselfAndNobody() external {
        refuse(IRefusals.Malformed.selector, AT_LANE);
        open(ADMIN_, home.domain, 1, 1, 2);
        refuse(IRefusals.Malformed.selector, AT_LANE);
        open(ADMIN_, 0, 1, 1, 2);
    }

    function test_RefusesUnknownKindsAndFlightsOutOfOrder() external {
        refuse(IRefusals.Malformed.selector, AT_ACCOUNT_KIND);
        open(ADMIN_, LANE, 3, 1, 2);
        refuse(IRefusals.Malformed.selector, AT_ACCOUNT_KIND);
        open(ADMIN_, LANE, 0, 1, 2);
        refuse(IRefusals.Malformed.selector, AT_FLIGHT);
        open(ADMIN_, LANE, 1, 3, 2);
        open(ADMIN_, LANE, 1, 2, 2);
    }

    function test_OpeningAnAssetNeedsAdminLaneAndAsset() external {
        refuse(IRefusals.NotAdmin.selector, num(GUARD));
        vm.prank(GUARD);
        home.bridge.openAsset(away.domain, asset);
        vm.startPrank(ADMIN_);
        refuse(IRefusals.LaneUnknown.selector, uint256(LANE));
        home.bridge.openAsset(LANE, asset);
        refuse(IRefusals.AssetUnknown.selector, 5);
        home.bridge.openAsset(away.domain, bytes32(uint256(5)));
        vm.expectEmit(address(home.bridge));
        emit IBridgeEvents.AssetOpened(away.domain, asset);
        home.bridge.openAsset(away.domain, asset);
        vm.stopPrank();
    }
}

contract PauseTest is Fixture {
    function test_TheGuardianPausesAndOnlyTheAdminResumes() external {
        vm.expectEmit(address(home.bridge));
        emit IPauseEvents.Paused(0, 9);
        vm.prank(GUARD);
        home.bridge.pause(9);
        refuse(IRefusals.NotAdmin.selector, num(GUARD));
        vm.prank(GUARD);
        home.bridge.resume(8);
        vm.expectEmit(address(home.bridge));
        emit IPauseEvents.Resumed(0, 8);
        vm.prank(ADMIN_);
        home.bridge.resume(8);
        (,, uint8 bits,) = home.lens.clock();
        vm.assertEq(bits, 1);
    }

    function test_TheAdminMayPauseTooAndNobodyElse() external {
        vm.prank(ADMIN_);
        home.bridge.pause(1);
        refuse(IRefusals.NotGuardian.selector, num(CONTROL));
        vm.prank(CONTROL);
        home.bridge.pause(1);
    }

    function test_AnAssetsTokenHoldsTheBitsOfAllAndItsOwn() external {
        vm.startPrank(GUARD);
        home.bridge.pauseAsset(asset, 2);
        home.bridge.pause(1);
        vm.stopPrank();
        vm.assertEq(home.token.info().pause, 3);
        vm.assertEq(home.lens.assetInfo(asset).pause, 2);
        vm.prank(ADMIN_);
        home.bridge.resumeAsset(asset, 2);
        vm.assertEq(home.token.info().pause, 1);
    }

    function test_ScopesThatDontExistAreRefused() external {
        vm.startPrank(ADMIN_);
        refuse(IRefusals.AssetUnknown.selector, 5);
        home.bridge.pauseAsset(bytes32(uint256(5)), 1);
        refuse(IRefusals.AssetUnknown.selector, 5);
        home.bridge.resumeAsset(bytes32(uint256(5)), 1);
        refuse(IRefusals.LaneUnknown.selector, 5);
        home.bridge.pauseLane(bytes32(uint256(5)), 1);
        refuse(IRefusals.LaneUnknown.selector, 5);
        home.bridge.resumeLane(bytes32(uint256(5)), 1);
        vm.stopPrank();
    }

    function test_AnOutsiderIsToldOfTheUnknownScopeFirst() external {
        vm.startPrank(ANYONE);
        refuse(IRefusals.AssetUnknown.selector, 5);
        home.bridge.pauseAsset(bytes32(uint256(5)), 0);
        refuse(IRefusals.LaneUnknown.selector, 5);
        home.bridge.pauseLane(bytes32(uint256(5)), 0);
        refuse(IRefusals.NotGuardian.selector, num(ANYONE));
        home.bridge.pauseAsset(asset, 0);
        refuse(IRefusals.NotAdmin.selector, num(ANYONE));
        home.bridge.resumeLane(away.domain, 0);
        vm.stopPrank();
    }

    function test_ABitOfEverythingThatIsLiftedStaysWhereAnAssetHasItsOwn() external {
        issue(home, ana, freeLot(10));
        vm.startPrank(ADMIN_);
        home.bridge.pauseAsset(asset, 2);
        home.bridge.pause(2);
        home.bridge.resume(2);
        vm.stopPrank();
        InitiateRequest memory request = requestOf(away, ANA, ana, freeLot(1));
        refuse(IRefusals.Paused.selector, 2);
        vm.prank(ana);
        home.bridge.initiate(request);
        vm.prank(ADMIN_);
        home.bridge.resumeAsset(asset, 2);
        vm.prank(ana);
        home.bridge.initiate(request);
    }

    function test_BitsThatDontExistAreRefused() external {
        vm.startPrank(ADMIN_);
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        home.bridge.pause(0);
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        home.bridge.pause(16);
        vm.stopPrank();
    }

    function test_ALanesPauseIsItsOwn() external {
        vm.expectEmit(address(home.bridge));
        emit IPauseEvents.Paused(away.domain, 6);
        vm.prank(GUARD);
        home.bridge.pauseLane(away.domain, 6);
        (,,,,, uint8 bits) = home.lens.laneInfo(away.domain);
        vm.assertEq(bits, 6);
        vm.prank(ADMIN_);
        home.bridge.resumeLane(away.domain, 4);
        (,,,,, bits) = home.lens.laneInfo(away.domain);
        vm.assertEq(bits, 2);
    }

    function test_EveryEntryIsShutOnAForkOfTheChain() external {
        vm.chainId(999);
        vm.startPrank(ADMIN_);
        refuse(IRefusals.DomainMismatch.selector, 999, 31337);
        home.bridge.pause(1);
        refuse(IRefusals.DomainMismatch.selector, 999, 31337);
        home.bridge.openLane(bytes32(uint256(9)), 1, 1, 2);
        vm.stopPrank();
    }
}
