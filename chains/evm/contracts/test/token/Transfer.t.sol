// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenEvents} from "../../src/interfaces/ITokenEvents.sol";
import {MAX_AMOUNT} from "../../src/types/Constants.sol";
import {Lot} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title What tests of transfers share: Ana holds 1000 free and 500 locked for 100 seconds
abstract contract TransferBase is Fixture {
    function setUp() public virtual override {
        super.setUp();
        issue(home, ana, freeLot(1000));
        issue(home, ana, lockedLot(500, START + 100));
    }

    function move(address from, address to, uint256 amount) internal {
        vm.prank(from);
        home.token.transfer(to, amount);
    }

    function free(bytes32 investor) internal view returns (uint256 amount) {
        (amount,,,,,) = home.token.positionOf(investor);
    }

    function lots(bytes32 investor) internal view returns (Lot[] memory list) {
        (,, list,,,) = home.token.positionOf(investor);
    }
}

/// @title Transfers under the rule Keep
contract TransferTest is TransferBase {
    event Transfer(address indexed from, address indexed to, uint256 value);

    function test_MovesBalanceAndFreeTokensToAnotherInvestor() external {
        vm.expectEmit(address(home.token));
        emit Transfer(ana, ben, 400);
        move(ana, ben, 400);
        vm.assertEq(home.token.balanceOf(ana), 1100);
        vm.assertEq(home.token.balanceOf(ben), 400);
        vm.assertEq(free(ANA), 600);
        vm.assertEq(free(BEN), 400);
        vm.assertEq(lots(BEN).length, 0);
        vm.assertEq(home.token.totalSupply(), 1500);
    }

    function test_AllThatIsFreeMayGoAndNotOneMore() external {
        refuse(IRefusals.LotsLocked.selector, 1000, START + 100, 1001);
        move(ana, ben, 1001);
        move(ana, ben, 1000);
        vm.assertEq(free(ANA), 0);
    }

    function test_ALotFoldsAtItsUnlockTimeAndNotASecondBefore() external {
        vm.warp(START + 99);
        refuse(IRefusals.LotsLocked.selector, 1000, START + 100, 1500);
        move(ana, ben, 1500);
        vm.warp(START + 100);
        vm.expectEmit(address(home.token));
        emit ITokenEvents.LotsFolded(asset, ANA, 500);
        move(ana, ben, 1500);
        vm.assertEq(lots(ANA).length, 0);
        vm.assertEq(free(BEN), 1500);
    }

    function test_OwnAccountsMoveLockedTokensToo() external {
        move(ana, ana2, 1500);
        vm.assertEq(home.token.balanceOf(ana2), 1500);
        vm.assertEq(free(ANA), 1000);
        vm.assertEq(lots(ANA).length, 1);
    }

    function test_ALapsedHolderMovesBetweenOwnAccountsEvenWhenTheOracleIsSilent() external {
        vm.warp(VALID + 1);
        move(ana, ana2, 1500);
        vm.assertEq(home.token.balanceOf(ana2), 1500);
    }

    function test_ALapsedHolderMaySellToAnEligibleOne() external {
        vm.warp(VALID + 1);
        setEligibility(home, BEN, uint64(VALID + 1 days), ALL_PERMISSIONS);
        move(ana, ben, 1000);
        vm.assertEq(free(BEN), 1000);
    }

    function test_ToItselfOnlyTheEventHappens() external {
        vm.expectEmit(address(home.token));
        emit Transfer(ana, ana, 1500);
        move(ana, ana, 1500);
        vm.assertEq(home.token.balanceOf(ana), 1500);
        vm.assertEq(free(ANA), 1000);
    }

    function test_RefusesWhilePausedForAllOrForTheAsset() external {
        vm.prank(GUARD);
        home.bridge.pause(1);
        refuse(IRefusals.Paused.selector, 1);
        move(ana, ben, 1);
        vm.prank(GUARD);
        home.bridge.pauseAsset(asset, 5);
        vm.prank(ADMIN_);
        home.bridge.resume(1);
        refuse(IRefusals.Paused.selector, 5);
        move(ana, ben, 1);
        vm.prank(ADMIN_);
        home.bridge.resumeAsset(asset, 1);
        move(ana, ben, 1);
    }

    function test_RefusesAnUnboundSender() external {
        refuse(IRefusals.SenderUnbound.selector, num(ANYONE));
        move(ANYONE, ben, 1);
    }

    function test_RefusesAnUnboundReceiverAndNobody() external {
        refuse(IRefusals.ReceiverUnbound.selector, num(ANYONE));
        move(ana, ANYONE, 1);
        refuse(IRefusals.ReceiverUnbound.selector, 0);
        move(ana, address(0), 1);
    }

    function test_RefusesASenderWithoutSendAlsoToOwnAccounts() external {
        setEligibility(home, ANA, VALID, 5);
        refuse(IRefusals.SenderBlocked.selector, 5);
        move(ana, ben, 1);
        refuse(IRefusals.SenderBlocked.selector, 5);
        move(ana, ana2, 1);
    }

    function test_RefusesAFrozenSenderAccountOrInvestor() external {
        freezeAccount(home, ana2);
        refuse(IRefusals.ReceiverFrozen.selector);
        move(ana, ana2, 1);
        freezeInvestor(home, ANA);
        refuse(IRefusals.SenderFrozen.selector);
        move(ana, ben, 1);
    }

    function test_RefusesAFrozenReceiver() external {
        freezeInvestor(home, BEN);
        refuse(IRefusals.ReceiverFrozen.selector);
        move(ana, ben, 1);
    }

    function test_RefusesAReceiverWithoutReceive() external {
        setEligibility(home, BEN, VALID, 6);
        refuse(IRefusals.ReceiverNotEligible.selector, 6);
        move(ana, ben, 1);
    }

    function test_RefusesAReceiverFromTheSecondItsEligibilityEnds() external {
        vm.warp(VALID - 1);
        heartbeat(home);
        move(ana, ben, 1);
        vm.warp(VALID);
        heartbeat(home);
        refuse(IRefusals.EligibilityExpired.selector, VALID);
        move(ana, ben, 1);
    }

    function test_RefusesFromTheSecondTheOracleIsTooSilent() external {
        vm.warp(START + MAX_ORACLE_AGE);
        move(ana, ben, 1);
        vm.warp(START + MAX_ORACLE_AGE + 1);
        refuse(IRefusals.OracleStale.selector, MAX_ORACLE_AGE + 1, MAX_ORACLE_AGE);
        move(ana, ben, 1);
    }

    function test_RefusesZeroAndTooMuch() external {
        refuse(IRefusals.AmountZero.selector);
        move(ana, ben, 0);
        refuse(IRefusals.AmountTooLarge.selector, MAX_AMOUNT + 1, MAX_AMOUNT);
        move(ana, ben, MAX_AMOUNT + 1);
        refuse(IRefusals.InsufficientBalance.selector, 1500, MAX_AMOUNT);
        move(ana, ben, MAX_AMOUNT);
    }

    function test_RefusesMoreThanTheAccountHolds() external {
        move(ana, ana2, 1400);
        refuse(IRefusals.InsufficientBalance.selector, 100, 101);
        move(ana, ben, 101);
    }

    function test_RaisesTheLowestOfSeveral() external {
        freezeInvestor(home, ANA);
        setEligibility(home, ANA, VALID, 0);
        refuse(IRefusals.SenderBlocked.selector, 0);
        move(ana, ben, 5000);
    }

    function test_RefusesOnAForkOfTheChain() external {
        vm.chainId(999);
        refuse(IRefusals.DomainMismatch.selector, 999, 31337);
        move(ana, ben, 1);
    }

    function testFuzz_NeverMovesLockedTokens(uint256 amount, uint256 time) external {
        amount = bound(amount, 1, 1500);
        time = bound(time, START, START + 200);
        vm.warp(time);
        uint256 movable = time >= START + 100 ? 1500 : 1000;
        if (amount > movable) refuse(IRefusals.LotsLocked.selector, 1000, START + 100, amount);
        move(ana, ben, amount);
        if (amount <= movable) vm.assertEq(free(BEN), amount);
    }
}

/// @title Transfers under the rule Forbid
contract TransferForbiddenTest is TransferBase {
    function defaultRule() internal pure override returns (uint8) {
        return 0;
    }

    function test_RefusesBetweenInvestorsWithTheirClasses() external {
        refuse(IRefusals.ClassTransferForbidden.selector, 1, 2);
        move(ana, ben, 1);
    }

    function test_MovesBetweenOwnAccounts() external {
        move(ana, ana2, 1500);
        vm.assertEq(home.token.balanceOf(ana2), 1500);
    }
}

/// @title Transfers under the rule Restart
contract TransferRestartedTest is TransferBase {
    function defaultRule() internal pure override returns (uint8) {
        return 2;
    }

    function test_MakesOneLotWithANewHoldingPeriod() external {
        vm.warp(START + 7);
        move(ana, ben, 100);
        Lot[] memory held = lots(BEN);
        vm.assertEq(held.length, 1);
        vm.assertEq(held[0].amount, 100);
        vm.assertEq(held[0].acquiredAt, START + 7);
        vm.assertEq(held[0].unlocksAt, START + 7 + HOLDING_PERIOD);
        vm.assertEq(free(BEN), 0);
    }

    function test_MergesLotsOfOneSecond() external {
        move(ana, ben, 100);
        move(ana, ben, 100);
        vm.assertEq(lots(BEN).length, 1);
        vm.assertEq(lots(BEN)[0].amount, 200);
    }

    function test_RefusesALotBelowTheLeast() external {
        refuse(IRefusals.LotTooSmall.selector, MIN_LOT);
        move(ana, ben, MIN_LOT - 1);
        move(ana, ben, MIN_LOT);
    }

    function test_LeavesTheLastEightPlacesToTheHolder() external {
        for (uint256 i = 1; i <= 24; ++i) {
            vm.warp(START + i);
            move(ana, ben, MIN_LOT);
        }
        // One more of the same second merges, one of another second finds no place.
        move(ana, ben, MIN_LOT);
        vm.warp(START + 25);
        refuse(IRefusals.TooManyLots.selector, 25, 24);
        move(ana, ben, MIN_LOT);
        vm.assertEq(lots(BEN).length, 24);
    }

    function test_FoldsDueLotsOfTheReceiverToFindAPlace() external {
        for (uint256 i = 1; i <= 24; ++i) {
            vm.warp(START + i);
            move(ana, ben, MIN_LOT);
        }
        vm.warp(START + 1 + HOLDING_PERIOD);
        setEligibility(home, BEN, uint64(block.timestamp + 1), ALL_PERMISSIONS);
        vm.expectEmit(address(home.token));
        emit ITokenEvents.LotsFolded(asset, BEN, MIN_LOT);
        move(ana, ben, MIN_LOT);
        vm.assertEq(lots(BEN).length, 24);
        vm.assertEq(free(BEN), MIN_LOT);
    }
}
