// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Refusals} from "../../src/libraries/Refusals.sol";
import {EligibilityItem, InitiateRequest, Lot, PairRule, Reason} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Explaining and doing agree, and what is done keeps the books, whatever the state and the input
contract AgreementTest is Fixture {
    function setUp() public override {
        super.setUp();
        issue(home, ana, freeLot(1000));
        issue(home, ana2, lockedLot(500, START + 100));
        issue(home, ben, freeLot(300));
        issue(home, ben, lockedLot(200, START + 50));
    }

    /// @dev A state drawn from `seed`: any of the rules may be near its edge.
    function _arrange(uint256 seed) private {
        bytes32[3] memory investors = [ANA, BEN, CHO];
        for (uint256 i; i < 3; ++i) {
            uint256 part = uint256(keccak256(abi.encode(seed, i)));
            uint8 permissions = part % 3 == 0 ? uint8((part >> 8) % 8) : ALL_PERMISSIONS;
            uint64 until = uint64(part % 5 == 0 ? START + (part >> 16) % 200 : VALID);
            uint16 class = uint16(1 + (part >> 24) % 3);
            setEligibility(home, EligibilityItem(asset, investors[i], until, class, permissions, 0));
            int256 room = int256((part >> 32) % 1500) - 100;
            if ((part >> 48) % 2 == 0) _room(investors[i], room, until, class, permissions);
            if ((part >> 56) % 4 == 0) freezeAmount(home, investors[i], (part >> 64) % 1500);
            if ((part >> 80) % 8 == 0) freezeInvestor(home, investors[i]);
            if ((part >> 88) % 3 == 0) setSeats(home, uint16(i + 1), int64(uint64((part >> 96) % 3)) - 1);
        }
        if (seed % 2 == 0) setVelocity(home, 1 + (seed >> 8) % 800, 1 + (seed >> 24) % 5);
        if (seed % 3 == 0) {
            PairRule[] memory pairs = new PairRule[](1);
            pairs[0] = PairRule(uint16(1 + (seed >> 40) % 3), uint16(1 + (seed >> 48) % 3), uint8((seed >> 56) % 3));
            setPairs(home, pairs);
        }
        vm.warp(START + (seed >> 64) % 200);
    }

    function _room(bytes32 investor, int256 room, uint64 until, uint16 class, uint8 permissions) private {
        int128 delta = int128(room - roomOf(home, investor));
        setEligibility(home, EligibilityItem(asset, investor, until, class, permissions, delta));
    }

    function _account(uint256 draw) private pure returns (address) {
        address[5] memory accounts = [ana, ana2, ben, cho, ANYONE];
        return accounts[draw % 5];
    }

    /// @dev What a call raised is the error of the lowest number that explaining told, with its values.
    function _agree(bool done, bytes memory raised, uint256 set, Reason[] memory reasons) private pure {
        vm.assertTrue(done == (set == 0), "explain says otherwise");
        if (done) return;
        Reason memory lowest = reasons[0];
        vm.assertTrue(set & ((1 << lowest.code) - 1) == 0, "not the lowest");
        vm.assertEq(uint256(uint32(bytes4(raised))), Refusals.selectorOf(lowest.code), "another error");
        uint256[3] memory values = [lowest.a, lowest.b, lowest.c];
        for (uint256 i; i < (raised.length - 4) / 32; ++i) {
            uint256 value;
            assembly ("memory-safe") {
                value := mload(add(raised, add(0x24, mul(i, 0x20))))
            }
            vm.assertEq(value, values[i], "value");
        }
    }

    function _books() private view {
        bytes32[3] memory investors = [ANA, BEN, CHO];
        uint256 total;
        for (uint256 i; i < 3; ++i) {
            (uint256 free, uint256 aloft, Lot[] memory lots,,,) = home.token.positionOf(investors[i]);
            uint256 held = free;
            for (uint256 k; k < lots.length; ++k) {
                held += lots[k].amount;
            }
            uint256 balances = investors[i] == ANA
                ? home.token.balanceOf(ana) + home.token.balanceOf(ana2)
                : home.token.balanceOf(investors[i] == BEN ? ben : cho);
            vm.assertEq(balances, held);
            vm.assertEq(usedOf(home, investors[i]), held + aloft);
            total += held;
        }
        vm.assertEq(home.token.totalSupply(), total);
        for (uint16 class = 1; class <= 3; ++class) {
            uint64 count;
            for (uint256 i; i < 3; ++i) {
                if (usedOf(home, investors[i]) > 0 && classOf(home, investors[i]) == class) ++count;
            }
            vm.assertEq(holdersOf(home, class), count);
        }
    }

    function testFuzz_Transfer(uint256 seed, uint8 from, uint8 to, uint256 amount) external {
        _arrange(seed);
        (address sender, address receiver) = (_account(from), _account(to));
        amount = amount % 7 == 0 ? amount : bound(amount, 0, 1100);
        (uint256 set, Reason[] memory reasons) = home.token.explainTransfer(b32(sender), b32(receiver), amount);
        vm.prank(sender);
        (bool done, bytes memory raised) =
            address(home.token).call(abi.encodeCall(home.token.transfer, (receiver, amount)));
        _agree(done, raised, set, reasons);
        _books();
    }

    function testFuzz_Issue(uint256 seed, uint8 to, uint8 free, uint8 locked, uint16 unlock) external {
        _arrange(seed);
        Lot[] memory lots = new Lot[](2);
        lots[0] = Lot(free, 0, 0);
        lots[1] = Lot(locked, uint64(START), uint64(START + unlock % 300));
        address by = seed % 9 == 0 ? ANYONE : CONTROL;
        (uint256 set, Reason[] memory reasons) = home.token.explainIssue(b32(by), b32(_account(to)), lots);
        vm.prank(by);
        (bool done, bytes memory raised) =
            address(home.token).call(abi.encodeCall(home.token.issue, (_account(to), lots)));
        _agree(done, raised, set, reasons);
        _books();
    }

    function testFuzz_Initiate(uint256 seed, uint8 from, uint8 to, uint16 free, uint16 locked) external {
        _arrange(seed);
        address sender = _account(from);
        Lot[] memory lots = free % 2 == 0 ? freeLot(free) : lockedLot(locked % 600, START + (free % 3) * 50);
        bytes32[3] memory investors = [ANA, BEN, CHO];
        InitiateRequest memory request = requestOf(away, investors[to % 3], ben, lots);
        (uint256 set, Reason[] memory reasons) = home.lens.explainInitiate(b32(sender), request);
        vm.prank(sender);
        (bool done, bytes memory raised) = address(home.bridge).call(abi.encodeCall(home.bridge.initiate, (request)));
        _agree(done, raised, set, reasons);
        _books();
    }

    /// @dev Fields with bits beyond their type would spill into their neighbours in the record.
    function testFuzz_AnItemWithBitsBeyondAFieldFailsAsAWhole(uint8 field, uint256 value) external {
        uint256[5] memory widths = [uint256(64), 16, 8, 127, 0];
        uint256 place = field % 4;
        vm.assume(value >> widths[place] != 0);
        // A negative delta is one all of whose high bits are set.
        if (place == 3) vm.assume(~value >> widths[place] != 0);
        uint256[6] memory words = [uint256(asset), uint256(ANA), VALID, 1, 7, 0];
        words[2 + place] = value;
        bytes memory data =
            abi.encodePacked(home.token.applyEligibilities.selector, abi.encode(0x40, 9, 1), abi.encode(words));
        uint256 before = home.token.eligibilityOf(ANA);
        vm.prank(address(home.bridge));
        (bool done,) = address(home.token).call(data);
        vm.assertTrue(!done);
        vm.assertEq(home.token.eligibilityOf(ANA), before);
    }

    function testFuzz_ItemsSayWhatTheRecordBecomes(uint64 until, uint16 class, uint8 permissions, int64 delta)
        external
    {
        (int256 limit, uint256 used,) = home.token.limitOf(BEN);
        setEligibility(home, EligibilityItem(asset, BEN, until, class, permissions, delta));
        uint256 word = home.token.eligibilityOf(BEN);
        vm.assertEq(word >> 192, until);
        vm.assertEq(uint16(word >> 176), class);
        vm.assertEq(uint8(word >> 168), permissions);
        vm.assertEq(uint40(word >> 128), home.batch);
        vm.assertEq(int128(uint128(word)), limit + delta);
        vm.assertEq(usedOf(home, BEN), used);
        vm.assertEq(holdersOf(home, class), class == 1 ? 2 : 1);
        (uint256 set,) = home.token.explainTransfer(b32(ben), b32(ben), 1);
        vm.assertEq(set, permissions & 2 == 0 ? 1 << Refusals.SENDER_BLOCKED : 0);
    }
}
