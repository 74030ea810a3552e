// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {SecurityToken} from "../../src/SecurityToken.sol";
import {TokenControls} from "../../src/TokenControls.sol";
import {TokenImport} from "../../src/TokenImport.sol";
import {TokenSurface} from "../../src/TokenSurface.sol";
import {IERC1643} from "../../src/interfaces/IERC1643.sol";
import {IERC3643Agent} from "../../src/interfaces/IERC3643.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {IAssetControls, IHolderControls} from "../../src/interfaces/ITokenControls.sol";
import {ITokenEvents} from "../../src/interfaces/ITokenEvents.sol";
import {ITokenImport} from "../../src/interfaces/ITokenImport.sol";
import {controllerRole} from "../../src/types/Constants.sol";
import {AssetParams, AssetTerms, BindingItem, OracleBatch, PairRule} from "../../src/types/Types.sol";
import {ControlsBase} from "./ControlsBase.sol";

/// @title Who may do what, and nobody else
contract AuthorityTest is ControlsBase {
    address internal constant OTHER_CONTROL = address(0xC2);

    function setUp() public override {
        super.setUp();
        issue(home, ana, lots3(free(1000), lot(500, LOCK), lot(300, LATER)));
        issue(home, ben, lots1(free(10)));
    }

    /// @dev Each succeeds for the controller: so what refuses another caller is that he is another.
    function controllersCalls() private pure returns (bytes[] memory calls) {
        calls = new bytes[](19);
        calls[0] = abi.encodeCall(IHolderControls.redeem, (ana, lots1(free(1)), REASON, DOCUMENT));
        calls[1] = abi.encodeCall(IHolderControls.freezeAccount, (ana, true, REASON, DOCUMENT));
        calls[2] = abi.encodeCall(IHolderControls.freezeInvestor, (ANA, true, REASON, DOCUMENT));
        calls[3] = abi.encodeCall(IHolderControls.freezeAmount, (ANA, 5, REASON, DOCUMENT));
        calls[4] = abi.encodeCall(IHolderControls.forceTransfer, (ana, ben, 1, REASON, DOCUMENT));
        calls[5] = abi.encodeCall(IHolderControls.recover, (ana, spare, REASON, DOCUMENT));
        calls[6] = abi.encodeCall(IHolderControls.replaceInvestor, (ANA, BEN, REASON, DOCUMENT));
        calls[7] = abi.encodeCall(IHolderControls.moveLots, (ana, ben, lots1(free(1)), REASON, DOCUMENT));
        calls[8] = abi.encodeCall(IERC1643.setDocument, ("new", "u", "h"));
        calls[9] = abi.encodeCall(IERC1643.removeDocument, ("known"));
        calls[10] = abi.encodeCall(IERC3643Agent.setAddressFrozen, (ana, true));
        calls[11] = abi.encodeCall(IERC3643Agent.freezePartialTokens, (ana, 1));
        calls[12] = abi.encodeCall(IERC3643Agent.unfreezePartialTokens, (ben, 1));
        calls[13] = abi.encodeCall(IERC3643Agent.forcedTransfer, (ana, ben, 1));
        calls[14] = abi.encodeCall(IERC3643Agent.recoveryAddress, (ana, spare, address(0)));
        calls[15] = abi.encodeCall(IERC3643Agent.mint, (ana, 1));
        calls[16] = abi.encodeCall(IERC3643Agent.burn, (ana, 1));
        calls[17] = abi.encodeCall(IERC3643Agent.batchMint, (one(ana), one(uint256(1))));
        calls[18] = abi.encodeCall(IERC3643Agent.batchForcedTransfer, (one(ana), one(ben), one(uint256(1))));
    }

    function adminsCalls() private view returns (bytes[] memory calls) {
        calls = new bytes[](4);
        calls[0] = abi.encodeCall(IHolderControls.proposeRelease, (ANA, lots1(lot(1, LATER)), REASON, DOCUMENT));
        calls[1] = abi.encodeCall(IHolderControls.releaseLots, (ANA, lots1(lot(1, LOCK)), REASON, DOCUMENT));
        calls[2] = abi.encodeCall(IAssetControls.setVelocity, (1, 1));
        calls[3] = abi.encodeCall(IAssetControls.setTerms, (nextTerms(), new PairRule[](0)));
    }

    function one(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }

    function one(uint256 number) private pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = number;
    }

    function attempt(address caller, address target, bytes memory data)
        private
        returns (bool done, bytes memory answer)
    {
        vm.prank(caller);
        return target.call(data);
    }

    function prepare() private {
        vm.startPrank(CONTROL);
        IERC1643(address(home.token)).setDocument("known", "u", "h");
        controls.freezeAmount(BEN, 2, REASON, DOCUMENT);
        vm.stopPrank();
        vm.prank(ADMIN_);
        controls.proposeRelease(ANA, lots1(lot(1, LOCK)), REASON, DOCUMENT);
        vm.warp(START + DELAY);
        heartbeat(home);
    }

    function test_EveryControlIsTheControllersAlone() external {
        prepare();
        bytes[] memory calls = controllersCalls();
        for (uint256 i; i < calls.length; ++i) {
            _onlyBy(calls[i], CONTROL, IRefusals.NotController.selector);
        }
    }

    function test_EverySettingIsTheAdminsAlone() external {
        prepare();
        bytes[] memory calls = adminsCalls();
        for (uint256 i; i < calls.length; ++i) {
            _onlyBy(calls[i], ADMIN_, IRefusals.NotAdmin.selector);
        }
    }

    function _onlyBy(bytes memory data, address who, bytes4 refusal) private {
        address[6] memory others = [ANYONE, ana, GUARD, CONTROL, ADMIN_, OTHER_CONTROL];
        for (uint256 j; j < others.length; ++j) {
            if (others[j] == who) continue;
            (bool allowed, bytes memory answer) = attempt(others[j], address(home.token), data);
            vm.assertTrue(!allowed, "another may");
            vm.assertEq(keccak256(answer), keccak256(abi.encodeWithSelector(refusal, num(others[j]))), "refusal");
        }
        uint256 snapshot = vm.snapshotState();
        (bool done,) = attempt(who, address(home.token), data);
        vm.assertTrue(done, "he may");
        vm.revertToState(snapshot);
    }

    function test_ARoleThatIsHeldWithADelayIsNone() external {
        vm.prank(ADMIN_);
        home.authority.grantRole(controllerRole(asset), ANYONE, 1 days);
        refuse(IRefusals.NotController.selector, num(ANYONE));
        vm.prank(ANYONE);
        controls.freezeInvestor(ANA, true, REASON, DOCUMENT);
    }

    function test_AControllerOfOneAssetHasNoPowerOverAnother() external {
        AssetParams memory params = paramsOf(1);
        params.salt = "another";
        SecurityToken other = new SecurityToken(address(home.bridge), home.authority, home.controls, params);
        vm.startPrank(ADMIN_);
        home.bridge.registerAsset(other);
        home.authority.grantRole(controllerRole(other.asset()), OTHER_CONTROL, 0);
        vm.stopPrank();
        prepare();
        bytes[] memory calls = controllersCalls();
        for (uint256 i; i < calls.length; ++i) {
            (bool done,) = attempt(OTHER_CONTROL, address(home.token), calls[i]);
            vm.assertTrue(!done, "over this");
            (done,) = attempt(CONTROL, address(other), calls[i]);
            vm.assertTrue(!done, "over the other");
        }
        // He has over his own, through the same code.
        vm.prank(OTHER_CONTROL);
        IHolderControls(address(other)).freezeInvestor(ANA, true, REASON, DOCUMENT);
        vm.assertEq(flagsOf(ANA), 0);
    }

    function test_AnExtensionThatIsCalledByItselfDoesNothing() external {
        prepare();
        TokenImport importer = new TokenImport();
        TokenSurface surface = new TokenSurface(address(importer));
        address[3] memory parts = [address(new TokenControls(address(surface))), address(surface), address(importer)];
        bytes[] memory calls = controllersCalls();
        bytes[] memory more = adminsCalls();
        address[4] memory callers = [CONTROL, ADMIN_, address(home.bridge), ana];
        for (uint256 p; p < parts.length; ++p) {
            for (uint256 c; c < callers.length; ++c) {
                for (uint256 i; i < calls.length; ++i) {
                    _nothing(callers[c], parts[p], calls[i]);
                }
                for (uint256 i; i < more.length; ++i) {
                    _nothing(callers[c], parts[p], more[i]);
                }
                _nothing(callers[c], parts[p], abi.encodeCall(IHolderControls.mergeLots, (ladder(2, 1))));
                _nothing(callers[c], parts[p], abi.encodeCall(IHolderControls.cancelRelease, (bytes32(0))));
                _nothing(callers[c], parts[p], abi.encodeCall(ITokenImport.beginImport, (address(home.token))));
                _nothing(callers[c], parts[p], abi.encodeCall(ITokenImport.closeForGood, (address(home.token))));
                _nothing(callers[c], parts[p], abi.encodeCall(ITokenImport.importRest, ()));
                _nothing(callers[c], parts[p], abi.encodeCall(ITokenImport.finishImport, ()));
                _nothing(callers[c], parts[p], abi.encodeCall(ITokenImport.importAccounts, (one(ana))));
            }
        }
    }

    function _nothing(address caller, address part, bytes memory data) private {
        (bool done,) = attempt(caller, part, data);
        vm.assertTrue(!done, "an extension did something by itself");
    }

    function test_WhatNobodyKnowsIsRefused() external {
        (bool done, bytes memory answer) = attempt(ana, address(home.token), abi.encodeWithSignature("nothing()"));
        vm.assertTrue(!done);
        vm.assertEq(answer.length, 0);
        (done,) = attempt(ana, address(home.token), "");
        vm.assertTrue(!done);
    }

    function test_TheBridgesCallsAreTheBridgesAlone() external {
        vm.startPrank(ADMIN_);
        vm.expectRevert(abi.encodeWithSelector(ITokenEvents.OnlyBridge.selector, ADMIN_));
        ITokenImport(address(home.token)).beginImport(address(away.token));
        vm.expectRevert(abi.encodeWithSelector(ITokenEvents.OnlyBridge.selector, ADMIN_));
        ITokenImport(address(home.token)).closeForGood(address(away.token));
        vm.stopPrank();
    }

    function test_OnAnotherChainNothingWorks() external {
        vm.chainId(999);
        bytes[] memory calls = controllersCalls();
        for (uint256 i; i < calls.length; ++i) {
            (bool done, bytes memory answer) = attempt(CONTROL, address(home.token), calls[i]);
            vm.assertTrue(!done);
            vm.assertEq(bytes32(bytes4(answer)), bytes32(IRefusals.DomainMismatch.selector));
        }
    }

    function test_AnExtensionNeedsTheNextOne() external {
        malformed(10);
        new TokenControls(ana);
        malformed(10);
        new TokenSurface(address(0));
    }
}
