// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {OrderLots} from "../../src/bridge/OrderLots.sol";
import {LotWord, Lots} from "../../src/libraries/Lots.sol";
import {Findings, Refusals} from "../../src/libraries/Refusals.sol";
import {MAX_AMOUNT} from "../../src/types/Constants.sol";
import {
    Approval,
    BindingItem,
    BindingPermit,
    EligibilityItem,
    InitiateRequest,
    Lot,
    OracleBatch,
    QuotaItem,
    TransferOrder,
    TransferReceipt
} from "../../src/types/Types.sol";
import {DeliverBase} from "../support/DeliverBase.sol";

/// @title Every entry of the bridge under arbitrary input: a typed refusal or success, and the one that explain tells
contract BridgeFuzzTest is DeliverBase {
    /// @dev Places of an order or a request where the drawn values come near the ones that matter.
    function near(uint256 seed, uint256 real) private pure returns (uint256) {
        uint256 draw = uint256(keccak256(abi.encode(seed)));
        if (draw % 4 != 0) return real;
        uint256[6] memory odd = [0, 1, real + 1, real == 0 ? 0 : real - 1, draw >> 8, type(uint256).max];
        return odd[(draw >> 2) % 6];
    }

    function someLots(uint256 seed) private pure returns (Lot[] memory lots) {
        lots = new Lot[](seed % 4);
        for (uint256 i; i < lots.length; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            bool free = draw % 3 == 0;
            uint64 unlocks = uint64(free ? 0 : LOCK + i * (draw % 2));
            lots[i] = Lot(uint128(near(draw, 100 + i)), free ? 0 : uint64(START - 1 days), unlocks);
        }
    }

    function requestFrom(uint256 seed) private view returns (InitiateRequest memory request) {
        request = requestOf(away, ANA, ana, someLots(seed));
        request.asset = bytes32(near(seed + 1, uint256(asset)));
        request.destination = bytes32(near(seed + 2, uint256(away.domain)));
        request.toInvestor = bytes32(near(seed + 3, uint256(seed % 2 == 0 ? ANA : BEN)));
        request.recipient = bytes32(near(seed + 4, uint256(b32(ana))));
        request.deadline = uint64(near(seed + 5, request.deadline));
    }

    function testFuzz_InitiateRaisesTheLowestThatExplainTells(uint256 seed, bool limited) external {
        seed >>= 8;
        if (limited) {
            vm.prank(ADMIN_);
            home.bridge.setRate(away.domain, asset, 400, 1, 800, 1);
        }
        InitiateRequest memory request = requestFrom(seed);
        address sender = seed % 5 == 0 ? ANYONE : ana;
        (uint256 set,) = home.lens.explainInitiate(b32(sender), request);
        vm.prank(sender);
        (bool done, bytes memory answer) = address(home.bridge).call(abi.encodeCall(home.bridge.initiate, (request)));
        assertAnswer(done, answer, set);
    }

    function testFuzz_DeliverAnswersTheLowestThatExplainTells(uint256 seed) external {
        seed >>= 8;
        TransferOrder memory order = ownOrder(freeLot(5));
        order.lots = someLots(seed);
        order.source = bytes32(near(seed + 1, uint256(order.source)));
        order.destination = bytes32(near(seed + 2, uint256(order.destination)));
        order.asset = bytes32(near(seed + 3, uint256(order.asset)));
        order.terms = uint32(near(seed + 4, order.terms));
        order.fromInvestor = bytes32(near(seed + 5, uint256(order.fromInvestor)));
        order.toInvestor = bytes32(near(seed + 6, uint256(order.toInvestor)));
        order.recipient = bytes32(near(seed + 7, uint256(order.recipient)));
        order.seat = uint16(near(seed + 8, order.seat));
        order.initiatedAt = uint64(near(seed + 9, order.initiatedAt));
        order.deadline = uint64(near(seed + 10, order.deadline));
        (uint256 set,) = away.lens.explainDeliver(order);
        vm.assertEq(deliver(away, order), lowestOf(set));
    }

    function testFuzz_RejectAndSettleRefuseWithANumberOrSucceed(uint256 seed) external {
        seed >>= 8;
        TransferOrder memory order = ownOrder(freeLot(5));
        TransferReceipt memory receipt = receiptOf(order, uint8(near(seed + 1, 1)));
        order.lots = seed % 2 == 0 ? order.lots : someLots(seed);
        order.nonce = uint64(near(seed + 2, order.nonce));
        order.deadline = uint64(near(seed + 3, order.deadline));
        order.fromInvestor = bytes32(near(seed + 4, uint256(order.fromInvestor)));
        uint32 reason = uint32(near(seed + 5, 9));
        bytes[] memory signed = signRejection(away, order, reason);
        (bool done, bytes memory answer) =
            address(away.bridge).call(abi.encodeCall(away.bridge.reject, (order, reason, 1, signed)));
        assertTyped(done, answer);
        signed = signReceipt(home, receipt);
        (done, answer) = address(home.bridge).call(abi.encodeCall(home.bridge.settle, (order, receipt, 1, signed)));
        assertTyped(done, answer);
    }

    function testFuzz_BatchesAndPermitsRefuseWithANumberOrSucceed(uint256 seed, uint256 items) external {
        seed >>= 8;
        OracleBatch memory batch = newBatch(home);
        batch.number = uint64(near(seed, batch.number));
        batch.issuedAt = uint64(near(seed + 1, batch.issuedAt));
        batch.eligibilities = new EligibilityItem[](items % 4);
        batch.bindings = new BindingItem[](items % 3);
        batch.quotas = new QuotaItem[](items % 5);
        for (uint256 i; i < batch.eligibilities.length; ++i) {
            (bytes32 of_, bytes32 who) =
                (bytes32(near(seed + i, uint256(asset))), bytes32(near(seed + 50 + i, uint256(ANA))));
            batch.eligibilities[i] =
                EligibilityItem(of_, who, uint64(seed), uint16(seed), uint8(items), int128(int256(seed << 120)));
        }
        for (uint256 i; i < batch.bindings.length; ++i) {
            batch.bindings[i] =
                BindingItem(asset, bytes32(near(seed + 7 + i, num(ben))), bytes32(near(seed + i, uint256(ANA))));
        }
        for (uint256 i; i < batch.quotas.length; ++i) {
            batch.quotas[i] = QuotaItem(asset, uint16(seed % 3), int64(uint64(near(seed + i, 1))));
        }
        bytes[] memory signed = signBatch(home, batch);
        (bool done, bytes memory answer) =
            address(home.bridge).call(abi.encodeCall(home.bridge.submitBatch, (batch, 1, signed)));
        assertTyped(done, answer);
        BindingPermit memory permit = BindingPermit(asset, b32(ANYONE), bytes32(near(seed + 2, uint256(ANA))), 0);
        permit.expiresAt = uint64(near(seed + 3, START + 60));
        signed = signatures(oracleKeys, 2, this.digestPermit(permit, separator(home)));
        vm.prank(ANYONE);
        (done, answer) = address(home.bridge).call(abi.encodeCall(home.bridge.bind, (permit, 1, signed)));
        assertTyped(done, answer);
    }

    function testFuzz_RatesAreWholeOrNone(uint256 outCap, uint256 outRate, uint256 inCap, uint256 inRate, uint256 near_)
        external
    {
        (outCap, outRate) = (outCap >> (near_ % 200), outRate >> (near_ / 200 % 256));
        (inCap, inRate) = (near_ % 2 == 0 ? inCap : outCap * 2, inRate >> (near_ % 256));
        bool none = outCap == 0 && outRate == 0 && inCap == 0 && inRate == 0;
        bool whole = outCap > 0 && outRate > 0 && inCap > 0 && inRate > 0 && outCap <= MAX_AMOUNT
            && outRate <= MAX_AMOUNT && inCap <= MAX_AMOUNT && inRate <= MAX_AMOUNT && inCap >= 2 * outCap;
        vm.prank(ADMIN_);
        (bool done, bytes memory answer) = address(home.bridge)
            .call(abi.encodeCall(home.bridge.setRate, (away.domain, asset, outCap, outRate, inCap, inRate)));
        vm.assertTrue(done == (none || whole));
        assertTyped(done, answer);
    }

    /// @dev The reader for calldata and the one for memory find and pack the same.
    function testFuzz_LotsReadTheSameFromCalldata(Lot[] memory lots, uint256 seed, bool drawn) external view {
        if (drawn) lots = someLots(seed >> 8);
        (uint256 set, LotWord[] memory words, uint256 sum, uint256 locked) = this.fromCalldata(lots);
        Findings memory findings;
        (LotWord[] memory want, uint256 wantSum) = Lots.read(findings, lots);
        vm.assertEq(set, findings.set);
        vm.assertEq(sum, wantSum);
        vm.assertEq(locked, Lots.lockedCount(want));
        vm.assertEq(keccak256(abi.encode(words)), keccak256(abi.encode(want)));
    }

    function fromCalldata(Lot[] calldata lots)
        external
        pure
        returns (uint256 set, LotWord[] memory words, uint256 sum, uint256 locked)
    {
        Findings memory findings;
        (words, sum, locked) = OrderLots.read(findings, lots);
        set = findings.set;
    }

    function lowestOf(uint256 set) private pure returns (uint16 code) {
        if (set == 0) return 0;
        while (set & (1 << code) == 0) ++code;
    }

    function assertAnswer(bool done, bytes memory answer, uint256 set) private pure {
        vm.assertTrue(done == (set == 0), "explain and enforcement");
        if (done) return;
        vm.assertEq(uint256(uint32(bytes4(answer))), Refusals.selectorOf(lowestOf(set)));
    }

    /// @dev Success, or one of the numbered refusals; never a panic and never an empty answer.
    function assertTyped(bool done, bytes memory answer) private pure {
        if (done) return;
        uint256 selector = uint256(uint32(bytes4(answer)));
        uint16 code = 1;
        while (code <= Refusals.LAST && Refusals.selectorOf(code) != selector) ++code;
        vm.assertLe(code, Refusals.LAST, "a refusal with a number");
    }
}
