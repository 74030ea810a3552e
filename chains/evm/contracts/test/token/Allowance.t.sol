// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {Fixture} from "../support/Fixture.sol";

contract AllowanceTest is Fixture {
    event Approval(address indexed owner, address indexed spender, uint256 value);

    function setUp() public override {
        super.setUp();
        issue(home, ana, freeLot(1000));
    }

    function approve(uint256 amount) private {
        vm.prank(ana);
        home.token.approve(ANYONE, amount);
    }

    function pull(address to, uint256 amount) private {
        vm.prank(ANYONE);
        home.token.transferFrom(ana, to, amount);
    }

    function test_SpendsWhatWasApproved() external {
        vm.expectEmit(address(home.token));
        emit Approval(ana, ANYONE, 100);
        approve(100);
        pull(ben, 60);
        vm.assertEq(home.token.allowance(ana, ANYONE), 40);
        vm.assertEq(home.token.balanceOf(ben), 60);
    }

    function test_RefusesMoreThanWasApproved() external {
        approve(100);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, ANYONE, 100, 101));
        pull(ben, 101);
    }

    function test_AnAllowanceWithoutEndStays() external {
        approve(type(uint256).max);
        pull(ben, 60);
        vm.assertEq(home.token.allowance(ana, ANYONE), type(uint256).max);
    }

    function test_TheRulesAreThoseOfTheAccountsNotOfTheSpender() external {
        approve(100);
        refuse(IRefusals.ReceiverUnbound.selector, num(ANYONE));
        pull(ANYONE, 1);
        vm.assertEq(home.token.allowance(ana, ANYONE), 100);
    }

    function test_RefusesNobodyAsSpender() external {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidSpender.selector, address(0)));
        vm.prank(ana);
        home.token.approve(address(0), 1);
    }

    function test_RefusesOnAForkOfTheChain() external {
        approve(100);
        vm.chainId(999);
        refuse(IRefusals.DomainMismatch.selector, 999, 31337);
        pull(ben, 1);
    }

    function test_TellsWhatWalletsAsk() external view {
        vm.assertEq(home.token.name(), "Share");
        vm.assertEq(home.token.symbol(), "SHR");
        vm.assertEq(home.token.decimals(), 2);
    }
}
