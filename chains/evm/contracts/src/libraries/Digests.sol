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
    SignerSet,
    TransferOrder,
    TransferReceipt
} from "../types/Types.sol";

import {LotWord} from "./Lots.sol";

/// @title EIP-712 digests of the signed objects
/// @notice The domain is (name "Lockstep", version "1", salt = domain of the chain that CHECKS the signature): a
/// signature for one chain or deployment means nothing on another.
library Digests {
    bytes32 private constant DOMAIN = keccak256("EIP712Domain(string name,string version,bytes32 salt)");
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

    bytes32 private constant SIGNER_SET =
        keccak256("SignerSet(uint8 role,uint64 id,uint8 threshold,address[] signers)");

    /// @notice EIP-712 separator of the chain of `domain`.
    function separatorOf(bytes32 domain) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN, NAME, VERSION, domain));
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

    /// @notice The same of an order in calldata, whose fields are hashed as they come: one with bits beyond its type is
    /// another id, that nobody approved and no chain stored.
    function orderIdOf(TransferOrder calldata order, bytes32 separator) internal pure returns (bytes32) {
        Lot[] calldata listed = order.lots;
        uint256 offset;
        assembly ("memory-safe") {
            offset := listed.offset
        }
        bytes32 lots = _hashEach(LOT, offset, listed.length, 0x60);
        bytes32 typeHash = ORDER;
        bytes32 hash;
        assembly ("memory-safe") {
            // In calldata too a struct is its 13 fields, one word each; the tenth is where `lots` begins.
            let data := mload(0x40)
            mstore(data, typeHash)
            calldatacopy(add(data, 0x20), order, 0x1a0)
            mstore(add(data, 0x140), lots)
            hash := keccak256(data, 0x1c0)
        }
        return MessageHashUtils.toTypedDataHash(separator, hash);
    }

    /// @notice An order's id together with its ABI encoding, with `lots` in place of the struct's own: one buffer serves
    /// the hash and the event, and no list of structs is made for it.
    function sealOrder(TransferOrder memory order, LotWord[] memory lots, bytes32 separator)
        internal
        pure
        returns (bytes32 id, bytes memory encoded)
    {
        (bytes32 orderType, bytes32 lotType) = (ORDER, LOT);
        bytes32 hash;
        assembly ("memory-safe") {
            encoded := mload(0x40)
            let data := add(encoded, 0x20)
            let count := mload(lots)
            // Offset of the struct | its 13 words | number of lots | three words each. The hashes of the lots are put
            // behind it, where they are free memory again afterwards.
            let place := add(data, 0x1e0)
            let hashes := add(place, mul(count, 0x60))
            mcopy(add(data, 0x20), order, 0x1a0)
            mstore(encoded, sub(hashes, data))
            mstore(0x40, hashes)
            mstore(add(data, 0x1c0), count)
            for { let i := 0 } lt(i, count) { i := add(i, 1) } {
                let lot := mload(add(add(lots, 0x20), shl(5, i)))
                mstore(place, and(lot, 0xffffffffffffffffffffffff))
                mstore(add(place, 0x20), and(shr(96, lot), 0xffffffffffffffff))
                mstore(add(place, 0x40), shr(160, lot))
                // The word before a lot makes room for its type while it is hashed.
                let kept := mload(sub(place, 0x20))
                mstore(sub(place, 0x20), lotType)
                mstore(add(hashes, shl(5, i)), keccak256(sub(place, 0x20), 0x80))
                mstore(sub(place, 0x20), kept)
                place := add(place, 0x60)
            }
            mstore(add(data, 0x140), keccak256(hashes, shl(5, count)))
            mstore(data, orderType)
            hash := keccak256(data, 0x1c0)
            mstore(data, 0x20)
            mstore(add(data, 0x140), 0x1a0)
        }
        return (MessageHashUtils.toTypedDataHash(separator, hash), encoded);
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

    /// @notice What a role's current signers sign to propose the next set of that role.
    function signerSet(SignerSet memory object, bytes32 separator) internal pure returns (bytes32) {
        bytes32 signers = keccak256(abi.encodePacked(object.signers));
        return _digest(separator, abi.encode(SIGNER_SET, object.role, object.id, object.threshold, signers));
    }

    /// @notice What oracle signers sign for `submitBatch`.
    function batch(OracleBatch calldata object, bytes32 separator) internal pure returns (bytes32) {
        EligibilityItem[] calldata items = object.eligibilities;
        uint256 offset;
        assembly ("memory-safe") {
            offset := items.offset
        }
        bytes32 eligibilities = _hashEach(ELIGIBILITY, offset, items.length, 0xc0);
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

    /// @dev Items of `size` bytes in calldata, whose words are hashed as they come: one with bits beyond its type is
    /// another hash, that nobody signed. They are hashed in one place, because memory for each would cost more than the
    /// hashes. Of an array of them: the hash of all hashes.
    function _hashEach(bytes32 typeHash, uint256 offset, uint256 count, uint256 size)
        private
        pure
        returns (bytes32 result)
    {
        assembly ("memory-safe") {
            let hashes := mload(0x40)
            let end := add(hashes, shl(5, count))
            // Behind the hashes: the type's hash and one item.
            mstore(end, typeHash)
            for { let place := hashes } lt(place, end) { place := add(place, 0x20) } {
                calldatacopy(add(end, 0x20), offset, size)
                mstore(place, keccak256(end, add(size, 0x20)))
                offset := add(offset, size)
            }
            result := keccak256(hashes, shl(5, count))
        }
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
