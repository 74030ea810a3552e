// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {SecurityToken} from "../../src/SecurityToken.sol";
import {IBridgeEvents} from "../../src/interfaces/IBridgeEvents.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ISecurityToken} from "../../src/interfaces/ISecurityToken.sol";
import {ITokenEvents} from "../../src/interfaces/ITokenEvents.sol";
import {ITokenImport} from "../../src/interfaces/ITokenImport.sol";
import {AT_SETUP} from "../../src/types/Constants.sol";
import {AssetParams, TransferOrder} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title The bridge's part in replacing a token; what the tokens hand over is tested where they are
contract ReplaceTokenTest is Fixture {
    uint8 private constant STOPPED = 7;

    SecurityToken private _next;

    function setUp() public override {
        super.setUp();
        issue(home, ana, freeLot(1000));
        _next = newToken(paramsOf(1), address(home.bridge));
    }

    function newToken(AssetParams memory params, address bridge) private returns (SecurityToken) {
        return new SecurityToken(bridge, home.authority, home.controls, params);
    }

    function stop(uint8 bits) private {
        vm.prank(ADMIN_);
        home.bridge.pauseAsset(asset, bits);
    }

    function replace(SecurityToken token) private {
        vm.prank(ADMIN_);
        home.bridge.replaceToken(asset, token);
    }

    function refuseMalformed(SecurityToken token) private {
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        replace(token);
    }

    function test_TheNewOneStandsForTheAssetAndTheOldOneIsShut() external {
        vm.prank(GUARD);
        home.bridge.pause(8);
        stop(STOPPED);
        vm.warp(START + 60);
        heartbeat(home);
        SecurityToken old = home.token;
        vm.expectEmit(address(home.bridge));
        emit IBridgeEvents.TokenReplaced(asset, address(old), address(_next));
        replace(_next);
        (ISecurityToken token, uint8 bits) = home.bridge.tokenOf(asset);
        vm.assertEq(address(token), address(_next));
        vm.assertEq(bits, STOPPED);
        vm.assertEq(_next.info().pause, 15);
        refuse(ITokenEvents.TokenClosed.selector);
        vm.prank(ana);
        old.transfer(ben, 1);
        refuse(ITokenEvents.TokenClosed.selector);
        vm.prank(ana);
        _next.transfer(ben, 1);
    }

    function test_AnOrderInFlightIsSettledWithTheNewOne() external {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(100)));
        vm.assertEq(deliver(away, order), 0);
        stop(STOPPED);
        replace(_next);
        takeOver();
        settle(home, order, 1);
        (uint256 free, uint256 inFlight,,,,) = home.lens.positionOf(asset, ANA);
        vm.assertEq(free, 900);
        vm.assertEq(inFlight, 0);
        vm.prank(ADMIN_);
        home.bridge.resumeAsset(asset, STOPPED);
        vm.prank(ana);
        _next.transfer(ben, 900);
    }

    function test_HeartbeatsGoOnWhileTheNewOneTakesOver() external {
        stop(STOPPED);
        replace(_next);
        vm.warp(START + 60);
        heartbeat(home);
        takeOver();
    }

    function takeOver() private {
        ITokenImport target = ITokenImport(address(_next));
        address[] memory accounts = new address[](4);
        (accounts[0], accounts[1], accounts[2], accounts[3]) = (ana, ana2, ben, cho);
        bytes32[] memory investors = new bytes32[](3);
        (investors[0], investors[1], investors[2]) = (ANA, BEN, CHO);
        uint16[] memory classes = new uint16[](3);
        (classes[0], classes[1], classes[2]) = (1, 2, 3);
        target.importAccounts(accounts);
        target.importHolders(investors);
        target.importClasses(classes);
        target.importRest();
        target.finishImport();
    }

    function test_RefusesWhileTheAssetIsNotStopped() external {
        refuseMalformed(_next);
        vm.prank(GUARD);
        home.bridge.pause(15);
        refuseMalformed(_next);
        stop(6);
        refuseMalformed(_next);
        stop(1);
        replace(_next);
    }

    function test_RefusesAnyoneButTheAdminAndUnknownAssets() external {
        stop(STOPPED);
        vm.startPrank(GUARD);
        refuse(IRefusals.NotAdmin.selector, num(GUARD));
        home.bridge.replaceToken(asset, _next);
        refuse(IRefusals.AssetUnknown.selector, 5);
        home.bridge.replaceToken(bytes32(uint256(5)), _next);
        vm.stopPrank();
    }

    function test_RefusesItselfAnotherAssetAndAnotherBridge() external {
        stop(STOPPED);
        refuseMalformed(home.token);
        AssetParams memory params = paramsOf(1);
        params.salt = keccak256("another");
        refuseMalformed(newToken(params, address(home.bridge)));
        refuseMalformed(newToken(paramsOf(1), address(away.bridge)));
    }

    function test_AReplacedTokenNeverComesBack() external {
        stop(STOPPED);
        SecurityToken old = home.token;
        replace(_next);
        takeOver();
        vm.expectRevert();
        replace(old);
    }
}
