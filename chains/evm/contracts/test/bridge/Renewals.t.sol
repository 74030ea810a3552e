// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {SecurityToken} from "../../src/SecurityToken.sol";
import {IBridgeEvents} from "../../src/interfaces/IBridgeEvents.sol";
import {ITokenEvents} from "../../src/interfaces/ITokenEvents.sol";
import {Refusals} from "../../src/libraries/Refusals.sol";
import {AssetParams, EligibilityItem, OracleBatch} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";
import {Vm} from "../support/Vm.sol";

/// @title What a batch tells of the records it renews
/// @notice Items that follow each other and only renew are one log; every other item keeps its own, in the batch's order.
contract RenewalsTest is Fixture {
    uint64 private constant LATER = VALID + 7 days;
    bytes32 private constant NEW = bytes32(uint256(0xdeaf));

    EligibilityItem[] private _items;

    /// @dev The next item of the batch: Ana, Ben and Cho are of the classes 1, 2 and 3.
    function add(bytes32 about, bytes32 investor, uint16 class, uint8 permissions, int128 delta) private {
        _items.push(EligibilityItem(about, investor, LATER, class, permissions, delta));
    }

    function renew(bytes32 investor, uint16 class) private {
        add(asset, investor, class, ALL_PERMISSIONS, 0);
    }

    function recordOf(uint16 class, uint8 permissions, uint64 number) private pure returns (uint256) {
        return
            (uint256(LATER) << 192) | (uint256(class) << 176) | (uint256(permissions) << 168) | (uint256(number) << 128);
    }

    /// @dev Word of a renewal in a batch's log: the record above the investor.
    function wordOf(bytes32 investor, uint16 class) private view returns (uint256) {
        return recordOf(class, ALL_PERMISSIONS, home.batch + 1) | uint256(investor);
    }

    function wordsOf(uint256 first) private pure returns (uint256[] memory words) {
        words = new uint256[](1);
        words[0] = first;
    }

    function wordsOf(uint256 first, uint256 second) private pure returns (uint256[] memory words) {
        words = new uint256[](2);
        (words[0], words[1]) = (first, second);
    }

    function expectRenewed(SecurityToken token, bytes32 about, uint256[] memory words) private {
        vm.expectEmit(address(token));
        emit ITokenEvents.EligibilitiesRenewed(about, words);
    }

    function expectSet(bytes32 investor, uint256 record) private {
        vm.expectEmit(address(home.token));
        emit ITokenEvents.EligibilitySet(asset, investor, record);
    }

    function expectSkip(uint32 index, uint16 code) private {
        vm.expectEmit(address(home.bridge));
        emit IBridgeEvents.ItemSkipped(home.batch + 1, 1, index, code);
    }

    /// @dev Submits the items; how many logs told of records.
    function bring() private returns (uint256 logs) {
        OracleBatch memory batch = newBatch(home);
        batch.eligibilities = _items;
        delete _items;
        vm.recordLogs();
        submit(home, batch);
        Vm.Log[] memory all = vm.getRecordedLogs();
        for (uint256 i; i < all.length; ++i) {
            bytes32 topic = all[i].topics[0];
            bool about = topic == ITokenEvents.EligibilitySet.selector
                || topic == ITokenEvents.EligibilitiesRenewed.selector || topic == ITokenEvents.LimitSet.selector;
            if (about) ++logs;
        }
    }

    function validUntil(bytes32 investor) private view returns (uint256) {
        return home.token.eligibilityOf(investor) >> 192;
    }

    function test_RenewalsThatFollowEachOtherAreOneLog() external {
        renew(ANA, 1);
        renew(BEN, 2);
        expectRenewed(home.token, asset, wordsOf(wordOf(ANA, 1), wordOf(BEN, 2)));
        vm.assertEq(bring(), 1);
        vm.assertEq(home.token.eligibilityOf(ANA) >> 128 << 128, recordOf(1, ALL_PERMISSIONS, home.batch));
        vm.assertEq(uint128(home.token.eligibilityOf(ANA)), uint256(uint128(LIMIT)));
        vm.assertEq(validUntil(BEN), LATER);
        vm.assertEq(validUntil(CHO), VALID);
    }

    function test_AnItemThatDoesMoreStandsBetweenTwoRuns() external {
        renew(ANA, 1);
        add(asset, BEN, 2, ALL_PERMISSIONS, -5);
        renew(CHO, 3);
        expectRenewed(home.token, asset, wordsOf(wordOf(ANA, 1)));
        expectSet(BEN, recordOf(2, ALL_PERMISSIONS, home.batch + 1));
        vm.expectEmit(address(home.token));
        emit ITokenEvents.LimitSet(asset, BEN, LIMIT - 5, 5);
        expectRenewed(home.token, asset, wordsOf(wordOf(CHO, 3)));
        vm.assertEq(bring(), 4);
    }

    /// @dev Whoever replays the logs must end with the last word, so they come in the order of the items.
    function test_OneInvestorManyTimesEndsWithTheLastItem() external {
        renew(ANA, 1);
        renew(ANA, 1);
        add(asset, ANA, 9, ALL_PERMISSIONS, 0);
        renew(ANA, 9);
        renew(ANA, 1);
        expectRenewed(home.token, asset, wordsOf(wordOf(ANA, 1), wordOf(ANA, 1)));
        expectSet(ANA, recordOf(9, ALL_PERMISSIONS, home.batch + 1));
        expectRenewed(home.token, asset, wordsOf(wordOf(ANA, 9)));
        expectSet(ANA, recordOf(1, ALL_PERMISSIONS, home.batch + 1));
        vm.assertEq(bring(), 4);
        vm.assertEq(classOf(home, ANA), 1);
    }

    function test_NewRecordsOtherClassesAndABlockKeepTheirOwnLog() external {
        add(asset, NEW, 1, ALL_PERMISSIONS, 0);
        add(asset, BEN, 5, ALL_PERMISSIONS, 0);
        add(asset, CHO, 3, 0, 0);
        expectSet(NEW, recordOf(1, ALL_PERMISSIONS, home.batch + 1));
        expectSet(BEN, recordOf(5, ALL_PERMISSIONS, home.batch + 1));
        expectSet(CHO, recordOf(3, 0, home.batch + 1));
        vm.assertEq(bring(), 3);
        (uint256 set,) = home.token.explainTransfer(b32(cho), b32(ana), 1);
        vm.assertTrue(set & (1 << Refusals.SENDER_BLOCKED) != 0);
    }

    /// @dev An unknown investor looks like one of class 0 who may not send; he is counted, and nobody (number 0) is skipped.
    function test_AFirstRecordThatGrantsNothingIsNoRenewal() external {
        add(asset, NEW, 0, 0, 0);
        add(asset, 0, 0, 0, 0);
        expectSet(NEW, recordOf(0, 0, home.batch + 1));
        expectSkip(1, Refusals.MALFORMED);
        vm.assertEq(bring(), 1);
        vm.assertEq(home.token.eligibilityOf(0), 0);
    }

    /// @dev Only the permission to send stands in the position too.
    function test_AnItemThatTakesTheRightToReceiveRenews() external {
        add(asset, ANA, 1, 6, 0);
        expectRenewed(home.token, asset, wordsOf(recordOf(1, 6, home.batch + 1) | uint256(ANA)));
        vm.assertEq(bring(), 1);
        vm.assertEq(uint8(home.token.eligibilityOf(ANA) >> 168), 6);
    }

    /// @dev The token doesn't lean on the signatures for it: fields that are read by hand are refused like Solidity's own.
    function test_TheTokenItselfRefusesAnItemWithDirtyBits() external {
        renew(ANA, 1);
        bytes memory call = abi.encodeCall(home.token.applyEligibilities, (_items, home.batch + 1));
        // Selector, offset, number and length come first; then asset, investor and the four fields.
        uint256 item = 4 + 3 * 32;
        uint8[4] memory last = [8, 2, 1, 16];
        for (uint256 field; field < 4; ++field) {
            uint256 place = item + 32 * (field + 3) - last[field] - 1;
            call[place] = 0x01;
            vm.prank(address(home.bridge));
            (bool passed,) = address(home.token).call(call);
            vm.assertTrue(!passed);
            call[place] = 0x00;
        }
        vm.prank(address(home.bridge));
        (bool done,) = address(home.token).call(call);
        vm.assertTrue(done);
        vm.assertEq(validUntil(ANA), LATER);
    }

    function test_SkippedItemsOfARunAreToldByTheirPlaceAndInNoLog() external {
        renew(ANA, 1);
        add(asset, 0, 1, ALL_PERMISSIONS, 0);
        renew(BEN, 2);
        add(asset, bytes32(uint256(1) << 128), 1, ALL_PERMISSIONS, 0);
        add(asset, CHO, 3, ALL_PERMISSIONS, type(int128).max);
        renew(CHO, 3);
        expectRenewed(home.token, asset, wordsOf(wordOf(ANA, 1)));
        expectRenewed(home.token, asset, wordsOf(wordOf(BEN, 2)));
        expectRenewed(home.token, asset, wordsOf(wordOf(CHO, 3)));
        expectSkip(1, Refusals.MALFORMED);
        expectSkip(3, Refusals.MALFORMED);
        expectSkip(4, Refusals.AMOUNT_TOO_LARGE);
        vm.assertEq(bring(), 3);
    }

    function test_EachAssetTellsOfItsOwnRuns() external {
        (SecurityToken first, bytes32 one) = (home.token, asset);
        AssetParams memory params = paramsOf(1);
        params.salt = keccak256("another");
        _listToken(home, params);
        bytes32 two = asset;
        add(two, BEN, 2, ALL_PERMISSIONS, LIMIT);
        bring();
        add(one, ANA, 1, ALL_PERMISSIONS, 0);
        add(two, BEN, 2, ALL_PERMISSIONS, 0);
        add(one, BEN, 2, ALL_PERMISSIONS, 0);
        add(one, CHO, 3, ALL_PERMISSIONS, 0);
        add(bytes32(uint256(5)), CHO, 3, ALL_PERMISSIONS, 0);
        expectRenewed(first, one, wordsOf(wordOf(ANA, 1)));
        expectRenewed(home.token, two, wordsOf(wordOf(BEN, 2)));
        expectRenewed(first, one, wordsOf(wordOf(BEN, 2), wordOf(CHO, 3)));
        expectSkip(4, Refusals.ASSET_UNKNOWN);
        vm.assertEq(bring(), 3);
        vm.assertEq(home.token.eligibilityOf(ANA), 0);
        vm.assertEq(home.token.eligibilityOf(BEN) >> 192, LATER);
    }

    function test_AHundredRenewalsAreOneLog() external {
        for (uint256 i; i < 100; ++i) {
            add(asset, bytes32(i + 1), 7, ALL_PERMISSIONS, 1);
        }
        bring();
        uint256[] memory words = new uint256[](100);
        for (uint256 i; i < 100; ++i) {
            renew(bytes32(i + 1), 7);
            words[i] = wordOf(bytes32(i + 1), 7);
        }
        expectRenewed(home.token, asset, words);
        vm.assertEq(bring(), 1);
        for (uint256 i; i < 100; ++i) {
            vm.assertEq(validUntil(bytes32(i + 1)), LATER);
        }
    }

    /// @dev Whatever a batch holds: the logs' words in their order are the records as they stand in the end.
    function testFuzz_TheLogsTellTheRecords(uint256 seed) external {
        for (uint256 i; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            bytes32 investor = bytes32(1 + seed % 5);
            uint8 permissions = seed & (7 << 16) == 0 ? 0 : ALL_PERMISSIONS;
            uint16 class = seed & (3 << 24) == 0 ? 2 : 1;
            add(asset, investor, class, permissions, seed & (3 << 32) == 0 ? int128(1) : int128(0));
        }
        vm.recordLogs();
        OracleBatch memory batch = newBatch(home);
        batch.eligibilities = _items;
        submit(home, batch);
        uint256[6] memory told;
        uint256 count;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == ITokenEvents.EligibilitySet.selector) {
                told[uint256(logs[i].topics[2])] = abi.decode(logs[i].data, (uint256));
                ++count;
            } else if (logs[i].topics[0] == ITokenEvents.EligibilitiesRenewed.selector) {
                uint256[] memory words = abi.decode(logs[i].data, (uint256[]));
                vm.assertTrue(words.length > 0);
                for (uint256 j; j < words.length; ++j) {
                    told[uint128(words[j])] = words[j] >> 128 << 128;
                    ++count;
                }
            }
        }
        vm.assertEq(count, 24);
        for (uint256 i = 1; i < 6; ++i) {
            vm.assertEq(home.token.eligibilityOf(bytes32(i)) >> 128 << 128, told[i]);
        }
    }
}
