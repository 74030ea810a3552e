// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {AccountWord, ConfigWord, ConfigWords} from "../../src/libraries/TokenWords.sol";
import {Eligibility, Holding, Words} from "../../src/libraries/Words.sol";
import {Test} from "../support/Test.sol";

/// @title Packed words give back what went in, and one field never touches another
contract WordsTest is Test {
    function testFuzz_Positions(uint96 free, uint96 inFlight, uint8 count, uint8 reserved, uint8 orders, uint8 flags)
        external
        pure
    {
        Holding memory holding;
        (holding.free, holding.inFlight) = (free, inFlight);
        (holding.count, holding.reserved, holding.orders, holding.flags) =
        (count % 33, reserved % 33, orders % 16, flags);
        Holding memory back;
        Words.unpackHolding(Words.packHolding(holding), back);
        vm.assertEq(keccak256(abi.encode(back)), keccak256(abi.encode(holding)));
    }

    function testFuzz_Eligibility(uint256 word) external pure {
        vm.assertEq(Words.pack(Words.unpack(word)), word);
        vm.assertEq(Words.validUntilOf(word), Words.unpack(word).validUntil);
        vm.assertEq(Words.classOf(word), Words.unpack(word).class);
        vm.assertEq(Words.permissionsOf(word), Words.unpack(word).permissions);
    }

    function testFuzz_LimitsMoveByTheirDeltaOrNotAtAll(int128 limit, int128 delta) external pure {
        uint256 word = Words.pack(Eligibility(1, 2, 3, 4, limit));
        (uint256 next, bool fits) = Words.moved(word, Eligibility(5, 6, 7, 8, 0), delta);
        int256 want = int256(limit) + delta;
        vm.assertTrue(fits == (want >= type(int128).min && want <= type(int128).max));
        if (fits) vm.assertEq(next, Words.pack(Eligibility(5, 6, 7, 8, int128(want))));
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
    }
}
