// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {ITokenControls} from "../../src/interfaces/ITokenControls.sol";
import {ITokenViews} from "../../src/interfaces/ILockstepViews.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {AssetTerms, Lot, PairRule} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title What tests of controls share
abstract contract ControlsBase is Fixture {
    uint16 internal constant REASON = 7;
    bytes32 internal constant DOCUMENT = keccak256("court order");
    uint256 internal constant LOCK = START + 100 days;
    uint256 internal constant LATER = START + 200 days;

    /// @dev An account of nobody.
    address internal constant spare = address(0x5A4E);

    ITokenControls internal controls;
    ITokenViews internal views;

    function setUp() public virtual override {
        super.setUp();
        controls = ITokenControls(address(home.token));
        views = ITokenViews(address(home.token));
    }

    function awayControls() internal view returns (ITokenControls) {
        return ITokenControls(address(away.token));
    }

    function lot(uint256 amount, uint256 unlocksAt) internal pure returns (Lot memory) {
        return Lot(uint128(amount), uint64(START - 1 days), uint64(unlocksAt));
    }

    function lots1(Lot memory a) internal pure returns (Lot[] memory lots) {
        lots = new Lot[](1);
        lots[0] = a;
    }

    function lots2(Lot memory a, Lot memory b) internal pure returns (Lot[] memory lots) {
        lots = new Lot[](2);
        (lots[0], lots[1]) = (a, b);
    }

    function lots3(Lot memory a, Lot memory b, Lot memory c) internal pure returns (Lot[] memory lots) {
        lots = new Lot[](3);
        (lots[0], lots[1], lots[2]) = (a, b, c);
    }

    function free(uint256 amount) internal pure returns (Lot memory) {
        return Lot(uint128(amount), 0, 0);
    }

    /// @dev `count` lots of `amount` each, a day apart from LOCK.
    function ladder(uint256 count, uint256 amount) internal pure returns (Lot[] memory lots) {
        lots = new Lot[](count);
        for (uint256 i; i < count; ++i) {
            lots[i] = lot(amount, LOCK + i * 1 days);
        }
    }

    function balance(address account) internal view returns (uint256) {
        return home.token.balanceOf(account);
    }

    function freeOf(bytes32 investor) internal view returns (uint256 amount) {
        (amount,,,,,) = home.token.positionOf(investor);
    }

    function lotsOf(bytes32 investor) internal view returns (Lot[] memory lots) {
        (,, lots,,,) = home.token.positionOf(investor);
    }

    function totalOf(bytes32 investor) internal view returns (uint256 total) {
        Lot[] memory lots;
        (total,, lots,,,) = home.token.positionOf(investor);
        for (uint256 i; i < lots.length; ++i) {
            total += lots[i].amount;
        }
    }

    /// @dev What an investor holds in lots of exactly this unlock time.
    function lockedUntil(bytes32 investor, uint256 time) internal view returns (uint256 amount) {
        Lot[] memory lots = lotsOf(investor);
        for (uint256 i; i < lots.length; ++i) {
            if (lots[i].unlocksAt == time) amount += lots[i].amount;
        }
    }

    function roomOf(bytes32 investor) internal view returns (int256 room) {
        (,, room) = views.limitOf(investor);
    }

    function holdersOf(uint16 class) internal view returns (uint64 holders) {
        (, holders) = home.token.quotaOf(class);
    }

    function investorOf(address account) internal view returns (bytes32 investor) {
        (investor,,) = home.token.accountOf(account);
    }

    function flagsOf(bytes32 investor) internal view returns (uint8 flags) {
        (,,,,, flags) = home.token.positionOf(investor);
    }

    // The controller's calls

    function force(address from, address to, uint256 amount) internal {
        vm.prank(CONTROL);
        controls.forceTransfer(from, to, amount, REASON, DOCUMENT);
    }

    function recover(address from, address to) internal {
        vm.prank(CONTROL);
        controls.recover(from, to, REASON, DOCUMENT);
    }

    function redeem(address account, Lot[] memory lots) internal {
        vm.prank(CONTROL);
        controls.redeem(account, lots, REASON, DOCUMENT);
    }

    function moveLots(address from, address to, Lot[] memory lots) internal {
        vm.prank(CONTROL);
        controls.moveLots(from, to, lots, REASON, DOCUMENT);
    }

    function replace(bytes32 retired, bytes32 successor) internal {
        vm.prank(CONTROL);
        controls.replaceInvestor(retired, successor, REASON, DOCUMENT);
    }

    function freeze(address account, bool frozen) internal {
        vm.prank(CONTROL);
        controls.freezeAccount(account, frozen, REASON, DOCUMENT);
    }

    function freeze(bytes32 investor, bool frozen) internal {
        vm.prank(CONTROL);
        controls.freezeInvestor(investor, frozen, REASON, DOCUMENT);
    }

    function freeze(bytes32 investor, uint256 amount) internal {
        vm.prank(CONTROL);
        controls.freezeAmount(investor, amount, REASON, DOCUMENT);
    }

    /// @dev The next version of the terms, with another default pair rule and no exceptions.
    function setRule(uint8 rule) internal {
        AssetTerms memory terms = nextTerms();
        terms.defaultRule = rule;
        vm.prank(ADMIN_);
        controls.setTerms(terms, new PairRule[](0));
    }

    function nextTerms() internal view returns (AssetTerms memory terms) {
        terms = home.token.info().terms;
        ++terms.terms;
    }

    function malformed(uint256 place) internal {
        refuse(IRefusals.Malformed.selector, place);
    }
}
