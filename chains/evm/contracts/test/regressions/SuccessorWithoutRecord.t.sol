// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {SecurityToken} from "../../src/SecurityToken.sol";
import {ITokenImport} from "../../src/interfaces/ITokenImport.sol";
import {AssetRecord} from "../../src/interfaces/ITokenImport.sol";
import {EligibilityItem} from "../../src/types/Types.sol";
import {ControlsBase} from "../controls/ControlsBase.sol";

/// @title A successor of whom the oracle never wrote, and who gave everything away again
/// @notice His position was nothing but zeros then, while the token still counted him among its records. A replacement of the
/// token copies as many records as are counted: it could never be finished, and everything stayed closed.
contract SuccessorWithoutRecordRegression is ControlsBase {
    bytes32 private constant NEW = bytes32(uint256(0x4e3));
    bytes32 private constant OLD = bytes32(uint256(0x01d));
    address private constant holder = address(0x01D1);

    function setUp() public override {
        super.setUp();
        setEligibility(home, EligibilityItem(asset, OLD, VALID, 1, ALL_PERMISSIONS, 100));
        bindAccount(home, holder, OLD);
        issue(home, holder, lots1(free(100)));
        // Cut to nothing while he holds: his room is -100, and 0 when he holds nothing.
        moveLimit(home, OLD, -100);
        replace(OLD, NEW);
        redeem(holder, lots1(free(100)));
    }

    function _replaceToken() private returns (ITokenImport importing) {
        SecurityToken next = new SecurityToken(address(home.bridge), home.authority, home.controls, paramsOf(1));
        vm.startPrank(ADMIN_);
        home.bridge.pauseAsset(asset, 7);
        home.bridge.replaceToken(asset, next);
        vm.stopPrank();
        importing = ITokenImport(address(next));
        address[] memory accounts = new address[](5);
        (accounts[0], accounts[1], accounts[2], accounts[3], accounts[4]) = (ana, ana2, ben, cho, holder);
        bytes32[] memory investors = new bytes32[](5);
        (investors[0], investors[1], investors[2], investors[3], investors[4]) = (ANA, BEN, CHO, OLD, NEW);
        importing.importAccounts(accounts);
        importing.importHolders(investors);
        importing.importRest();
    }

    function test_TheTokenCanBeReplaced() external {
        vm.assertEq(roomOf(NEW), 0);
        ITokenImport importing = _replaceToken();
        importing.finishImport();
        vm.assertTrue(importing.importState().finished);
        // What led to him came along.
        home.token = SecurityToken(address(importing));
        vm.assertEq(home.token.investorOf(holder), NEW);
    }

    function test_HeIsCountedOnceWhenTheOracleWritesOfHim() external {
        AssetRecord memory before = ITokenImport(address(home.token)).exportRest();
        setEligibility(home, EligibilityItem(asset, NEW, VALID, 1, ALL_PERMISSIONS, 100));
        AssetRecord memory afterwards = ITokenImport(address(home.token)).exportRest();
        vm.assertEq(uint256(afterwards.holders), uint256(before.holders));
        _replaceToken().finishImport();
    }

    function test_NothingOfItIsSeen() external view {
        vm.assertEq(uint256(flagsOf(NEW)), 0);
        vm.assertEq(home.token.eligibilityOf(NEW), 0);
    }
}
