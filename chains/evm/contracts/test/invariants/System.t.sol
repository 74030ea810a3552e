// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {LaneFlow, Lot, TransferOrder} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";
import {Test} from "../support/Test.sol";
import {Handler} from "./Handler.sol";

/// @title What must always be true of two chains together
contract SystemInvariantsTest is Test {
    struct Selectors {
        address addr;
        bytes4[] selectors;
    }

    Handler private _handler;

    function setUp() external {
        _handler = new Handler();
        _handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (Selectors[] memory list) {
        bytes4[] memory selectors = new bytes4[](10);
        selectors[0] = Handler.stepIssue.selector;
        selectors[1] = Handler.stepTransfer.selector;
        selectors[2] = Handler.stepInitiate.selector;
        selectors[3] = Handler.stepDeliver.selector;
        selectors[4] = Handler.stepReject.selector;
        selectors[5] = Handler.stepSettle.selector;
        selectors[6] = Handler.stepTime.selector;
        selectors[7] = Handler.stepEligibility.selector;
        selectors[8] = Handler.stepLimit.selector;
        selectors[9] = Handler.stepQuota.selector;
        list = new Selectors[](1);
        list[0] = Selectors(address(_handler), selectors);
    }

    /// @notice Random lives do reach every stage: without that the invariants would say nothing.
    function test_ALongLifeReachesEveryStage() external {
        for (uint256 i; i < 600; ++i) {
            uint256 random = uint256(keccak256(abi.encode(i)));
            uint256 step = random % 10;
            if (step == 0) _handler.stepIssue(random >> 8, random >> 16, random >> 80);
            if (step == 1) _handler.stepTransfer(random & 8 == 0, random >> 8, random >> 16, random >> 24);
            if (step == 2) {
                _handler.stepInitiate(random & 8 == 0, random >> 8, random >> 16, random >> 24, random >> 32);
            }
            if (step == 3) _handler.stepDeliver(random >> 8);
            if (step == 4) _handler.stepReject(random >> 8, random & 8 == 0);
            if (step == 5) _handler.stepSettle(random >> 8);
            if (step == 6) _handler.stepTime(random >> 8, random & 8 == 0);
            if (step == 7) _handler.stepEligibility(random & 8 == 0, random >> 8, uint8(random >> 16), random >> 24);
            if (step == 8) _handler.stepLimit(random & 8 == 0, random >> 8, random >> 16);
            if (step == 9) _handler.stepQuota(random & 8 == 0, uint16(random >> 8), random >> 24);
        }
        string[8] memory steps = ["issue", "transfer", "initiate", "deliver", "reject", "settle", "limit", "quota"];
        for (uint256 i; i < 8; ++i) {
            vm.assertTrue(_handler.done(steps[i]) >= 5, steps[i]);
        }
        this.invariant_Conservation();
        this.invariant_BalancesArePositionsAreSupply();
        this.invariant_LocksNeverLoosen();
        this.invariant_OneOutcomePerOrder();
        this.invariant_PositionsKnowTheirFlights();
        this.invariant_RoomIsLimitLessUsed();
        this.invariant_HoldersAreARecount();
    }

    function chain(bool outer) private view returns (Fixture.Chain memory) {
        return _handler.chainAt(outer);
    }

    function sum(Lot[] memory lots) private pure returns (uint256 total) {
        for (uint256 i; i < lots.length; ++i) {
            total += lots[i].amount;
        }
    }

    function lotsOf(bool outer, bytes32 investor) private view returns (uint256 free, Lot[] memory lots) {
        (free,, lots,,,) = chain(outer).token.positionOf(investor);
    }

    /// @dev Tokens of orders that are on no chain: sent, not delivered, not back.
    function inFlight() private view returns (uint256 total) {
        Handler.Flight[] memory flights = _handler.flights();
        for (uint256 i; i < flights.length; ++i) {
            bool aloft = flights[i].stage == Handler.Stage.Open || flights[i].stage == Handler.Stage.Ended;
            if (aloft) total += sum(abi.decode(flights[i].order, (TransferOrder)).lots);
        }
    }

    /// @notice P1: what was issued stands on the two chains or is in flight.
    function invariant_Conservation() external view {
        (uint256 inner,,) = chain(false).token.totals();
        (uint256 outer,,) = chain(true).token.totals();
        vm.assertEq(inner + outer + inFlight(), _handler.issued());
    }

    /// @notice P1 on each chain by itself: supply = issued - redeemed - sent + refunded + arrived.
    function invariant_CountersOfEachChainAddUp() external view {
        for (uint256 i; i < 2; ++i) {
            (uint256 supply, uint256 issued, uint256 redeemed, LaneFlow[] memory flows) =
                chain(i == 1).lens.supplyOf(_handler.assetId());
            uint256 left = redeemed + flows[0].sent + supply;
            vm.assertEq(left, issued + flows[0].refunded + flows[0].arrived);
        }
    }

    /// @notice Balances of accounts = positions of investors = supply, also investor by investor.
    function invariant_BalancesArePositionsAreSupply() external view {
        for (uint256 c; c < 2; ++c) {
            Fixture.Chain memory side = chain(c == 1);
            uint256 total;
            for (uint256 i; i < 3; ++i) {
                bytes32 investor = _handler.investors()[i];
                (uint256 free, Lot[] memory lots) = lotsOf(c == 1, investor);
                uint256 balances;
                for (uint256 k; k < 4; ++k) {
                    address account = _handler.accounts()[k];
                    if (_handler.investorOf(account) == investor) balances += side.token.balanceOf(account);
                }
                vm.assertEq(balances, free + sum(lots), "balances of an investor");
                total += balances;
            }
            vm.assertEq(total, side.token.totalSupply(), "supply");
        }
    }

    /// @notice P2: every token issued with a lock is still locked with that very time, here, there or in flight.
    function invariant_LocksNeverLoosen() external view {
        for (uint256 i; i < 3; ++i) {
            bytes32 investor = _handler.investors()[i];
            for (uint256 k; k < _handler.UNLOCKS(); ++k) {
                uint64 time = _handler.unlockTime(k);
                if (time <= block.timestamp) continue;
                (, Lot[] memory inner) = lotsOf(false, investor);
                (, Lot[] memory outer) = lotsOf(true, investor);
                uint256 locked = lockedAt(inner, time) + lockedAt(outer, time) + lockedInFlight(investor, time);
                vm.assertEq(locked, _handler.lockedIssued(investor, k));
            }
        }
    }

    function lockedAt(Lot[] memory lots, uint64 time) private pure returns (uint256 total) {
        for (uint256 i; i < lots.length; ++i) {
            if (lots[i].unlocksAt == time) total += lots[i].amount;
        }
    }

    function lockedInFlight(bytes32 investor, uint64 time) private view returns (uint256 total) {
        Handler.Flight[] memory flights = _handler.flights();
        for (uint256 i; i < flights.length; ++i) {
            TransferOrder memory order = abi.decode(flights[i].order, (TransferOrder));
            bool aloft = flights[i].stage == Handler.Stage.Open || flights[i].stage == Handler.Stage.Ended;
            if (aloft && order.fromInvestor == investor) total += lockedAt(order.lots, time);
        }
    }

    /// @notice P3: one outcome, at most one delivery, at most one settlement, and the chain says the same.
    function invariant_OneOutcomePerOrder() external view {
        Handler.Flight[] memory flights = _handler.flights();
        for (uint256 i; i < flights.length; ++i) {
            TransferOrder memory order = abi.decode(flights[i].order, (TransferOrder));
            Fixture.Chain memory source = chain(!flights[i].outward);
            Fixture.Chain memory target = chain(flights[i].outward);
            vm.assertTrue(flights[i].deliveries <= 1 && flights[i].settlements <= 1, "twice");
            vm.assertEq(target.lens.outcomeOf(order.source, order.nonce), flights[i].outcome);
            bool stored = source.lens.orderAt(order.destination, order.nonce) != 0;
            vm.assertTrue(stored == (flights[i].stage != Handler.Stage.Settled), "stored");
        }
    }

    /// @notice What positions say of their flights is what is in flight; and a refund always finds its places.
    function invariant_PositionsKnowTheirFlights() external view {
        for (uint256 c; c < 2; ++c) {
            for (uint256 i; i < 3; ++i) {
                assertFlights(c == 1, _handler.investors()[i]);
            }
        }
    }

    function assertFlights(bool outer, bytes32 investor) private view {
        (, uint256 aloft, Lot[] memory lots, uint8 reserved, uint8 orders,) = chain(outer).token.positionOf(investor);
        Handler.Flight[] memory flights = _handler.flights();
        (uint256 amount, uint256 places, uint256 count) = (0, 0, 0);
        for (uint256 i; i < flights.length; ++i) {
            TransferOrder memory order = abi.decode(flights[i].order, (TransferOrder));
            bool mine = order.fromInvestor == investor && flights[i].outward != outer;
            if (!mine || flights[i].stage == Handler.Stage.Settled) continue;
            amount += sum(order.lots);
            places += order.lots.length - (order.lots[0].unlocksAt == 0 ? 1 : 0);
            ++count;
        }
        vm.assertEq(aloft, amount, "in flight");
        vm.assertEq(reserved, places, "places");
        vm.assertEq(orders, count, "orders");
        vm.assertTrue(lots.length + reserved <= 32, "32 places");
    }

    /// @notice P5: the room is the limit that was granted and carried here, less what is used.
    function invariant_RoomIsLimitLessUsed() external view {
        for (uint256 c; c < 2; ++c) {
            for (uint256 i; i < 3; ++i) {
                bytes32 investor = _handler.investors()[i];
                (uint256 free, uint256 aloft, Lot[] memory lots,,,) = chain(c == 1).token.positionOf(investor);
                (int256 limit, uint256 used, int256 room) = chain(c == 1).token.limitOf(investor);
                vm.assertEq(used, free + aloft + sum(lots), "used");
                vm.assertEq(limit, _handler.limits(c == 1, investor));
                vm.assertEq(room, limit - int256(used));
            }
        }
    }

    /// @notice P5: each class counts who has anything here or in flight from here, and its quota is what was granted
    /// and carried here.
    function invariant_HoldersAreARecount() external view {
        for (uint256 c; c < 2; ++c) {
            for (uint16 class = 1; class <= 3; ++class) {
                uint64 count;
                for (uint256 i; i < 3; ++i) {
                    bytes32 investor = _handler.investors()[i];
                    uint16 mine = uint16(chain(c == 1).token.eligibilityOf(investor) >> 176);
                    (, uint256 used,) = chain(c == 1).token.limitOf(investor);
                    if (used > 0 && mine == class) ++count;
                }
                (int64 quota, uint64 holders) = chain(c == 1).token.quotaOf(class);
                vm.assertEq(uint256(holders), count, "holders");
                vm.assertEq(int256(quota), _handler.quotas(c == 1, class));
            }
        }
    }
}
