// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {BindingPermit, EligibilityItem, OracleBatch} from "../../src/types/Types.sol";
import {GasBase} from "./GasBase.sol";

/// @title What the oracle brings, signed by 2 of 3
abstract contract OracleOperations is GasBase {
    uint256 private constant ITEMS = 50;

    function heartbeatAlone() internal returns (uint256) {
        heartbeat(home);
        return spent();
    }

    function renewal() internal returns (uint256) {
        _submit(VALID, LIMIT);
        return _submit(VALID + 7 days, 0);
    }

    function limitChange() internal returns (uint256) {
        _submit(VALID, LIMIT);
        return _submit(VALID, -1_234_000);
    }

    function newRecord() internal returns (uint256) {
        return _submit(VALID, 1_234_000);
    }

    function bindByPermit() internal returns (uint256) {
        address account = address(uint160(uint256(keccak256("dana's third"))));
        BindingPermit memory permit = BindingPermit(asset, b32(account), DANA, uint64(block.timestamp + 600));
        bytes[] memory signed = signatures(oracleKeys, 2, this.digestPermit(permit, separator(home)));
        vm.prank(account);
        home.bridge.bind(permit, 1, signed);
        return spent();
    }

    /// @dev A batch of fifty investors; gas of one item with its share of the rest.
    function _submit(uint64 validUntil, int128 delta) private returns (uint256) {
        OracleBatch memory batch = newBatch(home);
        batch.eligibilities = new EligibilityItem[](ITEMS);
        for (uint256 i; i < ITEMS; ++i) {
            bytes32 investor = bytes32(uint256(uint128(uint256(keccak256(abi.encode(i))))));
            batch.eligibilities[i] = EligibilityItem(asset, investor, validUntil, CLASS, ALL_PERMISSIONS, delta);
        }
        submit(home, batch);
        return spent() / ITEMS;
    }
}
