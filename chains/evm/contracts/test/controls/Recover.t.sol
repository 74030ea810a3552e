// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IERC3643Events} from "../../src/interfaces/IERC3643.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenControlEvents} from "../../src/interfaces/ITokenControls.sol";
import {ITokenEvents} from "../../src/interfaces/ITokenEvents.sol";
import {BindingItem, OracleBatch, TransferOrder} from "../../src/types/Types.sol";
import {ControlsBase} from "./ControlsBase.sol";

contract RecoverTest is ControlsBase {
    function setUp() public override {
        super.setUp();
        issue(home, ana, lots2(free(1000), lot(500, LOCK)));
    }

    function account(uint256 number) private pure returns (address) {
        return address(uint160(0x10000 + number));
    }

    function test_MovesBalanceAndBindingAndTellsIt() external {
        vm.expectEmit(address(home.token));
        emit ITokenEvents.AccountBound(asset, b32(ana), 0);
        vm.expectEmit(address(home.token));
        emit ITokenEvents.AccountBound(asset, b32(spare), ANA);
        vm.expectEmit(address(home.token));
        emit IERC20.Transfer(ana, spare, 1500);
        vm.expectEmit(address(home.token));
        emit IERC3643Events.RecoverySuccess(ana, spare, address(uint160(uint256(ANA))));
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.AccountRecovered(asset, b32(ana), b32(spare), 1500, REASON, DOCUMENT);
        recover(ana, spare);
        vm.assertEq(balance(ana), 0);
        vm.assertEq(balance(spare), 1500);
        vm.assertEq(investorOf(ana), bytes32(0));
        vm.assertEq(investorOf(spare), ANA);
        vm.assertEq(views.movedTo(b32(ana)), b32(spare));
        // The position is the investor's: nothing of it changed.
        vm.assertEq(freeOf(ANA), 1000);
        vm.assertEq(lockedUntil(ANA, LOCK), 500);
        vm.assertEq(holdersOf(1), 1);
    }

    function test_ToAnotherAccountOfTheInvestorBindsNothingAnew() external {
        issue(home, ana2, lots1(free(7)));
        vm.recordLogs();
        recover(ana, ana2);
        vm.assertEq(balance(ana2), 1507);
        vm.assertEq(investorOf(ana2), ANA);
        vm.assertEq(vm.getRecordedLogs().length, 4);
    }

    function test_WorksAtNothingFrozenAndPaused() external {
        vm.prank(ana);
        home.token.transfer(ana2, 1500);
        freeze(ana, true);
        freeze(ANA, true);
        vm.prank(ADMIN_);
        home.bridge.pause(15);
        recover(ana, spare);
        vm.assertEq(investorOf(spare), ANA);
        (,, uint8 flags) = home.token.accountOf(spare);
        vm.assertEq(flags, 1);
    }

    function test_KeepsAFreezeThatTheNewAccountHas() external {
        freeze(ana2, true);
        recover(ana, ana2);
        (,, uint8 flags) = home.token.accountOf(ana2);
        vm.assertEq(flags, 1);
    }

    function test_ARefundFollows() external {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, lots1(lot(300, LOCK))));
        recover(ana, spare);
        reject(away, order, 9);
        settle(home, order, 2);
        vm.assertEq(balance(ana), 0);
        vm.assertEq(balance(spare), 1500);
        vm.assertEq(lockedUntil(ANA, LOCK), 500);
    }

    function test_ADeliveryFollowsThroughTwoRecoveries() external {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(300)));
        vm.startPrank(CONTROL);
        awayControls().recover(ana, account(1), REASON, DOCUMENT);
        awayControls().recover(account(1), account(2), REASON, DOCUMENT);
        vm.stopPrank();
        vm.assertEq(deliver(away, order), 0);
        vm.assertEq(away.token.balanceOf(account(2)), 300);
        settle(home, order, 1);
    }

    function test_BackToTheOldAccountOpensItAgain() external {
        recover(ana, spare);
        recover(spare, ana);
        vm.assertEq(balance(ana), 1500);
        vm.assertEq(views.movedTo(b32(ana)), bytes32(0));
        vm.assertEq(views.movedTo(b32(spare)), b32(ana));
        vm.prank(ana);
        home.token.transfer(ben, 10);
    }

    function test_AllThatLedToALostAccountLeadsToTheNewOne() external {
        recover(ana, account(1));
        recover(account(1), account(2));
        recover(account(2), account(3));
        vm.assertEq(views.movedTo(b32(ana)), b32(account(3)));
        vm.assertEq(views.movedTo(b32(account(1))), b32(account(3)));
        recover(account(3), account(1));
        vm.assertEq(views.movedTo(b32(ana)), b32(account(1)));
        vm.assertEq(views.movedTo(b32(account(1))), bytes32(0));
        vm.assertEq(views.movedTo(b32(account(2))), b32(account(1)));
    }

    function test_ARecoveredAccountIsBoundByNoBatch() external {
        recover(ana, spare);
        OracleBatch memory batch = newBatch(home);
        batch.bindings = new BindingItem[](1);
        batch.bindings[0] = BindingItem(asset, b32(ana), BEN);
        submit(home, batch);
        vm.assertEq(investorOf(ana), bytes32(0));
    }

    function test_RefusesAnAccountOfAnotherInvestor() external {
        refuse(IRefusals.BindingInvalid.selector, num(ben));
        recover(ana, ben);
    }

    /// @dev A refund to Ben's lost account may still come: it must not land on Ana's.
    function test_RefusesAnAccountThatLeadsToAnotherInvestor() external {
        recover(ben, spare);
        refuse(IRefusals.BindingInvalid.selector, num(ben));
        recover(ana, ben);
    }

    function test_RefusesAnUnboundAccount() external {
        refuse(IRefusals.SenderUnbound.selector, num(spare));
        recover(spare, ana);
    }

    function test_RefusesAddressZeroAndItself() external {
        refuse(IRefusals.RecipientMalformed.selector, 0);
        recover(ana, address(0));
        malformed(1);
        recover(ana, ana);
    }

    function test_RefusesTheThirtyThirdThatLeadsToOne() external {
        address from = ana;
        for (uint256 i = 1; i <= 32; ++i) {
            recover(from, account(i));
            from = account(i);
        }
        vm.assertEq(views.movedTo(b32(ana)), b32(from));
        malformed(16);
        recover(from, account(33));
        // Back to one of those that lead there makes one fewer.
        recover(from, account(5));
        vm.assertEq(views.movedTo(b32(ana)), b32(account(5)));
        vm.assertEq(views.movedTo(b32(from)), b32(account(5)));
        vm.assertEq(views.movedTo(b32(account(5))), bytes32(0));
    }

    /// @dev The list that it leaves forgets it: else a later recovery of that list's account would turn it away again.
    function test_AnAccountThatIsReopenedLeavesTheListOfItsTarget() external {
        recover(ana, spare);
        recover(ana2, ana);
        vm.assertEq(views.movedTo(b32(ana)), bytes32(0));
        recover(spare, account(9));
        vm.assertEq(views.movedTo(b32(ana)), bytes32(0));
        vm.assertEq(views.movedTo(b32(ana2)), b32(ana));
        vm.assertEq(balance(account(9)), 1500);
    }

    function test_RefusesWithoutReasonOrDocument() external {
        vm.startPrank(CONTROL);
        malformed(11);
        controls.recover(ana, spare, 0, DOCUMENT);
        malformed(11);
        controls.recover(ana, spare, REASON, 0);
        vm.stopPrank();
    }
}
