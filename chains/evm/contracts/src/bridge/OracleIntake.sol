// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {ISecurityToken} from "../interfaces/ISecurityToken.sol";
import {Digests} from "../libraries/Digests.sol";
import {Quorum, SignerSets} from "../libraries/Quorum.sol";
import {Findings, Refusals} from "../libraries/Refusals.sol";
import {
    AT_EXPIRY,
    AT_INVESTOR,
    AT_ISSUED,
    ITEM_BINDING,
    ITEM_ELIGIBILITY,
    ITEM_QUOTA,
    MAX_BATCH_ITEMS,
    MAX_CLOCK_LEAD,
    MAX_VALIDITY,
    ROLE_ORACLE
} from "../types/Constants.sol";
import {BindingItem, BindingPermit, EligibilityItem, OracleBatch, QuotaItem, Reason} from "../types/Types.sol";
import {BridgeBase} from "./BridgeBase.sol";

/// @title What the oracle says, signed: batches in strict order, and permits to bind an account
abstract contract OracleIntake is BridgeBase {
    using Quorum for SignerSets;
    using Refusals for Findings;

    /// @notice Applies the next batch of this chain; anyone may bring it. An applied number is a success without
    /// effect. Items that can't be applied are skipped, each with an event: one of them must not hold up a revocation.
    /// Requirements: number = last + 1 (BatchOutOfOrder); at most 100 items (Malformed); issuedAt at most 60 s ahead of
    /// this chain (NotYet) and not before the last batch's (Malformed); a quorum of oracle signers.
    function submitBatch(OracleBatch calldata batch, uint64 set, bytes[] calldata signatures) external onThisChain {
        if (batch.number <= _clock.number) return;
        _checkBatch(batch);
        _sets.verify(ROLE_ORACLE, set, Digests.batch(batch, _separator), signatures);
        (_clock.number, _clock.issuedAt) = (batch.number, batch.issuedAt);
        _applyEligibilities(batch.eligibilities, batch.number);
        _applyBindings(batch.bindings, batch.number);
        _applyQuotas(batch.quotas, batch.number);
        for (uint256 i; i < _tokens.length; ++i) {
            _tokens[i].setClock(batch.issuedAt);
        }
        emit BatchApplied(batch.number, batch.issuedAt);
    }

    /// @notice Binds the caller's account to an investor; that the account calls is its owner's consent, so multisigs
    /// and smart accounts can too.
    /// Requirements, the lowest that fails is raised: a registered asset (AssetUnknown); a permit that has not expired
    /// (ApprovalExpired); an account not in use for another investor (AccountInUse), the caller's own (BindingInvalid); an
    /// investor id and an expiry within the hour (Malformed). Then a quorum of oracle signers.
    function bind(BindingPermit calldata permit, uint64 set, bytes[] calldata signatures) external onThisChain {
        ISecurityToken token = _assets[permit.asset].token;
        _checkPermit(permit, token);
        _sets.verify(ROLE_ORACLE, set, Digests.permit(permit, _separator), signatures);
        // The token was asked above; were its answer another one now, nothing may seem done.
        assert(token.applyBinding(permit.account, permit.investor) == 0);
    }

    function _checkPermit(BindingPermit calldata permit, ISecurityToken token) private view {
        // Without a token no other rule can be the lowest.
        if (address(token) == address(0)) revert AssetUnknown(uint256(permit.asset));
        Findings memory findings;
        (, Reason[] memory reasons) = token.explainBinding(permit.account, permit.investor);
        findings.merge(reasons);
        // A permit binds; only a batch unbinds.
        if (permit.investor == 0) findings.add(Refusals.MALFORMED, AT_INVESTOR);
        if (permit.account != bytes32(uint256(uint160(msg.sender)))) {
            findings.add(Refusals.BINDING_INVALID, uint256(permit.account));
        }
        if (block.timestamp >= permit.expiresAt) findings.add(Refusals.APPROVAL_EXPIRED, permit.expiresAt);
        if (permit.expiresAt > block.timestamp + MAX_VALIDITY) findings.add(Refusals.MALFORMED, AT_EXPIRY);
        findings.enforce();
    }

    /// @dev In the order of the refusals' numbers, so that the lowest is raised.
    function _checkBatch(OracleBatch calldata batch) private view {
        uint64 expected = _clock.number + 1;
        if (batch.number != expected) revert BatchOutOfOrder(expected);
        if (batch.issuedAt > block.timestamp + MAX_CLOCK_LEAD) revert NotYet(batch.issuedAt - MAX_CLOCK_LEAD);
        uint256 items = batch.eligibilities.length + batch.bindings.length + batch.quotas.length;
        if (items > MAX_BATCH_ITEMS) revert Malformed(MAX_BATCH_ITEMS);
        // A clock that falls would make an older batch look like news.
        if (batch.issuedAt < _clock.issuedAt) revert Malformed(AT_ISSUED);
    }

    /// @dev Items of one asset that follow each other are one call to its token.
    function _applyEligibilities(EligibilityItem[] calldata items, uint64 number) private {
        uint256 next;
        for (uint256 first; first < items.length; first = next) {
            bytes32 asset = items[first].asset;
            next = _runEnd(items, first);
            ISecurityToken token = _assets[asset].token;
            uint256 malformed;
            uint256 tooLarge;
            if (address(token) != address(0)) {
                (malformed, tooLarge) = _passOn(token, items[first:next], number);
            }
            bool unknown = address(token) == address(0);
            if (!unknown && malformed | tooLarge == 0) continue;
            for (uint256 i = first; i < next; ++i) {
                uint256 bit = 1 << (i - first);
                uint16 code = unknown
                    ? Refusals.ASSET_UNKNOWN
                    : malformed & bit != 0 ? Refusals.MALFORMED : tooLarge & bit != 0 ? Refusals.AMOUNT_TOO_LARGE : 0;
                _noteSkipped(number, ITEM_ELIGIBILITY, i, code);
            }
        }
    }

    /// @dev Where the run of items about one asset ends that begins with `first`.
    function _runEnd(EligibilityItem[] calldata items, uint256 first) private pure returns (uint256 next) {
        assembly ("memory-safe") {
            next := first
            let item := add(items.offset, mul(first, 0xc0))
            let asset := calldataload(item)
            for {} and(lt(next, items.length), eq(calldataload(item), asset)) { next := add(next, 1) } {
                item := add(item, 0xc0)
            }
        }
    }

    /// @dev `applyEligibilities` with the items' bytes as they came: encoding them field by field again would cost as much
    /// as applying them. The token reads each field by its type.
    function _passOn(ISecurityToken token, EligibilityItem[] calldata items, uint64 batch)
        private
        returns (uint256 malformed, uint256 tooLarge)
    {
        bytes4 selector = ISecurityToken.applyEligibilities.selector;
        bool done;
        assembly ("memory-safe") {
            let data := mload(0x40)
            let size := mul(items.length, 0xc0)
            mstore(data, selector)
            mstore(add(data, 0x04), 0x40)
            mstore(add(data, 0x24), batch)
            mstore(add(data, 0x44), items.length)
            calldatacopy(add(data, 0x64), items.offset, size)
            done := call(gas(), token, 0, data, add(0x64, size), data, 0x40)
            if iszero(done) {
                returndatacopy(data, 0, returndatasize())
                revert(data, returndatasize())
            }
            // A registered token is a contract that answers with two words; nothing less may count as applied.
            if lt(returndatasize(), 0x40) { revert(0, 0) }
            malformed := mload(data)
            tooLarge := mload(add(data, 0x20))
        }
    }

    function _applyBindings(BindingItem[] calldata items, uint64 number) private {
        for (uint256 i; i < items.length; ++i) {
            BindingItem calldata item = items[i];
            ISecurityToken token = _assets[item.asset].token;
            uint16 code =
                address(token) == address(0) ? Refusals.ASSET_UNKNOWN : token.applyBinding(item.account, item.investor);
            _noteSkipped(number, ITEM_BINDING, i, code);
        }
    }

    function _applyQuotas(QuotaItem[] calldata items, uint64 number) private {
        for (uint256 i; i < items.length; ++i) {
            QuotaItem calldata item = items[i];
            ISecurityToken token = _assets[item.asset].token;
            uint16 code =
                address(token) == address(0) ? Refusals.ASSET_UNKNOWN : token.applyQuota(item.class, item.delta);
            _noteSkipped(number, ITEM_QUOTA, i, code);
        }
    }

    function _noteSkipped(uint64 number, uint8 kind, uint256 index, uint16 code) private {
        if (code != 0) emit ItemSkipped(number, kind, uint32(index), code);
    }
}
