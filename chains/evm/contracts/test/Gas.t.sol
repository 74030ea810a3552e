// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {TokenImport} from "../src/TokenImport.sol";
import {TokenSurface} from "../src/TokenSurface.sol";
import {CrossingOperations} from "./gas/CrossingOperations.sol";
import {LocalOperations} from "./gas/LocalOperations.sol";
import {OracleOperations} from "./gas/OracleOperations.sol";

/// @dev forge's cheatcodes for the file of figures.
interface Figures {
    function envOr(string calldata name, string calldata fallback_) external view returns (string memory);
    function serializeUint(string calldata object, string calldata key, uint256 value) external returns (string memory);
    function writeJson(string calldata json, string calldata path) external;
}

/// @title What operations cost, whole transactions with 21,000 and calldata
/// @notice Each figure is held against its goal here and against the committed one by `./lockstep bench gas`. With
/// LOCKSTEP_GAS_FIGURES the figures are written to that file, which lies under `out/figures`.
contract GasTest is LocalOperations, CrossingOperations, OracleOperations {
    event Measured(string name, uint256 gas);

    Figures private constant FIGURES = Figures(address(uint160(uint256(keccak256("hevm cheat code")))));
    /// @dev Runtime sizes are limited by EIP-170.
    uint256 private constant MAX_CODE = 24_576;

    /// @dev Names of the figures that pass their goal.
    string private _above;

    function test_EveryFigureStaysWithinItsGoal() external {
        local();
        crossings();
        oracle();
        sizes();
        vm.assertEq(_above, "");
    }

    function local() private {
        hold("evm.transfer.holders", transferBetweenHolders, 55_000);
        hold("evm.transfer.velocity", transferUnderVelocity, 62_500);
        hold("evm.transfer.pairException", transferByAPairException, 58_500);
        hold("evm.transfer.partlyFrozen", transferOfAPartlyFrozen, 58_500);
        hold("evm.transfer.newHolder", transferToANewHolder, 65_000);
        hold("evm.transfer.folds", transferThatFoldsALot, 66_000);
        hold("evm.transfer.own", transferBetweenOwnAccounts, 45_000);
        hold("evm.issue", issueToAHolder, 100_000);
        hold("evm.force", forceTransfer, 80_000);
        hold("evm.recover", recover, 156_000);
        hold("evm.freezeAccount", freezeAnAccount, 52_000);
    }

    function crossings() private {
        hold("evm.initiate.free", initiateFree, 110_000);
        hold("evm.initiate.locked", initiateOneLockedLot, 110_000);
        hold("evm.initiate.limited", initiateUnderRateLimits, 130_000);
        hold("evm.deliver.furtherLot", deliverAFurtherLot, 135_000);
        hold("evm.deliver.mergingLot", deliverALotThatMerges, 120_000);
        hold("evm.deliver.freeToHolder", deliverFree, 110_000);
        hold("evm.deliver.newHolder", deliverToANewHolder, 120_000);
        hold("evm.deliver.limited", deliverUnderRateLimits, 125_000);
        hold("evm.deliver.twentyNewLots.each", deliverTwentyNewLots, 62_000);
        hold("evm.deliver.twentyFree.each", deliverTwentyFree, 33_000);
        hold("evm.settle", settleDelivered, 80_000);
        hold("evm.refund", settleByRefund, 105_000);
        hold("evm.reject", rejectAnOrder, 63_000);
    }

    function oracle() private {
        hold("evm.heartbeat", heartbeatAlone, 75_000);
        hold("evm.batch.fiftyRenewals.each", renewal, 9_800);
        hold("evm.batch.fiftyLimits.each", limitChange, 20_000);
        hold("evm.batch.fiftyNew.each", newRecord, 54_000);
        hold("evm.bind", bindByPermit, 95_000);
    }

    function sizes() private {
        note("evm.size.ComplianceBridge", address(home.bridge).code.length, MAX_CODE);
        note("evm.size.ComplianceLens", address(home.lens).code.length, MAX_CODE);
        note("evm.size.SecurityToken", address(home.token).code.length, MAX_CODE);
        address importer = address(new TokenImport());
        note("evm.size.TokenControls", home.controls.code.length, MAX_CODE);
        note("evm.size.TokenSurface", address(new TokenSurface(importer)).code.length, MAX_CODE);
        note("evm.size.TokenImport", importer.code.length, MAX_CODE);
        // The bridge's first creation is its registrar.
        bytes memory seed = abi.encodePacked(bytes2(0xd694), address(home.bridge), bytes1(0x01));
        note("evm.size.BridgeRegistrar", address(uint160(uint256(keccak256(seed)))).code.length, MAX_CODE);
    }

    /// @dev Measures one operation from the scene of `setUp`.
    function hold(string memory name, function() internal returns (uint256) operation, uint256 goal) private {
        uint256 scene = vm.snapshotState();
        uint256 gas = operation();
        vm.revertToState(scene);
        note(name, gas, goal);
    }

    function note(string memory name, uint256 figure, uint256 goal) private {
        emit Measured(name, figure);
        if (figure > goal || figure == 0) _above = string.concat(_above, name, " ");
        string memory json = FIGURES.serializeUint("figures", name, figure);
        string memory path = FIGURES.envOr("LOCKSTEP_GAS_FIGURES", "");
        if (bytes(path).length > 0) FIGURES.writeJson(json, path);
    }
}
