// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Arrival, ISecurityToken} from "../interfaces/ISecurityToken.sol";
import {Digests} from "../libraries/Digests.sol";
import {LotWord} from "../libraries/Lots.sol";
import {Quorum, SignerSets} from "../libraries/Quorum.sol";
import {Findings, Refusals} from "../libraries/Refusals.sol";
import {
    ACCOUNT_EVM,
    AT_EXPIRY,
    AT_INVESTOR,
    AT_LOTS,
    AT_REASON,
    AT_SEAT,
    MAX_APPROVED_ORDERS,
    MAX_DELIVERIES,
    MAX_VALIDITY,
    OUTCOME_DELIVERED,
    OUTCOME_EXPIRED,
    OUTCOME_REJECTED,
    PAUSE_DELIVER,
    ROLE_ATTESTOR
} from "../types/Constants.sol";
import {Approval, Reason, TransferOrder} from "../types/Types.sol";
import {FlowWord} from "./FlowWords.sol";
import {OrderLots} from "./OrderLots.sol";
import {RateLimits} from "./RateLimits.sol";

/// @title The destination's side of a crossing: the only judge of an order
abstract contract Arrivals is RateLimits {
    using Quorum for SignerSets;
    using Refusals for Findings;

    /// @notice Delivers orders that attestors approved; anyone may bring them. One code per order, 0 for delivered: an
    /// order that is refused stops no other, and may be brought again while the approval runs.
    /// Orders that all have an outcome already are answered without looking at signatures.
    /// Requirements for the call, the first that fails is raised: an approval that has not expired (ApprovalExpired); 1
    /// to 20 orders, 1 to 100 ids in the approval, expiring within the hour (Malformed); a quorum of attestors.
    function deliver(
        TransferOrder[] calldata orders,
        Approval calldata approval,
        uint64 set,
        bytes[] calldata signatures
    ) external onThisChain returns (uint16[] memory codes) {
        codes = new uint16[](orders.length);
        if (!_allConsumed(orders)) {
            _checkApproval(approval, orders.length);
            _sets.verify(ROLE_ATTESTOR, set, Digests.approval(approval, _separator), signatures);
        }
        for (uint256 i; i < orders.length; ++i) {
            codes[i] = _deliver(orders[i], approval.orders);
        }
    }

    /// @notice Ends an order that will not be delivered: Expired when the reason is DeadlinePassed, else Rejected.
    /// Works for any asset and is never paused: a pause past the deadline must end in refunds.
    /// Requirements, the lowest that fails is raised: a well-formed order (AmountZero, AmountTooLarge, Malformed) with
    /// a reason from 1 to 49 (Malformed), for this chain from an open lane (DomainMismatch), without outcome
    /// (OrderConsumed), and as expired only from the deadline on (NotYet). Then a quorum of attestors.
    function reject(TransferOrder calldata order, uint32 reason, uint64 set, bytes[] calldata signatures)
        external
        onThisChain
    {
        bytes32 orderId = _orderId(order);
        _checkRejection(order, reason);
        _sets.verify(ROLE_ATTESTOR, set, Digests.rejection(orderId, reason, _separator), signatures);
        uint8 outcome = reason == Refusals.DEADLINE_PASSED ? OUTCOME_EXPIRED : OUTCOME_REJECTED;
        _setOutcome(order.source, order.nonce, outcome);
        emit OrderRejected(orderId, order.source, order.nonce, outcome, reason, uint64(block.timestamp));
    }

    /// @notice All rules of the chain that delivering this order would fail now; approvals aren't looked at.
    function explainDeliver(TransferOrder calldata order) external view returns (uint256 set, Reason[] memory reasons) {
        (Findings memory findings, ISecurityToken token, Arrival memory arrival) = _evaluate(order);
        _mergeToken(findings, token, arrival);
        return findings.list();
    }

    function _allConsumed(TransferOrder[] calldata orders) private view returns (bool) {
        for (uint256 i; i < orders.length; ++i) {
            if (outcomeOf(orders[i].source, orders[i].nonce) == 0) return false;
        }
        return orders.length > 0;
    }

    function _checkApproval(Approval calldata approval, uint256 count) private view {
        if (block.timestamp >= approval.expiresAt) revert ApprovalExpired(approval.expiresAt);
        if (count == 0 || count > MAX_DELIVERIES) revert Malformed(MAX_DELIVERIES);
        uint256 approved = approval.orders.length;
        if (approved == 0 || approved > MAX_APPROVED_ORDERS) revert Malformed(MAX_APPROVED_ORDERS);
        if (approval.expiresAt > block.timestamp + MAX_VALIDITY) revert Malformed(AT_EXPIRY);
    }

    /// @dev Delivers one order, or changes nothing and tells the lowest refusal's number. The token answers with a code
    /// too: a failed call is never taken for a refusal, it fails the whole.
    function _deliver(TransferOrder calldata order, bytes32[] calldata approved) private returns (uint16 code) {
        bytes32 orderId = _orderId(order);
        code = _arrive(order, _contains(approved, orderId));
        if (code == 0) emit OrderDelivered(orderId, order.source, order.nonce, uint64(block.timestamp));
        else emit OrderRefused(orderId, order.source, order.nonce, code);
    }

    function _arrive(TransferOrder calldata order, bool approved) private returns (uint16 code) {
        (Findings memory findings, ISecurityToken token, Arrival memory arrival) = _evaluate(order);
        if (findings.has(Refusals.ORDER_CONSUMED)) return Refusals.ORDER_CONSUMED;
        // Nobody vouched for this order: what the rules would say of it is of no interest.
        if (!approved) return Refusals.QUORUM_NOT_MET;
        if (findings.set != 0) {
            _mergeToken(findings, token, arrival);
            return findings.lowest();
        }
        code = token.arrive(arrival);
        if (code != 0) return code;
        _setOutcome(order.source, order.nonce, OUTCOME_DELIVERED);
        _countIn(_flows[order.asset][order.source], arrival.sum);
    }

    /// @dev The bridge's own rules of an order, and its token, if there is more to ask. Of an order that has an outcome
    /// nothing else is asked; of one for elsewhere, or from nowhere, only its form: its asset, accounts and times mean
    /// nothing here. In the arrival `sum` is zero when the order is malformed.
    function _evaluate(TransferOrder calldata order)
        private
        view
        returns (Findings memory findings, ISecurityToken token, Arrival memory arrival)
    {
        uint8 outcome = outcomeOf(order.source, order.nonce);
        if (outcome != 0) {
            findings.add(Refusals.ORDER_CONSUMED, outcome);
            return (findings, token, arrival);
        }
        arrival.fromInvestor = order.fromInvestor;
        arrival.toInvestor = order.toInvestor;
        arrival.recipient = order.recipient;
        arrival.terms = order.terms;
        arrival.seat = order.seat;
        (arrival.lots, arrival.sum) = _checkShape(findings, order);
        if (!_checkRoute(findings, order)) return (findings, token, arrival);
        token = _checkAsset(findings, order, arrival.sum);
        if (block.timestamp >= order.deadline) findings.add(Refusals.DEADLINE_PASSED, order.deadline);
        if (block.timestamp < order.initiatedAt) findings.add(Refusals.NOT_YET, order.initiatedAt);
        // Such an account belongs to nobody here either; of an unknown asset nothing more is asked.
        if (address(token) != address(0) && !_isAccount(ACCOUNT_EVM, order.recipient)) {
            findings.add(Refusals.RECIPIENT_MALFORMED, uint256(order.recipient));
            findings.add(Refusals.RECEIVER_UNBOUND, uint256(order.recipient));
        }
    }

    /// @dev AmountZero, AmountTooLarge, Malformed: a malformed investor, or locked lots or a seat for another one.
    function _checkShape(Findings memory findings, TransferOrder calldata order)
        private
        pure
        returns (LotWord[] memory lots, uint256 sum)
    {
        uint256 before = findings.set;
        if (!_isInvestor(order.fromInvestor) || !_isInvestor(order.toInvestor)) {
            findings.add(Refusals.MALFORMED, AT_INVESTOR);
        }
        uint256 locked;
        (lots, sum, locked) = OrderLots.read(findings, order.lots);
        if (order.fromInvestor != order.toInvestor) {
            if (locked > 0) findings.add(Refusals.MALFORMED, AT_LOTS);
            // To another investor no room travels, and no seat.
            if (order.seat != 0) findings.add(Refusals.MALFORMED, AT_SEAT);
        }
        if (findings.set != before) (lots, sum) = (new LotWord[](0), 0);
    }

    /// @dev DomainMismatch: the order is for another chain, or comes from none that this one has a lane to.
    function _checkRoute(Findings memory findings, TransferOrder calldata order) private view returns (bool) {
        if (order.destination != domain) {
            findings.add(Refusals.DOMAIN_MISMATCH, uint256(order.destination), uint256(domain));
            return false;
        }
        if (_lanes[order.source].open) return true;
        findings.add(Refusals.DOMAIN_MISMATCH, uint256(order.source), 0);
        return false;
    }

    /// @dev Paused(bits), AssetUnknown for an asset that isn't registered or not open on the lane, and RateLimited(wait,
    /// available) for a `sum` that isn't zero; its token.
    function _checkAsset(Findings memory findings, TransferOrder calldata order, uint256 sum)
        private
        view
        returns (ISecurityToken token)
    {
        Registration memory entry = _assets[order.asset];
        token = entry.token;
        uint8 paused = _pauseOf(entry);
        if (paused & PAUSE_DELIVER != 0) findings.add(Refusals.PAUSED, paused);
        paused = _lanes[order.source].pause;
        if (paused & PAUSE_DELIVER != 0) findings.add(Refusals.PAUSED, paused);
        Flow storage flow = _flows[order.asset][order.source];
        FlowWord word = flow.inbound;
        if (!word.isOpen()) findings.add(Refusals.ASSET_UNKNOWN, uint256(order.asset));
        if (word.isLimited() && sum > 0) _checkInbound(findings, flow, sum);
    }

    function _checkRejection(TransferOrder calldata order, uint32 reason) private view {
        Findings memory findings;
        uint8 outcome = outcomeOf(order.source, order.nonce);
        if (outcome != 0) findings.add(Refusals.ORDER_CONSUMED, outcome);
        _checkShape(findings, order);
        _checkRoute(findings, order);
        if (reason == 0 || reason > Refusals.LAST) findings.add(Refusals.MALFORMED, AT_REASON);
        if (reason == Refusals.DEADLINE_PASSED && block.timestamp < order.deadline) {
            findings.add(Refusals.NOT_YET, order.deadline);
        }
        findings.enforce();
    }

    function _mergeToken(Findings memory findings, ISecurityToken token, Arrival memory arrival) private view {
        if (address(token) == address(0)) return;
        (, Reason[] memory reasons) = token.explainArrival(arrival);
        findings.merge(reasons);
    }

    /// @dev The order's id; its separator is at hand when the order is for this chain.
    function _orderId(TransferOrder calldata order) private view returns (bytes32) {
        bytes32 separator = order.destination == domain ? _separator : Digests.separatorOf(order.destination);
        return Digests.orderIdOf(order, separator);
    }

    function _contains(bytes32[] calldata ids, bytes32 id) private pure returns (bool) {
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] == id) return true;
        }
        return false;
    }
}
