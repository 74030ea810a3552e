// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenEvents} from "../../src/interfaces/ITokenEvents.sol";
import {AT_EXPIRY, AT_INVESTOR} from "../../src/types/Constants.sol";
import {BindingPermit} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

contract BindTest is Fixture {
    function permitOf(address account, bytes32 investor) private view returns (BindingPermit memory) {
        return BindingPermit(asset, b32(account), investor, uint64(block.timestamp + 600));
    }

    function sign(BindingPermit memory permit) private view returns (bytes[] memory) {
        return signatures(oracleKeys, 2, this.digestPermit(permit, separator(home)));
    }

    function refuseBind(address caller, BindingPermit memory permit, bytes memory answer) private {
        bytes[] memory signed = sign(permit);
        vm.expectRevert(answer);
        vm.prank(caller);
        home.bridge.bind(permit, 1, signed);
    }

    function test_BindsTheCallersAccount() external {
        BindingPermit memory permit = permitOf(ANYONE, ANA);
        bytes[] memory signed = sign(permit);
        vm.expectEmit(address(home.token));
        emit ITokenEvents.AccountBound(asset, b32(ANYONE), ANA);
        vm.prank(ANYONE);
        home.bridge.bind(permit, 1, signed);
        (bytes32 investor,,) = home.lens.accountOf(asset, b32(ANYONE));
        vm.assertEq(investor, ANA);
    }

    function test_RefusesAnotherCaller() external {
        BindingPermit memory permit = permitOf(ANYONE, ANA);
        bytes memory answer = abi.encodeWithSelector(IRefusals.BindingInvalid.selector, num(ANYONE));
        refuseBind(ana, permit, answer);
    }

    function test_RefusesFromTheSecondItExpires() external {
        BindingPermit memory permit = permitOf(ANYONE, ANA);
        bytes[] memory signed = sign(permit);
        vm.warp(permit.expiresAt);
        refuse(IRefusals.ApprovalExpired.selector, permit.expiresAt);
        vm.prank(ANYONE);
        home.bridge.bind(permit, 1, signed);
        vm.warp(permit.expiresAt - 1);
        vm.prank(ANYONE);
        home.bridge.bind(permit, 1, signed);
    }

    function test_RefusesAPermitThatRunsLongerThanAnHour() external {
        BindingPermit memory permit = permitOf(ANYONE, ANA);
        permit.expiresAt = uint64(START + 3601);
        refuseBind(ANYONE, permit, abi.encodeWithSelector(IRefusals.Malformed.selector, AT_EXPIRY));
        permit.expiresAt = uint64(START + 3600);
        bytes[] memory signed = sign(permit);
        vm.prank(ANYONE);
        home.bridge.bind(permit, 1, signed);
    }

    function test_RefusesUnknownAssetsAndNoInvestors() external {
        BindingPermit memory permit = permitOf(ANYONE, ANA);
        permit.asset = bytes32(uint256(5));
        refuseBind(ANYONE, permit, abi.encodeWithSelector(IRefusals.AssetUnknown.selector, 5));
        permit = permitOf(ANYONE, bytes32(uint256(1) << 128));
        refuseBind(ANYONE, permit, abi.encodeWithSelector(IRefusals.Malformed.selector, AT_INVESTOR));
    }

    function test_RefusesAnAccountInUseForAnother() external {
        issue(home, ana, freeLot(7));
        bytes memory answer = abi.encodeWithSelector(IRefusals.AccountInUse.selector, 7, 0);
        refuseBind(ana, permitOf(ana, BEN), answer);
        initiate(home, ana, requestOf(away, ANA, ana, freeLot(7)));
        answer = abi.encodeWithSelector(IRefusals.AccountInUse.selector, 0, 7);
        refuseBind(ana2, permitOf(ana2, BEN), answer);
    }

    function test_RefusesOtherSignersAndTooFew() external {
        BindingPermit memory permit = permitOf(ANYONE, ANA);
        bytes32 digest = this.digestPermit(permit, separator(home));
        bytes[] memory signed = signatures(attestorKeys, 2, digest);
        refuse(IRefusals.SignerUnknown.selector, num(vm.addr(attestorKeys[0])));
        vm.prank(ANYONE);
        home.bridge.bind(permit, 1, signed);
        signed = signatures(oracleKeys, 1, digest);
        refuse(IRefusals.QuorumNotMet.selector, 1, 2);
        vm.prank(ANYONE);
        home.bridge.bind(permit, 1, signed);
    }
}
