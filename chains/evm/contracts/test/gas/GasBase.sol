// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {
    Approval,
    BindingItem,
    EligibilityItem,
    InitiateRequest,
    Lot,
    OracleBatch,
    QuotaItem,
    TransferOrder
} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title The scene of the gas figures
/// @notice Accounts and investors have as many non-zero bytes as real ones: calldata is dearer for each. Everything that
/// a first use makes dearer (a lane's first nonce, a word of outcomes) has been used before.
abstract contract GasBase is Fixture {
    uint16 internal constant CLASS = 40_321;

    address internal immutable dana = _account("dana");
    address internal immutable dana2 = _account("dana2");
    address internal immutable eva = _account("eva");
    address internal immutable finn = _account("finn");
    bytes32 internal constant DANA = bytes32(uint256(uint128(uint256(keccak256("DANA")))));
    bytes32 internal constant EVA = bytes32(uint256(uint128(uint256(keccak256("EVA")))));
    bytes32 internal constant FINN = bytes32(uint256(uint128(uint256(keccak256("FINN")))));

    function setUp() public virtual override {
        super.setUp();
        _welcome(home);
        _welcome(away);
        issue(home, dana, freeLot(100_000));
        issue(home, eva, freeLot(100_000));
        arrived(freeLot(1000));
        TransferOrder memory refused = sent(freeLot(1));
        reject(away, refused, 9);
        settle(home, refused, 2);
    }

    /// @dev Gas of the last call as a transaction of its own.
    function spent() internal view returns (uint256) {
        return vm.lastCallGas().gasTotalUsed;
    }

    function lockedIn(uint128 amount, uint256 time) internal pure returns (Lot[] memory) {
        return lockedLot(amount, START + time);
    }

    function requestToSelf(Lot[] memory lots) internal view returns (InitiateRequest memory) {
        return requestOf(away, DANA, dana, lots);
    }

    /// @dev An order of Dana's own lots, on its way.
    function sent(Lot[] memory lots) internal returns (TransferOrder memory) {
        return initiate(home, dana, requestToSelf(lots));
    }

    /// @dev The same, delivered.
    function arrived(Lot[] memory lots) internal returns (TransferOrder memory order) {
        order = sent(lots);
        vm.assertEq(deliver(away, order), 0);
    }

    function approvalOf(TransferOrder[] memory orders, bytes32[] memory ids)
        internal
        view
        returns (Approval memory approval)
    {
        approval = approvalOf(orders[0]);
        approval.orders = ids;
    }

    function _welcome(Chain storage chain) private {
        OracleBatch memory batch = newBatch(chain);
        batch.eligibilities = new EligibilityItem[](3);
        batch.eligibilities[0] = EligibilityItem(asset, DANA, VALID, CLASS, ALL_PERMISSIONS, LIMIT);
        batch.eligibilities[1] = EligibilityItem(asset, EVA, VALID, CLASS + 1, ALL_PERMISSIONS, LIMIT);
        batch.eligibilities[2] = EligibilityItem(asset, FINN, VALID, CLASS + 2, ALL_PERMISSIONS, LIMIT);
        batch.bindings = new BindingItem[](4);
        batch.bindings[0] = BindingItem(asset, b32(dana), DANA);
        batch.bindings[1] = BindingItem(asset, b32(dana2), DANA);
        batch.bindings[2] = BindingItem(asset, b32(eva), EVA);
        batch.bindings[3] = BindingItem(asset, b32(finn), FINN);
        batch.quotas = new QuotaItem[](3);
        for (uint16 i; i < 3; ++i) {
            batch.quotas[i] = QuotaItem(asset, CLASS + i, QUOTA);
        }
        submit(chain, batch);
    }

    function _account(string memory name) private pure returns (address) {
        return address(uint160(uint256(keccak256(bytes(name)))));
    }
}
