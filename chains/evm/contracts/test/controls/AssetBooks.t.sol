// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC1643, IERC1643Events} from "../../src/interfaces/IERC1643.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenControlEvents} from "../../src/interfaces/ITokenControls.sol";
import {AssetTerms, PairRule} from "../../src/types/Types.sol";
import {ControlsBase} from "./ControlsBase.sol";

contract DocumentsTest is ControlsBase {
    IERC1643 private documents;

    function setUp() public override {
        super.setUp();
        documents = IERC1643(address(home.token));
    }

    function set(bytes32 name, string memory uri, bytes32 hash) private {
        vm.prank(CONTROL);
        documents.setDocument(name, uri, hash);
    }

    function test_SetsReplacesAndRemoves() external {
        vm.expectEmit(address(home.token));
        emit IERC1643Events.DocumentUpdated("terms", "ipfs://one", "hash one");
        set("terms", "ipfs://one", "hash one");
        vm.warp(START + 5);
        set("terms", "ipfs://two", "hash two");
        (string memory uri, bytes32 hash, uint256 time) = documents.getDocument("terms");
        vm.assertEq(uri, "ipfs://two");
        vm.assertEq(hash, "hash two");
        vm.assertEq(time, START + 5);
        vm.assertEq(documents.getAllDocuments().length, 1);
        vm.expectEmit(address(home.token));
        emit IERC1643Events.DocumentRemoved("terms", "ipfs://two", "hash two");
        vm.prank(CONTROL);
        documents.removeDocument("terms");
        (uri, hash, time) = documents.getDocument("terms");
        vm.assertEq(bytes(uri).length + uint256(hash) + time, 0);
        vm.assertEq(documents.getAllDocuments().length, 0);
    }

    function test_NamesAscend() external {
        set("c", "u", "h");
        set("a", "u", "h");
        set("b", "u", "h");
        set("d", "u", "h");
        vm.prank(CONTROL);
        documents.removeDocument("a");
        bytes32[] memory names = views.documentsOf();
        vm.assertEq(names.length, 3);
        vm.assertEq(names[0], "b");
        vm.assertEq(names[1], "c");
        vm.assertEq(names[2], "d");
        (string memory uri,, uint64 updatedAt) = views.documentOf("b");
        vm.assertEq(uri, "u");
        vm.assertEq(updatedAt, START);
    }

    function test_RefusesWhatCantBeKept() external {
        malformed(12);
        set(0, "u", "h");
        malformed(12);
        set("n", "", "h");
        malformed(12);
        set("n", "u", 0);
        malformed(12);
        set("n", string(new bytes(257)), "h");
        set("n", string(new bytes(256)), "h");
        malformed(12);
        vm.prank(CONTROL);
        documents.removeDocument("m");
    }

    function test_RefusesTheThirtyThird() external {
        for (uint256 i = 1; i <= 32; ++i) {
            set(bytes32(i), "u", "h");
        }
        malformed(12);
        set(bytes32(uint256(33)), "u", "h");
        set(bytes32(uint256(32)), "v", "h");
    }
}

contract VelocityTest is ControlsBase {
    function setUp() public override {
        super.setUp();
        issue(home, ana, lots1(free(10_000)));
    }

    function test_BoundsWhatGoesToOthers() external {
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.VelocitySet(asset, 100, 10);
        vm.prank(ADMIN_);
        controls.setVelocity(100, 10);
        (uint256 capacity, uint256 rate) = views.velocityOf();
        vm.assertEq(capacity, 100);
        vm.assertEq(rate, 10);
        vm.startPrank(ana);
        home.token.transfer(ben, 100);
        refuse(IRefusals.VelocityExceeded.selector, 3);
        home.token.transfer(ben, 30);
        home.token.transfer(ana2, 5000);
        vm.stopPrank();
        vm.prank(ADMIN_);
        controls.setVelocity(0, 0);
        vm.prank(ana);
        home.token.transfer(ben, 1000);
    }

    function test_RefusesHalfABucketAndTooLargeOnes() external {
        vm.startPrank(ADMIN_);
        malformed(13);
        controls.setVelocity(0, 1);
        malformed(13);
        controls.setVelocity(1, 0);
        malformed(13);
        controls.setVelocity(2 ** 96, 1);
        malformed(13);
        controls.setVelocity(1, 2 ** 96);
        controls.setVelocity(2 ** 96 - 1, 2 ** 96 - 1);
        vm.stopPrank();
    }
}

contract TermsTest is ControlsBase {
    function set(AssetTerms memory terms, PairRule[] memory pairs) private {
        vm.prank(ADMIN_);
        controls.setTerms(terms, pairs);
    }

    function none() private pure returns (PairRule[] memory) {
        return new PairRule[](0);
    }

    function pair(uint16 from, uint16 to, uint8 rule) private pure returns (PairRule[] memory pairs) {
        pairs = new PairRule[](1);
        pairs[0] = PairRule(from, to, rule);
    }

    function test_ReplacesTermsAndPairs() external {
        AssetTerms memory terms = nextTerms();
        terms.holdingPeriod = 77;
        terms.maxOracleAge = 88;
        terms.minLot = 5;
        terms.authorisedIssue = 999;
        terms.document = "other";
        PairRule[] memory pairs = new PairRule[](2);
        pairs[0] = PairRule(1, 2, 0);
        pairs[1] = PairRule(2, 1, 2);
        vm.expectEmit(address(home.token));
        emit ITokenControlEvents.TermsSet(asset, terms);
        set(terms, pairs);
        vm.assertEq(keccak256(abi.encode(home.token.info().terms)), keccak256(abi.encode(terms)));
        vm.assertEq(keccak256(abi.encode(views.pairRules())), keccak256(abi.encode(pairs)));
        issue(home, ana, lots1(free(100)));
        refuse(IRefusals.ClassTransferForbidden.selector, 1, 2);
        vm.prank(ana);
        home.token.transfer(ben, 10);
        // The next version has other exceptions; the old ones are gone.
        set(nextTerms(), pair(1, 3, 0));
        vm.prank(ana);
        home.token.transfer(ben, 10);
        refuse(IRefusals.ClassTransferForbidden.selector, 1, 3);
        vm.prank(ana);
        home.token.transfer(cho, 10);
    }

    function test_NoChangeTouchesTheTimesOfLotsThatExist() external {
        issue(home, ana, lots1(lot(100, LOCK)));
        AssetTerms memory terms = nextTerms();
        terms.holdingPeriod = 1;
        terms.defaultRule = 2;
        set(terms, none());
        vm.assertEq(lockedUntil(ANA, LOCK), 100);
    }

    function test_RefusesAnyVersionButTheNext() external {
        AssetTerms memory terms = nextTerms();
        ++terms.terms;
        malformed(9);
        set(terms, none());
        terms.terms -= 2;
        malformed(9);
        set(terms, none());
    }

    function test_RefusesOtherDecimalsAndTermsThatNoAssetMayHave() external {
        AssetTerms memory terms = nextTerms();
        terms.decimals = 3;
        refuse(IRefusals.DecimalsMismatch.selector, 3, 2);
        set(terms, none());
        terms = nextTerms();
        terms.holdingPeriod = 100 * 365 days + 1;
        malformed(9);
        set(terms, none());
        terms = nextTerms();
        (terms.defaultRule, terms.holdingPeriod) = (2, 0);
        malformed(9);
        set(terms, none());
        terms = nextTerms();
        terms.authorisedIssue = 0;
        malformed(9);
        set(terms, none());
        terms.authorisedIssue = 2 ** 96;
        refuse(IRefusals.AmountTooLarge.selector, 2 ** 96, 2 ** 96 - 1);
        set(terms, none());
    }

    function test_RefusesPairsWithoutForm() external {
        AssetTerms memory terms = nextTerms();
        PairRule[] memory pairs = new PairRule[](2);
        (pairs[0], pairs[1]) = (PairRule(2, 1, 1), PairRule(1, 2, 1));
        malformed(14);
        set(terms, pairs);
        (pairs[0], pairs[1]) = (PairRule(1, 2, 1), PairRule(1, 2, 0));
        malformed(14);
        set(terms, pairs);
        malformed(14);
        set(terms, pair(1, 2, 3));
        malformed(14);
        set(terms, new PairRule[](33));
        terms.holdingPeriod = 0;
        malformed(14);
        set(terms, pair(1, 2, 2));
        set(terms, pair(1, 2, 1));
    }

    function test_ThirtyTwoPairsAreAllowed() external {
        PairRule[] memory pairs = new PairRule[](32);
        for (uint16 i; i < 32; ++i) {
            pairs[i] = PairRule(65_535, i, 1);
        }
        set(nextTerms(), pairs);
        vm.assertEq(views.pairRules().length, 32);
        vm.assertEq(views.pairRules()[31].fromClass, 65_535);
    }
}
