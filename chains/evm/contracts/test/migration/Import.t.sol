// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {SecurityToken} from "../../src/SecurityToken.sol";
import {IERC1643} from "../../src/interfaces/IERC1643.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenEvents} from "../../src/interfaces/ITokenEvents.sol";
import {ITokenImport, ImportState} from "../../src/interfaces/ITokenImport.sol";
import {ITokenControls} from "../../src/interfaces/ITokenControls.sol";
import {ITokenViews} from "../../src/interfaces/ILockstepViews.sol";
import {
    AssetParams,
    EligibilityItem,
    OracleBatch,
    PairRule,
    TransferOrder,
    TransferReceipt
} from "../../src/types/Types.sol";
import {ControlsBase} from "../controls/ControlsBase.sol";

/// @title A token replaced in the middle of its life
contract ImportTest is ControlsBase {
    bytes32 internal constant DAN = bytes32(uint256(0xda4));
    bytes32 internal constant EVE = bytes32(uint256(0xe5e));
    // Whom the oracle never wrote about: one is frozen, one is retired.
    bytes32 internal constant FAY = bytes32(uint256(0xfa4));
    bytes32 internal constant GUS = bytes32(uint256(0x605));
    address internal constant lost = address(0x10057);
    address internal constant found = address(0xF0043D);

    SecurityToken internal old;
    SecurityToken internal next;
    ITokenImport internal importing;
    bytes internal delivered;
    bytes internal returned;

    /// @dev Lots, orders in flight, frozen things, a recovered account, a retired investor, documents, pairs, velocity.
    function setUp() public override {
        super.setUp();
        old = home.token;
        issue(home, ana, lots3(free(1000), lot(500, LOCK), lot(300, LATER)));
        issue(home, ben, lots1(free(70)));
        delivered = abi.encode(initiate(home, ana, requestOf(away, ANA, ana, freeLot(100))));
        returned = abi.encode(initiate(home, ana, requestOf(away, ANA, ana, lots1(lot(200, LOCK)))));
        _liveALittle();
        _spendVelocity();
    }

    function _liveALittle() private {
        bindAccount(home, lost, CHO);
        issue(home, lost, lots1(free(40)));
        recover(lost, found);
        // Before the oracle writes about her: one record all the same.
        freeze(EVE, true);
        OracleBatch memory batch = newBatch(home);
        batch.eligibilities = new EligibilityItem[](2);
        batch.eligibilities[0] = EligibilityItem(asset, DAN, VALID, 9, 7, 10);
        batch.eligibilities[1] = EligibilityItem(asset, EVE, VALID, 9, 7, 10);
        submit(home, batch);
        replace(DAN, BEN);
        replace(GUS, CHO);
        freeze(FAY, uint256(1));
        freeze(ANA, uint256(123));
        freeze(spare, true);
        vm.startPrank(CONTROL);
        IERC1643(address(old)).setDocument("b", "uri b", "hash b");
        IERC1643(address(old)).setDocument("a", "uri a", "hash a");
        controls.redeem(ben, lots1(free(20)), REASON, DOCUMENT);
        vm.stopPrank();
        moveQuota(home, 8, 33);
    }

    function _spendVelocity() private {
        PairRule[] memory pairs = new PairRule[](2);
        (pairs[0], pairs[1]) = (PairRule(1, 3, 0), PairRule(2, 3, 2));
        vm.startPrank(ADMIN_);
        controls.setVelocity(50, 1);
        controls.setTerms(nextTerms(), pairs);
        vm.stopPrank();
        vm.prank(ana);
        home.token.transfer(ben, 30);
        vm.prank(ana);
        old.approve(ANYONE, 5);
    }

    function _replace() internal {
        AssetParams memory params = paramsOf(1);
        (params.name, params.symbol) = ("Share, second edition", "SHR2");
        next = new SecurityToken(address(home.bridge), home.authority, home.controls, params);
        importing = ITokenImport(address(next));
        vm.startPrank(ADMIN_);
        home.bridge.pauseAsset(asset, 7);
        home.bridge.replaceToken(asset, next);
        vm.stopPrank();
    }

    function _accounts() internal pure returns (address[] memory list) {
        list = new address[](8);
        (list[0], list[1], list[2], list[3]) = (ana, ana2, ben, cho);
        (list[4], list[5], list[6], list[7]) = (lost, found, spare, ANYONE);
    }

    function _investors() internal pure returns (bytes32[] memory list) {
        list = new bytes32[](8);
        (list[0], list[1], list[2], list[3]) = (ANA, BEN, CHO, DAN);
        (list[4], list[5], list[6], list[7]) = (EVE, FAY, GUS, bytes32(uint256(0xffff)));
    }

    function _classes() internal pure returns (uint16[] memory list) {
        list = new uint16[](2);
        (list[0], list[1]) = (1, 8);
    }

    function _finish() internal {
        importing.importAccounts(_accounts());
        importing.importHolders(_investors());
        importing.importClasses(_classes());
        importing.importRest();
        importing.finishImport();
        vm.prank(ADMIN_);
        home.bridge.resumeAsset(asset, 7);
        home.token = next;
        controls = ITokenControls(address(next));
        views = ITokenViews(address(next));
    }

    function closed() private {
        vm.expectRevert(abi.encodeWithSelector(ITokenEvents.TokenClosed.selector));
    }

    function test_EveryRecordIsTheSameAfterwards() external {
        _replace();
        _finish();
        ITokenImport before = ITokenImport(address(old));
        address[] memory accounts = _accounts();
        for (uint256 i; i < accounts.length; ++i) {
            bytes memory record = abi.encode(before.exportAccount(accounts[i]));
            vm.assertEq(keccak256(record), keccak256(abi.encode(importing.exportAccount(accounts[i]))), "account");
            vm.assertEq(next.balanceOf(accounts[i]), old.balanceOf(accounts[i]));
        }
        bytes32[] memory investors = _investors();
        for (uint256 i; i < investors.length; ++i) {
            bytes memory record = abi.encode(before.exportHolder(investors[i]));
            vm.assertEq(keccak256(record), keccak256(abi.encode(importing.exportHolder(investors[i]))), "holder");
        }
        for (uint16 i; i < 10; ++i) {
            (int64 quota, uint64 holders) = old.quotaOf(i);
            (int64 quotaNow, uint64 holdersNow) = next.quotaOf(i);
            vm.assertEq(int256(quota), int256(quotaNow));
            vm.assertEq(uint256(holders), uint256(holdersNow), "class");
        }
        vm.assertEq(keccak256(abi.encode(before.exportRest())), keccak256(abi.encode(importing.exportRest())), "rest");
        vm.assertEq(next.name(), "Share, second edition");
        vm.assertEq(next.allowance(ana, ANYONE), 0);
        (uint256 supply, uint256 issued, uint256 redeemed) = next.totals();
        vm.assertEq(supply, 1590);
        vm.assertEq(issued, 1910);
        vm.assertEq(redeemed, 20);
    }

    function test_OrdersInFlightSettleAndReturnAfterwards() external {
        _replace();
        _finish();
        TransferOrder memory order = abi.decode(delivered, (TransferOrder));
        vm.assertEq(deliver(away, order), 0);
        settle(home, order, 1);
        order = abi.decode(returned, (TransferOrder));
        reject(away, order, 9);
        settle(home, order, 2);
        vm.assertEq(lockedUntil(ANA, LOCK), 500);
        (, uint256 used,) = views.limitOf(ANA);
        vm.assertEq(used, 1670);
        (,,, uint8 reserved, uint8 orders,) = next.positionOf(ANA);
        vm.assertEq(reserved + orders, 0);
    }

    function test_RulesBindAsBefore() external {
        _replace();
        _finish();
        // 30 of the velocity's 50 are spent.
        refuse(IRefusals.VelocityExceeded.selector, 1);
        vm.prank(ana);
        home.token.transfer(ben, 21);
        refuse(IRefusals.ClassTransferForbidden.selector, 1, 3);
        vm.prank(ana);
        home.token.transfer(cho, 1);
        bindAccount(home, address(0xE0E), EVE);
        refuse(IRefusals.ReceiverFrozen.selector);
        issue(home, address(0xE0E), lots1(free(1)));
        vm.assertEq(views.successorOf(DAN), BEN);
        vm.assertEq(views.movedTo(b32(lost)), b32(found));
        // The lists that lead back came along: a further recovery turns what led to the account.
        recover(found, cho);
        vm.assertEq(views.movedTo(b32(lost)), b32(cho));
        replace(BEN, EVE);
        vm.assertEq(views.successorOf(DAN), EVE);
        heartbeat(home);
        moveQuota(home, 8, 1);
        vm.assertEq(int256(seatsOf(home, 8)), 34);
    }

    function test_BothTokensAreClosedMeanwhile() external {
        TransferOrder memory order = abi.decode(returned, (TransferOrder));
        reject(away, order, 9);
        _replace();
        _closedTo(address(old));
        _closedTo(address(next));
        home.token = next;
        TransferReceipt memory receipt = receiptOf(order, 2);
        bytes[] memory signed = signReceipt(home, receipt);
        closed();
        home.bridge.settle(order, receipt, 1, signed);
        OracleBatch memory batch = newBatch(home);
        batch.eligibilities = new EligibilityItem[](1);
        batch.eligibilities[0] = EligibilityItem(asset, ANA, VALID, 1, 0, 0);
        signed = signBatch(home, batch);
        closed();
        home.bridge.submitBatch(batch, 1, signed);
        heartbeat(home);
        _finish();
        // Nothing was skipped: the same item is applied now.
        batch.number = home.batch + 1;
        batch.issuedAt = uint64(block.timestamp);
        submit(home, batch);
        vm.assertEq(uint8(next.eligibilityOf(ANA) >> 168), 0);
        settle(home, order, 2);
        home.token = old;
        _closedTo(address(old));
    }

    function _closedTo(address token) private {
        home.token = SecurityToken(token);
        ITokenControls acts = ITokenControls(token);
        vm.startPrank(CONTROL);
        closed();
        acts.freezeInvestor(ANA, true, REASON, DOCUMENT);
        closed();
        acts.forceTransfer(ana, ben, 1, REASON, DOCUMENT);
        closed();
        acts.recover(ana, found, REASON, DOCUMENT);
        closed();
        IERC1643(token).setDocument("c", "u", "h");
        closed();
        SecurityToken(token).issue(ana, lots1(free(1)));
        vm.stopPrank();
        vm.startPrank(ana);
        closed();
        home.token.transfer(ben, 1);
        closed();
        SecurityToken(token).approve(ben, 1);
        closed();
        acts.mergeLots(ladder(2, 1));
        vm.stopPrank();
        vm.startPrank(ADMIN_);
        closed();
        acts.setVelocity(1, 1);
        closed();
        acts.proposeRelease(ANA, ladder(1, 1), REASON, DOCUMENT);
        vm.stopPrank();
    }

    function test_EachRecordIsCopiedOnceByAnyoneInAnyOrder() external {
        _replace();
        vm.startPrank(ANYONE);
        importing.importHolders(_investors());
        importing.importRest();
        importing.importAccounts(_accounts());
        importing.importAccounts(_accounts());
        importing.importHolders(_investors());
        importing.importClasses(_classes());
        importing.importClasses(_classes());
        importing.importRest();
        importing.finishImport();
        vm.stopPrank();
        vm.assertEq(next.totalSupply(), 1590);
        (int64 quota, uint64 holders) = next.quotaOf(1);
        vm.assertEq(int256(quota), int256(QUOTA));
        vm.assertEq(uint256(holders), 1);
        malformed(10);
        importing.importAccounts(_accounts());
        malformed(10);
        importing.importHolders(_investors());
        malformed(10);
        importing.finishImport();
    }

    function test_NothingCanBeLeftOut() external {
        _replace();
        importing.importRest();
        address[] memory accounts = _accounts();
        bytes32[] memory investors = _investors();
        importing.importClasses(_classes());
        uint256 fresh = vm.snapshotState();
        // The last entry of each list has no record.
        for (uint256 left; left + 1 < accounts.length; ++left) {
            importing.importHolders(investors);
            for (uint256 i; i < accounts.length; ++i) {
                if (i != left) importing.importAccounts(_one(accounts[i]));
            }
            malformed(10);
            importing.finishImport();
            vm.revertToState(fresh);
        }
        for (uint256 left; left + 1 < investors.length; ++left) {
            importing.importAccounts(accounts);
            for (uint256 i; i < investors.length; ++i) {
                if (i != left) importing.importHolders(_one(investors[i]));
            }
            malformed(10);
            importing.finishImport();
            vm.revertToState(fresh);
        }
    }

    function _one(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }

    function _one(bytes32 investor) private pure returns (bytes32[] memory list) {
        list = new bytes32[](1);
        list[0] = investor;
    }

    function test_TheRestCantBeLeftOut() external {
        _replace();
        importing.importAccounts(_accounts());
        importing.importHolders(_investors());
        malformed(10);
        importing.finishImport();
    }

    function test_AForgottenClassComesLateAndKeepsWhatItWasGranted() external {
        _replace();
        importing.importAccounts(_accounts());
        importing.importHolders(_investors());
        importing.importRest();
        importing.finishImport();
        home.token = next;
        // Classes with investors came along with them.
        vm.assertEq(int256(seatsOf(home, 1)), int256(QUOTA));
        vm.assertEq(int256(seatsOf(home, 8)), 0);
        moveQuota(home, 8, 2);
        importing.importClasses(_classes());
        importing.importClasses(_classes());
        vm.assertEq(int256(seatsOf(home, 8)), 35);
    }

    function test_ATokenWithAPastCantTakeOver() external {
        next = new SecurityToken(address(home.bridge), home.authority, home.controls, paramsOf(1));
        vm.prank(CONTROL);
        ITokenControls(address(next)).freezeInvestor(ANA, true, REASON, DOCUMENT);
        vm.startPrank(ADMIN_);
        home.bridge.pauseAsset(asset, 7);
        malformed(10);
        home.bridge.replaceToken(asset, next);
        vm.stopPrank();
    }

    function test_ATokenOfOtherDecimalsCantTakeOver() external {
        AssetParams memory params = paramsOf(1);
        params.terms.decimals = 3;
        next = new SecurityToken(address(home.bridge), home.authority, home.controls, params);
        vm.startPrank(ADMIN_);
        home.bridge.pauseAsset(asset, 7);
        malformed(10);
        home.bridge.replaceToken(asset, next);
        vm.stopPrank();
    }

    function test_TheOldTokenCanNeverComeBack() external {
        _replace();
        _finish();
        vm.startPrank(ADMIN_);
        home.bridge.pauseAsset(asset, 7);
        closed();
        home.bridge.replaceToken(asset, old);
        vm.stopPrank();
    }

    /// @dev An import that can't succeed is no dead end: the next token takes over from the one that was closed.
    function test_AnImportThatIsStuckIsReplacedItself() external {
        _replace();
        importing.importAccounts(_accounts());
        SecurityToken stuck = next;
        next = new SecurityToken(address(home.bridge), home.authority, home.controls, paramsOf(1));
        vm.prank(ADMIN_);
        home.bridge.replaceToken(asset, next);
        malformed(10);
        ITokenImport(address(stuck)).importHolders(_investors());
        importing = ITokenImport(address(next));
        ImportState memory state = importing.importState();
        vm.assertEq(state.predecessor, address(old));
        _finish();
        vm.assertEq(next.totalSupply(), 1590);
    }

    function test_AReplacementCanBeReplaced() external {
        _replace();
        _finish();
        _replace();
        _finish();
        ImportState memory state = importing.importState();
        vm.assertTrue(state.finished && state.rest && !state.closed);
        vm.assertEq(state.total, 1590);
        vm.assertEq(lockedUntil(ANA, LOCK), 300);
        TransferOrder memory order = abi.decode(returned, (TransferOrder));
        reject(away, order, 9);
        settle(home, order, 2);
        vm.assertEq(lockedUntil(ANA, LOCK), 500);
    }

    function test_ATokenThatTakesNothingOverImportsNothing() external {
        ITokenImport token = ITokenImport(address(old));
        malformed(10);
        token.importAccounts(_accounts());
        malformed(10);
        token.importHolders(_investors());
        malformed(10);
        token.importClasses(_classes());
        malformed(10);
        token.importRest();
        malformed(10);
        token.finishImport();
    }
}
