// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {
    Approval,
    BindingItem,
    BindingPermit,
    EligibilityItem,
    Lot,
    OracleBatch,
    QuotaItem,
    TransferOrder,
    TransferReceipt
} from "../types/Types.sol";

/// @title EIP-712 digests of the signed objects
/// @notice The domain is (name "Lockstep", version "1", salt = domain of the chain that CHECKS the signature): a
/// signature for one chain or deployment means nothing on another.
library Digests {
    // Fields of the EIP-712 domain (ERC-5267): name, version, salt.
    bytes1 private constant DOMAIN_FIELDS = 0x13;
    bytes32 private constant NAME = keccak256("Lockstep");
    bytes32 private constant VERSION = keccak256("1");

    bytes32 private constant LOT = keccak256("Lot(uint128 amount,uint64 acquiredAt,uint64 unlocksAt)");
    bytes32 private constant ORDER = keccak256(
        "TransferOrder(bytes32 source,bytes32 destination,uint64 nonce,bytes32 asset,uint32 terms,bytes32 fromInvestor,bytes32 toInvestor,bytes32 sender,bytes32 recipient,Lot[] lots,uint16 seat,uint64 initiatedAt,uint64 deadline)Lot(uint128 amount,uint64 acquiredAt,uint64 unlocksAt)"
    );
    bytes32 private constant APPROVAL = keccak256("Approval(bytes32[] orders,uint64 expiresAt)");
    bytes32 private constant REJECTION = keccak256("Rejection(bytes32 order,uint32 reason)");
    bytes32 private constant RECEIPT =
        keccak256("TransferReceipt(bytes32 order,uint8 outcome,uint32 reason,uint64 decidedAt)");
    bytes32 private constant ELIGIBILITY = keccak256(
        "EligibilityItem(bytes32 asset,bytes32 investor,uint64 validUntil,uint16 class,uint8 permissions,int128 limitDelta)"
    );
    bytes32 private constant BINDING = keccak256("BindingItem(bytes32 asset,bytes32 account,bytes32 investor)");
    bytes32 private constant QUOTA = keccak256("QuotaItem(bytes32 asset,uint16 class,int64 delta)");
    bytes32 private constant BATCH = keccak256(
        "OracleBatch(uint64 number,uint64 issuedAt,EligibilityItem[] eligibilities,BindingItem[] bindings,QuotaItem[] quotas)BindingItem(bytes32 asset,bytes32 account,bytes32 investor)EligibilityItem(bytes32 asset,bytes32 investor,uint64 validUntil,uint16 class,uint8 permissions,int128 limitDelta)QuotaItem(bytes32 asset,uint16 class,int64 delta)"
    );
    bytes32 private constant PERMIT =
        keccak256("BindingPermit(bytes32 asset,bytes32 account,bytes32 investor,uint64 expiresAt)");

    /// @notice EIP-712 separator of the chain of `domain`.
    function separatorOf(bytes32 domain) internal pure returns (bytes32) {
        return MessageHashUtils.toDomainSeparator(DOMAIN_FIELDS, NAME, VERSION, 0, address(0), domain);
    }

    /// @notice An order's id: its digest under the destination's domain. Nobody signs this digest itself, or the same
    /// signatures would serve deliver and reject.
    function orderId(TransferOrder memory order) internal pure returns (bytes32) {
        return orderId(order, separatorOf(order.destination));
    }

    /// @notice An order's id, with the separator of its destination at hand.
    function orderId(TransferOrder memory order, bytes32 separator) internal pure returns (bytes32) {
        bytes32 lots = _lots(order.lots);
        bytes32 typeHash = ORDER;
        bytes32 hash;
        assembly ("memory-safe") {
            // A struct in memory is its 13 fields, one word each; `lots` (the tenth) is a pointer and is replaced.
            let data := mload(0x40)
            mstore(data, typeHash)
            mcopy(add(data, 0x20), order, 0x1a0)
            mstore(add(data, 0x140), lots)
            hash := keccak256(data, 0x1c0)
        }
        return MessageHashUtils.toTypedDataHash(separator, hash);
    }

    /// @notice What attestors sign for `deliver`.
    function approval(Approval calldata object, bytes32 separator) internal pure returns (bytes32) {
        bytes32 orders = keccak256(abi.encodePacked(object.orders));
        return _digest(separator, abi.encode(APPROVAL, orders, object.expiresAt));
    }

    /// @notice What attestors sign for `reject`.
    function rejection(bytes32 order, uint32 reason, bytes32 separator) internal pure returns (bytes32) {
        return _digest(separator, abi.encode(REJECTION, order, reason));
    }

    /// @notice What attestors sign for `settle`, under the SOURCE's domain.
    function receipt(TransferReceipt calldata object, bytes32 separator) internal pure returns (bytes32) {
        return _digest(separator, abi.encode(RECEIPT, object.order, object.outcome, object.reason, object.decidedAt));
    }

    /// @notice What oracle signers sign for `bind`.
    function permit(BindingPermit calldata object, bytes32 separator) internal pure returns (bytes32) {
        return _digest(separator, abi.encode(PERMIT, object.asset, object.account, object.investor, object.expiresAt));
    }

    /// @notice What oracle signers sign for `submitBatch`.
    function batch(OracleBatch calldata object, bytes32 separator) internal pure returns (bytes32) {
        bytes32 eligibilities = _eligibilities(object.eligibilities);
        bytes32 bindings = _bindings(object.bindings);
        bytes32 quotas = _quotas(object.quotas);
        return _digest(separator, abi.encode(BATCH, object.number, object.issuedAt, eligibilities, bindings, quotas));
    }

    function _digest(bytes32 separator, bytes memory encoded) private pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(separator, keccak256(encoded));
    }

    function _lots(Lot[] memory lots) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](lots.length);
        for (uint256 i; i < lots.length; ++i) {
            Lot memory lot = lots[i];
            hashes[i] = keccak256(abi.encode(LOT, lot.amount, lot.acquiredAt, lot.unlocksAt));
        }
        return _join(hashes);
    }

    function _eligibilities(EligibilityItem[] calldata items) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](items.length);
        for (uint256 i; i < items.length; ++i) {
            EligibilityItem calldata item = items[i];
            hashes[i] = keccak256(
                abi.encode(
                    ELIGIBILITY,
                    item.asset,
                    item.investor,
                    item.validUntil,
                    item.class,
                    item.permissions,
                    item.limitDelta
                )
            );
        }
        return _join(hashes);
    }

    function _bindings(BindingItem[] calldata items) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](items.length);
        for (uint256 i; i < items.length; ++i) {
            hashes[i] = keccak256(abi.encode(BINDING, items[i].asset, items[i].account, items[i].investor));
        }
        return _join(hashes);
    }

    function _quotas(QuotaItem[] calldata items) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](items.length);
        for (uint256 i; i < items.length; ++i) {
            hashes[i] = keccak256(abi.encode(QUOTA, items[i].asset, items[i].class, items[i].delta));
        }
        return _join(hashes);
    }

    /// @dev Hash of the concatenation of hashes: how EIP-712 encodes an array.
    function _join(bytes32[] memory hashes) private pure returns (bytes32 result) {
        assembly ("memory-safe") {
            result := keccak256(add(hashes, 0x20), shl(5, mload(hashes)))
        }
    }
}
