// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {AccountWord, ConfigWord, ConfigWords} from "../../src/libraries/TokenWords.sol";
import {Holding, Words} from "../../src/libraries/Words.sol";
import {Test} from "../support/Test.sol";

/// @title Packed words give back what went in, and one field never touches another
contract WordsTest is Test {
    function testFuzz_Positions(uint96 free, int136 room, uint8 count, uint8 reserved, uint8 orders, uint8 flags)
        external
        pure
    {
        Holding memory holding;
        (holding.free, holding.room) = (free, room);
        (holding.count, holding.reserved, holding.orders, holding.flags) =
        (count % 33, reserved % 33, orders % 16, flags);
        uint256 word = Words.packHolding(holding);
        Holding memory back;
        Words.unpackHolding(word, back);
        vm.assertEq(back.word, word);
        back.word = 0;
        vm.assertEq(keccak256(abi.encode(back)), keccak256(abi.encode(holding)));
        vm.assertEq(Words.roomOf(word), room);
        vm.assertEq(Words.flagsOf(word), flags);
        bool used = free > 0 || count % 33 > 0 || orders % 16 > 0;
        vm.assertTrue(Words.counts(word) == used);
    }

    function testFuzz_GrantsTouchOnlyRoomAndTheFlagOfSending(uint256 word, int136 room, bool sends) external pure {
        uint256 next = Words.granted(word, room, sends);
        vm.assertEq(Words.roomOf(next), room);
        vm.assertTrue((Words.flagsOf(next) & 8 != 0) == sends);
        vm.assertEq(Words.granted(next, 0, false), Words.granted(word, 0, false));
        Holding memory before;
        Holding memory afterwards;
        Words.unpackHolding(word, before);
        Words.unpackHolding(next, afterwards);
        vm.assertEq(afterwards.free, before.free);
        vm.assertEq(afterwards.count, before.count);
        vm.assertEq(afterwards.orders, before.orders);
        vm.assertEq(afterwards.flags & 7, before.flags & 7);
    }

    function testFuzz_Extras(uint96 frozen, uint96 other, uint96 spent, uint40 time) external pure {
        uint256 extra = Words.withSpent(Words.withFrozen(0, frozen), spent, time);
        vm.assertEq(Words.frozenOf(extra), frozen);
        vm.assertEq(Words.spentOf(extra), spent);
        vm.assertEq(Words.spentAtOf(extra), time);
        extra = Words.withFrozen(extra, other);
        vm.assertEq(Words.frozenOf(extra), other);
        vm.assertEq(Words.spentOf(extra), spent);
        extra = Words.withSpent(extra, 1, 2);
        vm.assertEq(Words.frozenOf(extra), other);
        vm.assertEq(Words.spentOf(extra), 1);
        vm.assertEq(Words.spentAtOf(extra), 2);
    }

    function testFuzz_Eligibility(uint256 word) external pure {
        vm.assertEq(Words.pack(Words.unpack(word)), word);
        vm.assertEq(Words.validUntilOf(word), Words.unpack(word).validUntil);
        vm.assertEq(Words.classOf(word), Words.unpack(word).class);
        vm.assertEq(Words.permissionsOf(word), Words.unpack(word).permissions);
    }

    function testFuzz_Accounts(uint96 balance, uint96 more, uint128 investor, uint128 other, uint8 flags)
        external
        pure
    {
        vm.assume(uint256(balance) + more <= type(uint96).max);
        AccountWord word =
            AccountWord.wrap((uint256(flags) << 224) | (uint256(investor) << 96) | balance).plus(more).boundTo(other);
        vm.assertEq(word.balance(), uint256(balance) + more);
        vm.assertEq(word.investor(), other);
        vm.assertEq(word.flags(), flags);
        word = word.minus(more).boundTo(investor);
        vm.assertEq(word.balance(), balance);
        vm.assertEq(word.investor(), investor);
        vm.assertEq(word.flags(), flags);
    }

    function testFuzz_Configurations(uint64 age, uint64 period, uint32 terms, uint8 rule, uint8 decimals, uint64 time)
        external
        pure
    {
        ConfigWord word = ConfigWords.make(age, period, terms, rule, decimals);
        word = word.withClock(type(uint64).max).withPause(255).withClock(time).withPause(5);
        vm.assertEq(word.issuedAt(), time);
        vm.assertEq(word.pause(), 5);
        vm.assertEq(word.maxOracleAge(), age);
        vm.assertEq(word.holdingPeriod(), period);
        vm.assertEq(word.terms(), terms);
        vm.assertEq(word.defaultRule(), rule);
        vm.assertEq(word.decimals(), decimals);
        vm.assertEq(word.flags(), 0);
    }

    function testFuzz_FlagsAndTermsOfConfigurations(uint64 age, uint64 period, uint32 terms, uint8 rule, uint8 flag)
        external
        pure
    {
        ConfigWord word = ConfigWords.make(1, 2, 3, 4, 5).withClock(6).withPause(7).withFlag(flag, true);
        vm.assertEq(word.flags(), flag);
        vm.assertTrue(word.has(flag) == (flag != 0));
        word = word.withTerms(age, period, terms, rule);
        vm.assertEq(word.maxOracleAge(), age);
        vm.assertEq(word.holdingPeriod(), period);
        vm.assertEq(word.terms(), terms);
        vm.assertEq(word.defaultRule(), rule);
        vm.assertEq(word.issuedAt(), 6);
        vm.assertEq(word.pause(), 7);
        vm.assertEq(word.decimals(), 5);
        vm.assertEq(word.withFlag(flag, false).flags(), 0);
        vm.assertEq(word.withFlag(flag, false).withFlag(flag, true).flags(), flag);
    }
}
