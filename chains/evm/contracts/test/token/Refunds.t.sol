// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Refusals} from "../../src/libraries/Refusals.sol";
import {EligibilityItem, Lot, TransferOrder} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title A refund always lands, whatever became of accounts, investors and places meanwhile
contract RefundTest is Fixture {
    uint256 private constant LOCK = START + 100 days;
    address private constant spare = address(0x5A4E);

    function _ladder(uint256 count) private pure returns (Lot[] memory lots) {
        lots = new Lot[](count);
        for (uint256 i; i < count; ++i) {
            lots[i] = Lot(10, uint64(START - 1 days), uint64(LOCK + i * 1 days));
        }
    }

    function _position(bytes32 investor) private view returns (uint256 free, Lot[] memory lots, uint8 places) {
        (free,, lots, places,,) = home.token.positionOf(investor);
    }

    function _sum(Lot[] memory lots) private pure returns (uint256 sum) {
        for (uint256 i; i < lots.length; ++i) {
            sum += lots[i].amount;
        }
    }

    function _refund(TransferOrder memory order) private {
        reject(away, order, 9);
        settle(home, order, 2);
    }

    /// @dev No lot that came back unlocks earlier than it went.
    function _lockedFrom(Lot[] memory lots, uint256 time) private pure returns (uint256 sum) {
        for (uint256 i; i < lots.length; ++i) {
            if (lots[i].unlocksAt >= time) sum += lots[i].amount;
        }
    }

    function test_PlacesInFlightStayReservedSoThatLotsComeBackUnmerged() external {
        issue(home, ana, _ladder(32));
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, _ladder(20)));
        (, Lot[] memory lots, uint8 places) = _position(ANA);
        vm.assertEq(lots.length, 12);
        vm.assertEq(places, 20);
        _refund(order);
        (, lots, places) = _position(ANA);
        vm.assertEq(keccak256(abi.encode(lots)), keccak256(abi.encode(_ladder(32))));
        vm.assertEq(places, 0);
    }

    /// Two full positions become one; what is in flight from both finds its way home into it.
    function test_IntoAPositionThatTookOverAnotherFullOneTheNearestMergeAndNoLockLoosens() external {
        issue(home, ana, _ladder(32));
        Lot[] memory later = _ladder(32);
        for (uint256 i; i < 32; ++i) {
            later[i].acquiredAt += 1;
        }
        issue(home, ben, later);
        TransferOrder memory first = initiate(home, ana, requestOf(away, ANA, ana, _ladder(16)));
        Lot[] memory some = new Lot[](16);
        for (uint256 i; i < 16; ++i) {
            some[i] = later[i];
        }
        TransferOrder memory second = initiate(home, ben, requestOf(away, BEN, ben, some));
        vm.prank(CONTROL);
        controlsOf(home).replaceInvestor(BEN, ANA, ORDER_REASON, ORDER_DOCUMENT);
        (, Lot[] memory held, uint8 places) = _position(ANA);
        vm.assertEq(places, 32);
        vm.assertEq(held.length, 1);
        vm.assertEq(_sum(held), 320);
        vm.assertEq(held[0].unlocksAt, LOCK + 31 days);
        _refund(second);
        _refund(first);
        (, held, places) = _position(ANA);
        vm.assertEq(places, 0);
        vm.assertEq(_sum(held), 640);
        vm.assertEq(home.token.balanceOf(ana) + home.token.balanceOf(ben), 640);
        vm.assertTrue(held.length <= 32);
        for (uint256 i; i < 32; ++i) {
            uint256 before = _lockedFrom(_ladder(32), LOCK + i * 1 days) + _lockedFrom(later, LOCK + i * 1 days);
            vm.assertTrue(_lockedFrom(held, LOCK + i * 1 days) >= before);
        }
    }

    function test_FollowsARecoveredAccount() external {
        issue(home, ana, freeLot(100));
        TransferOrder memory order = initiate(home, ana, requestOf(away, BEN, ben, freeLot(60)));
        vm.startPrank(CONTROL);
        controlsOf(home).recover(ana, spare, ORDER_REASON, ORDER_DOCUMENT);
        vm.stopPrank();
        _refund(order);
        vm.assertEq(home.token.balanceOf(spare), 100);
        vm.assertEq(home.token.balanceOf(ana), 0);
    }

    function test_FollowsAnAccountThatWasRecoveredTwice() external {
        issue(home, ana, freeLot(100));
        TransferOrder memory order = initiate(home, ana, requestOf(away, BEN, ben, freeLot(60)));
        vm.startPrank(CONTROL);
        controlsOf(home).recover(ana, spare, ORDER_REASON, ORDER_DOCUMENT);
        controlsOf(home).recover(spare, ana2, ORDER_REASON, ORDER_DOCUMENT);
        vm.stopPrank();
        _refund(order);
        vm.assertEq(home.token.balanceOf(ana2), 100);
    }

    function test_ARecoveredAccountIsNeverBoundAgainByTheOracle() external {
        issue(home, ana, freeLot(100));
        TransferOrder memory order = initiate(home, ana, requestOf(away, BEN, ben, freeLot(60)));
        vm.prank(CONTROL);
        controlsOf(home).recover(ana, spare, ORDER_REASON, ORDER_DOCUMENT);
        (uint256 set,) = home.token.explainBinding(b32(ana), CHO);
        vm.assertEq(set, 1 << Refusals.BINDING_INVALID);
        bindAccount(home, ana, CHO);
        (bytes32 investor,,) = home.token.accountOf(ana);
        vm.assertEq(investor, 0);
        _refund(order);
        vm.assertEq(home.token.balanceOf(ana), 0);
    }

    function test_GoesToTheSuccessorOfARetiredInvestor() external {
        issue(home, ana, freeLot(100));
        TransferOrder memory order = initiate(home, ana, requestOf(away, CHO, cho, freeLot(60)));
        vm.prank(CONTROL);
        controlsOf(home).replaceInvestor(ANA, BEN, ORDER_REASON, ORDER_DOCUMENT);
        vm.assertEq(usedOf(home, BEN), 100);
        vm.assertEq(usedOf(home, ANA), 0);
        _refund(order);
        (uint256 free,,) = _position(BEN);
        vm.assertEq(free, 100);
        vm.assertEq(home.token.balanceOf(ana), 100);
        vm.assertEq(home.token.investorOf(ana), BEN);
    }

    function test_LandsFrozenAndBlockedAndLapsed() external {
        issue(home, ana, freeLot(100));
        TransferOrder memory order = initiate(home, ana, requestOf(away, BEN, ben, freeLot(60)));
        setEligibility(home, EligibilityItem(asset, ANA, 0, 1, 0, 0));
        freezeInvestor(home, ANA);
        freezeAccount(home, ana);
        freezeAmount(home, ANA, 1000);
        _refund(order);
        vm.assertEq(home.token.balanceOf(ana), 100);
    }

    function test_ADeliveryFollowsAccountsAndInvestorsOfThisChain() external {
        issue(home, ana, freeLot(100));
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(60)));
        vm.startPrank(CONTROL);
        controlsOf(away).recover(ana, spare, ORDER_REASON, ORDER_DOCUMENT);
        controlsOf(away).replaceInvestor(ANA, BEN, ORDER_REASON, ORDER_DOCUMENT);
        vm.stopPrank();
        int256 room = roomOf(away, BEN);
        vm.assertEq(deliver(away, order), 0);
        vm.assertEq(away.token.balanceOf(spare), 60);
        vm.assertEq(usedOf(away, BEN), 60);
        vm.assertEq(roomOf(away, BEN), room);
        settle(home, order, 1);
        vm.assertEq(usedOf(home, ANA), 40);
    }

    function test_TransfersGoByTheSuccessorsRecordAndPosition() external {
        issue(home, ana, freeLot(100));
        vm.prank(CONTROL);
        controlsOf(home).replaceInvestor(ANA, BEN, ORDER_REASON, ORDER_DOCUMENT);
        setEligibility(home, EligibilityItem(asset, BEN, VALID, 2, 5, 0));
        (uint256 set,) = home.token.explainTransfer(b32(ana), b32(cho), 1);
        vm.assertEq(set, 1 << Refusals.SENDER_BLOCKED);
        setEligibility(home, EligibilityItem(asset, BEN, VALID, 2, 7, 0));
        // Two accounts of what is one investor by now.
        vm.prank(ana);
        home.token.transfer(ben, 60);
        (uint256 free,,) = _position(BEN);
        vm.assertEq(free, 100);
        vm.prank(ben);
        home.token.transfer(cho, 60);
        (free,,) = _position(BEN);
        vm.assertEq(free, 40);
    }

    function test_ABindingToARetiredInvestorIsOneToItsSuccessor() external {
        vm.prank(CONTROL);
        controlsOf(home).replaceInvestor(ANA, BEN, ORDER_REASON, ORDER_DOCUMENT);
        bindAccount(home, ANYONE, ANA);
        vm.assertEq(home.token.investorOf(ANYONE), BEN);
        issue(home, ANYONE, freeLot(5));
        bindAccount(home, ANYONE, ANA);
        bindAccount(home, ANYONE, BEN);
        vm.assertEq(home.token.balanceOf(ANYONE), 5);
        bindAccount(home, ANYONE, CHO);
        vm.assertEq(home.token.investorOf(ANYONE), BEN);
    }
}

/// @title Crossings to another investor under Restart, and dust
contract RestartCrossingTest is Fixture {
    function defaultRule() internal pure override returns (uint8) {
        return 2;
    }

    function _send(uint128 amount) private returns (TransferOrder memory) {
        return initiate(home, ana, requestOf(away, BEN, ben, freeLot(amount)));
    }

    function test_ArriveAsOneLotOfTheMomentAndCountAgainstTheRoom() external {
        issue(home, ana, freeLot(1000));
        setRoom(away, BEN, 100);
        TransferOrder memory order = _send(100);
        vm.warp(START + 5);
        vm.assertEq(deliver(away, order), 0);
        (uint256 free,, Lot[] memory lots,,,) = away.token.positionOf(BEN);
        vm.assertEq(free, 0);
        vm.assertEq(lots[0].acquiredAt, START + 5);
        vm.assertEq(lots[0].unlocksAt, START + 5 + HOLDING_PERIOD);
        vm.assertEq(roomOf(away, BEN), 0);
        vm.assertEq(deliver(away, _send(10)), Refusals.LIMIT_EXCEEDED);
    }

    function test_DustFillsTwentyFourPlacesAndLeavesEightForOnesOwn() external {
        issue(home, ana, freeLot(1000));
        for (uint256 i; i < 24; ++i) {
            vm.warp(START + i);
            TransferOrder memory dust = _send(10);
            vm.assertEq(deliver(away, dust), 0);
            settle(home, dust, 1);
        }
        vm.warp(START + 24);
        TransferOrder memory order = _send(10);
        vm.assertEq(deliver(away, order), Refusals.TOO_MANY_LOTS);
        vm.warp(START + 23);
        vm.assertEq(deliver(away, _send(10)), 0);
        issue(home, ben, lockedLot(5, START + 50));
        vm.assertEq(deliver(away, initiate(home, ben, requestOf(away, BEN, ben, lockedLot(5, START + 50)))), 0);
        (,, Lot[] memory lots,,,) = away.token.positionOf(BEN);
        vm.assertEq(lots.length, 25);
        // Merging own lots makes room for others again: below 24 after two.
        _merge(lots[1], lots[2]);
        (,, lots,,,) = away.token.positionOf(BEN);
        _merge(lots[1], lots[2]);
        vm.warp(START + 24);
        vm.assertEq(deliver(away, order), 0);
    }

    function _merge(Lot memory one, Lot memory other) private {
        Lot[] memory two = new Lot[](2);
        (two[0], two[1]) = (one, other);
        vm.prank(ben);
        controlsOf(away).mergeLots(two);
    }
}
