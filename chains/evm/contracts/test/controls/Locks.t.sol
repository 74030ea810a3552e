// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {Lot, TransferOrder} from "../../src/types/Types.sol";
import {ControlsBase} from "./ControlsBase.sol";

/// @title P2: no control loosens a lock
/// @notice Random acts of the controller, holders and orders in flight. After each, for every time T that a lot ever
/// had: what is locked beyond T, over all investors and orders in flight, is at least what it was before. Merging may
/// only raise it. Sums and counts are made anew and compared.
contract LocksTest is ControlsBase {
    uint256 private constant TIMES = 8;
    address[4] private accounts = [ana, ana2, ben, cho];
    bytes32[3] private investors = [ANA, BEN, CHO];
    // Encoded: an order holds a list, which the compiler does not copy into storage.
    bytes[] private flying;

    function setUp() public override {
        super.setUp();
        issue(home, ana, _some(1000, 100));
        issue(home, ben, _some(700, 60));
        issue(home, cho, _some(400, 30));
    }

    function _some(uint256 unlocked, uint256 amount) private pure returns (Lot[] memory lots) {
        lots = new Lot[](5);
        lots[0] = free(unlocked);
        for (uint256 i = 1; i < 5; ++i) {
            lots[i] = lot(amount + i, _time(i));
        }
    }

    function _time(uint256 place) private pure returns (uint256) {
        return LOCK + (place % TIMES) * 10 days;
    }

    function testFuzz_NoActLoosensALock(uint256 seed) external {
        uint256[TIMES] memory before = _lockedBeyond();
        for (uint256 i; i < 14; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _act(seed);
            uint256[TIMES] memory present = _lockedBeyond();
            for (uint256 t; t < TIMES; ++t) {
                vm.assertGe(present[t], before[t], "a lock was loosened");
            }
            before = present;
            _checkSums();
        }
    }

    /// @dev One act, chosen and shaped by `seed`; one that is refused changes nothing.
    function _act(uint256 seed) private {
        address from = accounts[(seed >> 8) % 4];
        address to = accounts[(seed >> 16) % 4];
        uint256 amount = 1 + (seed >> 24) % 900;
        bytes32 giver = investorOf(from);
        uint256 kind = seed % 9;
        Lot[] memory held = giver == 0 ? new Lot[](0) : lotsOf(giver);
        vm.startPrank(CONTROL);
        if (kind == 0) {
            try controls.forceTransfer(from, to, amount, REASON, DOCUMENT) {} catch {}
        } else if (kind == 1) {
            address next = (seed >> 40) % 2 == 0 ? to : address(uint160(0x20000 + (seed >> 41) % 4));
            try controls.recover(from, next, REASON, DOCUMENT) {
                accounts[(seed >> 8) % 4] = next;
            } catch {}
        } else if (kind == 2 && held.length > 0) {
            Lot memory picked = held[(seed >> 48) % held.length];
            picked.amount = uint128(1 + (seed >> 56) % picked.amount);
            try controls.moveLots(from, to, lots1(picked), REASON, DOCUMENT) {} catch {}
        } else if (kind == 3 && (seed >> 40) % 4 == 0) {
            bytes32 retired = investors[(seed >> 44) % 3];
            try controls.replaceInvestor(retired, investors[(seed >> 48) % 3], REASON, DOCUMENT) {} catch {}
        } else if (kind == 4) {
            try controls.freezeAmount(investors[(seed >> 44) % 3], amount, REASON, DOCUMENT) {} catch {}
        }
        vm.stopPrank();
        if (kind == 5 && held.length > 0) _send(from, giver, held[(seed >> 48) % held.length]);
        if (kind == 6 && flying.length > 0) _return();
        if (kind == 7 && held.length > 1) _merge(from, held, seed);
        if (kind == 8) {
            vm.prank(from);
            try home.token.transfer(to, amount) {} catch {}
        }
    }

    function _send(address from, bytes32 giver, Lot memory picked) private {
        vm.recordLogs();
        vm.prank(from);
        try home.bridge.initiate(requestOf(away, giver, from, lots1(picked))) {
            flying.push(abi.encode(initiatedOrder()));
        } catch {}
    }

    function _return() private {
        TransferOrder memory order = _flying(flying.length - 1);
        flying.pop();
        reject(away, order, 9);
        settle(home, order, 2);
    }

    function _flying(uint256 i) private view returns (TransferOrder memory) {
        return abi.decode(flying[i], (TransferOrder));
    }

    function _merge(address from, Lot[] memory held, uint256 seed) private {
        uint256 first = (seed >> 48) % (held.length - 1);
        vm.prank(from);
        try controls.mergeLots(lots2(held[first], held[first + 1])) {} catch {}
    }

    /// @dev For each time, all that is locked until then or longer, in positions and in flight.
    function _lockedBeyond() private view returns (uint256[TIMES] memory sums) {
        for (uint256 i; i < 3; ++i) {
            _add(sums, lotsOf(investors[i]));
        }
        for (uint256 i; i < flying.length; ++i) {
            _add(sums, _flying(i).lots);
        }
    }

    function _add(uint256[TIMES] memory sums, Lot[] memory lots) private pure {
        for (uint256 i; i < lots.length; ++i) {
            for (uint256 t; t < TIMES; ++t) {
                if (lots[i].unlocksAt >= _time(t)) sums[t] += lots[i].amount;
            }
        }
    }

    /// @dev Balances, positions and supply agree; each class counts who uses something.
    function _checkSums() private view {
        uint256 balances = balance(ana) + balance(ana2) + balance(ben) + balance(cho);
        for (uint160 i; i < 4; ++i) {
            balances += balance(address(0x20000 + i));
        }
        uint256 positions;
        uint64 holders;
        uint64 counted;
        for (uint16 i; i < 3; ++i) {
            positions += totalOf(investors[i]);
            (int256 limit, uint256 used, int256 room) = views.limitOf(investors[i]);
            vm.assertEq(limit - int256(used), room);
            if (used > 0) ++holders;
            counted += holdersOf(i + 1);
        }
        vm.assertEq(balances, home.token.totalSupply(), "balances");
        vm.assertEq(positions, home.token.totalSupply(), "positions");
        vm.assertEq(uint256(counted), uint256(holders), "holders");
    }

    /// @dev The one exception, and only after its delay.
    function test_OnlyAReleaseLoosens() external {
        uint256[TIMES] memory before = _lockedBeyond();
        vm.startPrank(ADMIN_);
        controls.proposeRelease(ANA, lots1(lot(101, _time(1))), REASON, DOCUMENT);
        refuse(IRefusals.NotYet.selector, START + DELAY);
        controls.releaseLots(ANA, lots1(lot(101, _time(1))), REASON, DOCUMENT);
        vm.warp(START + DELAY);
        controls.releaseLots(ANA, lots1(lot(101, _time(1))), REASON, DOCUMENT);
        vm.stopPrank();
        vm.assertEq(_lockedBeyond()[1], before[1] - 101);
        vm.assertEq(_lockedBeyond()[2], before[2]);
    }
}
