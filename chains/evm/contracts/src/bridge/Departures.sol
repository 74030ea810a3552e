// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {ISecurityToken} from "../interfaces/ISecurityToken.sol";
import {Digests} from "../libraries/Digests.sol";
import {LotWord} from "../libraries/Lots.sol";
import {Quorum, SignerSets} from "../libraries/Quorum.sol";
import {Findings, Refusals} from "../libraries/Refusals.sol";
import {
    AT_INVESTOR,
    AT_OUTCOME,
    MAX_LOTS,
    OUTCOME_DELIVERED,
    OUTCOME_EXPIRED,
    PAUSE_INITIATE,
    PAUSE_SETTLE,
    ROLE_ATTESTOR
} from "../types/Constants.sol";
import {InitiateRequest, Reason, TransferOrder, TransferReceipt} from "../types/Types.sol";
import {FlowWord, PairWord} from "./FlowWords.sol";
import {OrderLots} from "./OrderLots.sol";
import {RateLimits} from "./RateLimits.sol";

/// @title The source's side of a crossing: orders leave, and are settled by receipt
abstract contract Departures is RateLimits {
    using Quorum for SignerSets;
    using Refusals for Findings;

    /// @dev A request as far as the bridge knows it. `sum` is zero when its lots are malformed.
    struct Request {
        ISecurityToken token;
        LotWord[] wanted;
        uint256 sum;
    }

    /// @notice Sends lots of the caller to an account on another chain. The whole order is in the event.
    /// Requirements: every rule of a departure (`explainInitiate` tells them all); the lowest that fails is raised.
    /// @return orderId The order's id: its digest under the destination's domain.
    function initiate(InitiateRequest calldata request) external onThisChain returns (bytes32 orderId) {
        Lane storage lane = _lanes[request.destination];
        Flow storage flow = _flows[request.asset][request.destination];
        (Findings memory findings, Request memory read) = _evaluateRequest(lane, flow, msg.sender, request);
        if (findings.set != 0) {
            _mergeToken(findings, read, msg.sender, request.toInvestor);
            findings.enforce();
        }
        TransferOrder memory order = _newOrder(lane, request);
        LotWord[] memory taken;
        (order.fromInvestor, order.terms, order.seat, taken) =
            _depart(read.token, request.toInvestor, read.wanted, read.sum);
        _countOut(flow, _shares[request.asset][request.destination], order.fromInvestor, read.sum);
        bytes memory encoded;
        (orderId, encoded) = Digests.sealOrder(order, taken, Digests.separatorOf(request.destination));
        _orders[request.destination][order.nonce] = orderId;
        _announce(orderId, request.destination, order.nonce, encoded);
    }

    /// @notice Ends an order by the destination's outcome; anyone may bring the receipt. Delivered ends the flight,
    /// Rejected and Expired return the very lots, whatever the rules say by now.
    /// Requirements, the lowest that fails is raised: not paused for everything; the order is in flight from here and
    /// is the receipt's (InFlightUnknown); an outcome of 1 to 3 (Malformed). Then a quorum of attestors, under THIS
    /// domain.
    function settle(
        TransferOrder calldata order,
        TransferReceipt calldata receipt,
        uint64 set,
        bytes[] calldata signatures
    ) external onThisChain {
        bytes32 orderId = _checkSettlement(order, receipt);
        _sets.verify(ROLE_ATTESTOR, set, Digests.receipt(receipt, _separator), signatures);
        delete _orders[order.destination][order.nonce];
        _settle(order, receipt.outcome);
        emit OrderSettled(orderId, order.destination, order.nonce, receipt.outcome, receipt.reason);
    }

    /// @notice All rules that `initiate` by `sender` would fail now.
    function explainInitiate(bytes32 sender, InitiateRequest calldata request)
        external
        view
        returns (uint256 set, Reason[] memory reasons)
    {
        // An account of another kind of chain is bound to nobody here.
        address account = uint256(sender) >> 160 == 0 ? address(uint160(uint256(sender))) : address(0);
        Flow storage flow = _flows[request.asset][request.destination];
        (Findings memory findings, Request memory read) =
            _evaluateRequest(_lanes[request.destination], flow, account, request);
        _mergeToken(findings, read, account, request.toInvestor);
        if (findings.has(Refusals.SENDER_UNBOUND)) findings.byCode[Refusals.SENDER_UNBOUND].a = uint256(sender);
        return findings.list();
    }

    function orderAt(bytes32 lane, uint64 nonce) external view returns (bytes32 orderId) {
        return _orders[lane][nonce];
    }

    /// @dev The bridge's own rules: pause, lane, asset, recipient, shape, deadline, rate.
    function _evaluateRequest(Lane storage route, Flow storage flow, address sender, InitiateRequest calldata request)
        private
        view
        returns (Findings memory findings, Request memory read)
    {
        Lane memory lane = route;
        Registration memory entry = _assets[request.asset];
        read.token = entry.token;
        uint8 paused = _pauseOf(entry);
        if (paused & PAUSE_INITIATE != 0) findings.add(Refusals.PAUSED, paused);
        if (lane.pause & PAUSE_INITIATE != 0) findings.add(Refusals.PAUSED, lane.pause);
        if (lane.open) _evaluateLane(findings, lane, request);
        else findings.add(Refusals.LANE_UNKNOWN, uint256(request.destination));
        _readLots(findings, read, request);
        FlowWord word = flow.outbound;
        // Of a lane that isn't open nobody can say which assets are open on it.
        if (address(entry.token) == address(0) || (lane.open && !word.isOpen())) {
            findings.add(Refusals.ASSET_UNKNOWN, uint256(request.asset));
        }
        if (word.isLimited() && read.sum > 0) _evaluateRate(findings, read, flow, sender, request);
    }

    /// @dev RateLimited(wait, available). The token is asked whose share it is only where there are limits.
    function _evaluateRate(
        Findings memory findings,
        Request memory read,
        Flow storage flow,
        address sender,
        InitiateRequest calldata request
    ) private view {
        bytes32 investor = read.token.investorOf(sender);
        PairWord share = _shares[request.asset][request.destination][investor];
        _checkOutbound(findings, flow, share, investor, read.sum);
    }

    function _evaluateLane(Findings memory findings, Lane memory lane, InitiateRequest calldata request) private view {
        if (!_isAccount(lane.accountKind, request.recipient)) {
            findings.add(Refusals.RECIPIENT_MALFORMED, uint256(request.recipient));
        }
        uint256 min = block.timestamp + lane.minFlight;
        uint256 max = block.timestamp + lane.maxFlight;
        if (request.deadline < min || request.deadline > max) findings.add(Refusals.DEADLINE_RANGE, min, max);
    }

    function _readLots(Findings memory findings, Request memory read, InitiateRequest calldata request) private pure {
        if (!_isInvestor(request.toInvestor)) findings.add(Refusals.MALFORMED, AT_INVESTOR);
        Findings memory form;
        uint256 named;
        (read.wanted, read.sum, named) = OrderLots.read(form, request.lots);
        if (named > MAX_LOTS) form.add(Refusals.TOO_MANY_LOTS, named, MAX_LOTS);
        if (form.set == 0) return;
        (read.wanted, read.sum) = (new LotWord[](0), 0);
        (, Reason[] memory reasons) = form.list();
        findings.merge(reasons);
    }

    function _mergeToken(Findings memory findings, Request memory read, address sender, bytes32 toInvestor)
        private
        view
    {
        if (address(read.token) == address(0)) return;
        (, Reason[] memory reasons) = read.token.explainDeparture(sender, toInvestor, read.wanted, read.sum);
        findings.merge(reasons);
    }

    function _newOrder(Lane storage lane, InitiateRequest calldata request)
        private
        returns (TransferOrder memory order)
    {
        uint64 nonce = lane.nextNonce;
        lane.nextNonce = nonce + 1;
        order.source = domain;
        order.destination = request.destination;
        order.nonce = nonce;
        order.asset = request.asset;
        order.toInvestor = request.toInvestor;
        order.sender = bytes32(uint256(uint160(msg.sender)));
        order.recipient = request.recipient;
        order.initiatedAt = uint64(block.timestamp);
        order.deadline = request.deadline;
    }

    /// @dev `ISecurityToken.depart` of the caller's lots, in its own encoding but without a copy of the lists on either
    /// way: an order's lots are read where the token's answer lies.
    function _depart(ISecurityToken token, bytes32 toInvestor, LotWord[] memory wanted, uint256 sum)
        private
        returns (bytes32 fromInvestor, uint32 terms, uint16 seat, LotWord[] memory taken)
    {
        bytes4 selector = ISecurityToken.depart.selector;
        assembly ("memory-safe") {
            let data := mload(0x40)
            let size := shl(5, add(mload(wanted), 1))
            mstore(data, selector)
            mstore(add(data, 0x04), caller())
            mstore(add(data, 0x24), toInvestor)
            mstore(add(data, 0x44), 0x80)
            mstore(add(data, 0x64), sum)
            mcopy(add(data, 0x84), wanted, size)
            let done := call(gas(), token, 0, data, add(0x84, size), 0, 0)
            size := returndatasize()
            returndatacopy(data, 0, size)
            if iszero(done) { revert(data, size) }
            mstore(0x40, add(data, size))
            fromInvestor := mload(data)
            terms := and(mload(add(data, 0x20)), 0xffffffff)
            seat := and(mload(add(data, 0x40)), 0xffff)
            taken := add(data, 0x80)
            // A registered token answers with three values and one list; anything else is not an answer.
            if lt(size, 0xa0) { revert(0, 0) }
            if iszero(eq(size, add(0xa0, shl(5, mload(taken))))) { revert(0, 0) }
        }
    }

    /// @dev Emits OrderInitiated with an order that is encoded already.
    function _announce(bytes32 orderId, bytes32 lane, uint64 nonce, bytes memory encoded) private {
        bytes32 topic = OrderInitiated.selector;
        assembly ("memory-safe") {
            log4(add(encoded, 0x20), mload(encoded), topic, orderId, lane, nonce)
        }
    }

    function _checkSettlement(TransferOrder calldata order, TransferReceipt calldata receipt)
        private
        view
        returns (bytes32 orderId)
    {
        Findings memory findings;
        orderId = Digests.orderIdOf(order, Digests.separatorOf(order.destination));
        uint8 paused = _clock.pause;
        if (paused & PAUSE_SETTLE != 0) findings.add(Refusals.PAUSED, paused);
        if (_orders[order.destination][order.nonce] != orderId || receipt.order != orderId) {
            findings.add(Refusals.IN_FLIGHT_UNKNOWN, uint256(receipt.order));
        }
        if (receipt.outcome < OUTCOME_DELIVERED || receipt.outcome > OUTCOME_EXPIRED) {
            findings.add(Refusals.MALFORMED, AT_OUTCOME);
        }
        findings.enforce();
    }

    function _settle(TransferOrder calldata order, uint8 outcome) private {
        // The order was made here, so its lots are well-formed.
        Findings memory findings;
        (LotWord[] memory lots, uint256 sum, uint256 locked) = OrderLots.read(findings, order.lots);
        ISecurityToken token = _assets[order.asset].token;
        if (outcome == OUTCOME_DELIVERED) {
            bool own = order.fromInvestor == order.toInvestor;
            token.settleDelivered(order.fromInvestor, sum, locked, order.seat, own);
        } else {
            _countRefund(order.asset, order.destination, order.fromInvestor, sum);
            token.refund(order.fromInvestor, address(uint160(uint256(order.sender))), sum, lots);
        }
    }
}
