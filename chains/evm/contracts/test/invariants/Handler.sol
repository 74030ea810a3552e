// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {EligibilityItem, InitiateRequest, Lot, TransferOrder} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title A life of two chains: issues, transfers, crossings, rejections, refunds, repeats, and time
/// @notice Each step is one that may be refused or not; what it does is written down here by itself, so that the
/// invariants compare the chains with a record that they had no part in.
contract Handler is Fixture {
    enum Stage {
        Open,
        Delivered,
        Ended,
        Settled
    }

    struct Flight {
        bool outward;
        Stage stage;
        uint8 outcome;
        uint32 settlements;
        uint32 deliveries;
        bytes order;
    }

    uint256 public constant UNLOCKS = 4;

    Flight[] private _flights;
    /// @dev Ever issued to an investor with the unlock time of that number; locked lots never change hands here.
    mapping(bytes32 investor => mapping(uint256 unlock => uint256)) public lockedIssued;
    uint256 public issued;
    mapping(string => uint256) public done;
    /// @dev What the oracle granted, and what crossings to oneself and their seats carried along.
    mapping(bool outer => mapping(bytes32 investor => int256)) public limits;
    mapping(bool outer => mapping(uint16 class => int256)) public quotas;

    function setUp() public override {
        super.setUp();
        for (uint256 c; c < 2; ++c) {
            for (uint16 i; i < 3; ++i) {
                limits[c == 1][investors()[i]] = LIMIT;
                quotas[c == 1][i + 1] = QUOTA;
            }
        }
    }

    // What the invariants look at

    function chainAt(bool outer) external view returns (Chain memory) {
        return outer ? away : home;
    }

    function assetId() external view returns (bytes32) {
        return asset;
    }

    function flights() external view returns (Flight[] memory) {
        return _flights;
    }

    function unlockTime(uint256 number) public pure returns (uint64) {
        return uint64(START + (number + 1) * 10 days);
    }

    function investors() public pure returns (bytes32[3] memory) {
        return [ANA, BEN, CHO];
    }

    function accounts() public pure returns (address[4] memory) {
        return [ana, ana2, ben, cho];
    }

    function investorOf(address account) public pure returns (bytes32) {
        return account == ben ? BEN : account == cho ? CHO : ANA;
    }

    // Steps

    function stepIssue(uint256 who, uint256 amount, uint256 unlock) external {
        address to = accounts()[who % 4];
        uint128 sum = uint128(bound(amount, 1, 2000));
        unlock = unlock % (UNLOCKS + 1);
        bool locked = unlock < UNLOCKS && unlockTime(unlock) > block.timestamp;
        Lot[] memory lots = freeLot(sum);
        if (locked) lots[0] = Lot(sum, uint64(START), unlockTime(unlock));
        vm.prank(CONTROL);
        try home.token.issue(to, lots) {
            issued += sum;
            if (locked) lockedIssued[investorOf(to)][unlock] += sum;
            ++done["issue"];
        } catch {}
    }

    function stepTransfer(bool outer, uint256 from, uint256 to, uint256 amount) external {
        Chain storage chain = outer ? away : home;
        address sender = accounts()[from % 4];
        amount = bound(amount, 1, chain.token.balanceOf(sender) + 1);
        vm.prank(sender);
        try chain.token.transfer(accounts()[to % 4], amount) {
            ++done["transfer"];
        } catch {}
    }

    function stepInitiate(bool outward, uint256 from, uint256 to, uint256 choice, uint256 amount) external {
        Chain storage chain = outward ? home : away;
        address sender = accounts()[from % 4];
        address recipient = accounts()[to % 4];
        Lot[] memory lots = _choose(chain, investorOf(sender), choice, amount);
        InitiateRequest memory request = requestOf(outward ? away : home, investorOf(recipient), recipient, lots);
        request.deadline = uint64(block.timestamp + 3 days);
        vm.recordLogs();
        vm.prank(sender);
        try chain.bridge.initiate(request) {
            _flights.push(Flight(outward, Stage.Open, 0, 0, 0, abi.encode(initiatedOrder())));
            ++done["initiate"];
        } catch {}
    }

    function stepDeliver(uint256 which) external {
        (bool found, uint256 place) = _pick(which);
        if (!found) return;
        Flight storage flight = _flights[place];
        uint16 code = deliver(flight.outward ? away : home, abi.decode(flight.order, (TransferOrder)));
        if (code != 0) return;
        ++flight.deliveries;
        (flight.stage, flight.outcome) = (Stage.Delivered, 1);
        _carry(flight.outward, abi.decode(flight.order, (TransferOrder)), 1);
        ++done["deliver"];
    }

    /// @dev An order to oneself takes its limit and its seat along: given there, taken here when it is settled.
    function _carry(bool outer, TransferOrder memory order, int256 sign) private {
        if (order.seat != 0) quotas[outer][order.seat] += sign;
        if (order.fromInvestor != order.toInvestor) return;
        for (uint256 i; i < order.lots.length; ++i) {
            limits[outer][order.toInvestor] += sign * int256(uint256(order.lots[i].amount));
        }
    }

    function stepReject(uint256 which, bool expire) external {
        (bool found, uint256 place) = _pick(which);
        if (!found) return;
        Flight storage flight = _flights[place];
        TransferOrder memory order = abi.decode(flight.order, (TransferOrder));
        Chain storage chain = flight.outward ? away : home;
        uint32 reason = expire ? 21 : 9;
        bytes[] memory signed = signRejection(chain, order, reason);
        try chain.bridge.reject(order, reason, 1, signed) {
            vm.assertTrue(flight.stage == Stage.Open, "an outcome was overwritten");
            (flight.stage, flight.outcome) = (Stage.Ended, expire ? 3 : 2);
            ++done["reject"];
        } catch {}
    }

    /// @dev Settles by the true outcome, as honest attestors do; also what is settled already.
    function stepSettle(uint256 which) external {
        (bool found, uint256 place) = _pick(which);
        if (!found || _flights[place].outcome == 0) return;
        Flight storage flight = _flights[place];
        TransferOrder memory order = abi.decode(flight.order, (TransferOrder));
        try this.settleFlight(flight.outward, order, flight.outcome) {
            ++flight.settlements;
            if (flight.stage == Stage.Delivered) _carry(!flight.outward, order, -1);
            flight.stage = Stage.Settled;
            ++done["settle"];
        } catch {}
    }

    function settleFlight(bool outward, TransferOrder memory order, uint8 outcome) external {
        settle(outward ? home : away, order, outcome);
    }

    function stepTime(uint256 span, bool beat) external {
        // Mostly minutes, now and then days: orders must be able to live and to expire.
        vm.warp(block.timestamp + bound(span, 1, span % 8 == 0 ? 2 days : 30 minutes));
        if (!beat) return;
        heartbeat(home);
        heartbeat(away);
    }

    /// @dev Grants, lapses and blocks, other classes; never for ever, as every step draws anew.
    function stepEligibility(bool outer, uint256 who, uint8 permissions, uint256 validFor) external {
        uint64 until = uint64(block.timestamp + bound(validFor, 0, validFor % 4 == 0 ? 2 days : 90 days));
        uint8 granted = permissions % 4 == 0 ? (permissions >> 2) % 8 : ALL_PERMISSIONS;
        bytes32 investor = investors()[who % 3];
        Chain storage chain = outer ? away : home;
        uint16 class = (who >> 8) % 4 == 0 ? uint16(1 + (who >> 16) % 3) : classOf(chain, investor);
        setEligibility(chain, EligibilityItem(asset, investor, until, class, granted, 0));
    }

    /// @dev Cuts and widens a limit, so that it is near what is used: there it bites.
    function stepLimit(bool outer, uint256 who, uint256 room) external {
        bytes32 investor = investors()[who % 3];
        Chain storage chain = outer ? away : home;
        int256 target = room % 4 == 0 ? int256(LIMIT) : int256(bound(room >> 2, 0, 5000)) - 500;
        int256 delta = target - roomOf(chain, investor);
        setRoom(chain, investor, target);
        limits[outer][investor] += delta;
        ++done["limit"];
    }

    function stepQuota(bool outer, uint16 class, uint256 seats) external {
        class = 1 + class % 3;
        Chain storage chain = outer ? away : home;
        int64 target = seats % 4 == 0 ? QUOTA : int64(uint64(bound(seats >> 2, 0, 3))) - 1;
        int64 before = seatsOf(chain, class);
        setSeats(chain, class, target);
        quotas[outer][class] += seatsOf(chain, class) - before;
        ++done["quota"];
    }

    /// @dev One flight, mostly one that is not settled yet; but repeats are part of life.
    function _pick(uint256 which) private view returns (bool found, uint256 place) {
        uint256 count = _flights.length;
        if (count == 0) return (false, 0);
        place = which % count;
        if ((which >> 128) % 4 == 0) return (true, place);
        for (uint256 i; i < count && _flights[place].stage == Stage.Settled; ++i) {
            place = (place + 1) % count;
        }
        return (true, place);
    }

    /// @dev Free tokens, a part of one lot, or both, as the position holds them.
    function _choose(Chain storage chain, bytes32 investor, uint256 choice, uint256 amount)
        private
        view
        returns (Lot[] memory lots)
    {
        (uint256 free,, Lot[] memory held,,,) = chain.token.positionOf(investor);
        uint128 part = uint128(bound(amount, 1, free + 1));
        if (held.length == 0 || choice % 3 == 0) return freeLot(part);
        Lot memory lot = held[choice % held.length];
        lot.amount = uint128(bound(amount >> 128, 1, lot.amount));
        bool both = choice % 3 == 1 && free > 0;
        lots = new Lot[](both ? 2 : 1);
        if (both) lots[0] = Lot(part, 0, 0);
        lots[lots.length - 1] = lot;
    }
}
