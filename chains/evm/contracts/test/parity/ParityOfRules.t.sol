// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Buckets} from "../../src/libraries/Buckets.sol";
import {Digests} from "../../src/libraries/Digests.sol";
import {LotWord, Lots} from "../../src/libraries/Lots.sol";
import {Findings, Refusals} from "../../src/libraries/Refusals.sol";
import {Lot, Reason, SignerSet, TransferOrder} from "../../src/types/Types.sol";
import {LotsHarness} from "../support/Harness.sol";
import {Vectors} from "./Vectors.sol";

/// @dev Orders where the bridge has them: in calldata when they arrive, as they are sealed when they leave.
contract OrdersHarness {
    function arriving(TransferOrder calldata order, bytes32 separator) external pure returns (bytes32) {
        return Digests.orderIdOf(order, separator);
    }

    function leaving(TransferOrder memory order, bytes32 separator)
        external
        pure
        returns (bytes32 id, bytes memory encoded)
    {
        LotWord[] memory words = new LotWord[](order.lots.length);
        for (uint256 i; i < words.length; ++i) {
            Lot memory lot = order.lots[i];
            words[i] = Lots.make(lot.amount, lot.acquiredAt, lot.unlocksAt);
        }
        order.lots = new Lot[](0);
        (id, encoded) = Digests.sealOrder(order, words, separator);
        // What comes after must not disturb the encoding.
        bytes memory after_ = new bytes(4096);
        after_[0] = 0xff;
    }
}

contract ParityOfOrdersOnTheirWayTest is Vectors {
    OrdersHarness private _orders;

    function setUp() external {
        load("digests.json");
        _orders = new OrdersHarness();
    }

    function test_AnOrderHasOneIdInCalldataAndSealed() external view {
        for (uint256 i; i < count("order"); ++i) {
            bytes memory encoded = raw("order", i, "abi");
            TransferOrder memory order = abi.decode(encoded, (TransferOrder));
            bytes32 separator = word("order", i, "separator");
            bytes32 want = word("order", i, "digest");
            vm.assertEq(_orders.arriving(order, separator), want, text("order", i, "name"));
            // A lot word holds 96 bits of amount: no order of a bridge has more, some vectors do.
            if (!fits(order)) continue;
            (bytes32 id, bytes memory sealed_) = _orders.leaving(order, separator);
            vm.assertEq(id, want, text("order", i, "name"));
            vm.assertEq(keccak256(sealed_), keccak256(encoded), text("order", i, "name"));
        }
    }

    function test_SignerSets() external view {
        for (uint256 i; i < count("signerSet"); ++i) {
            SignerSet memory set = abi.decode(raw("signerSet", i, "abi"), (SignerSet));
            bytes32 digest = Digests.signerSet(set, word("signerSet", i, "separator"));
            vm.assertEq(digest, word("signerSet", i, "digest"), text("signerSet", i, "name"));
        }
    }

    function fits(TransferOrder memory order) private pure returns (bool) {
        for (uint256 i; i < order.lots.length; ++i) {
            if (order.lots[i].amount > type(uint96).max) return false;
        }
        return true;
    }
}

contract ParityOfBucketsTest is Vectors {
    function setUp() external {
        load("buckets.json");
    }

    function test_Buckets() external view {
        for (uint256 i; i < count("ask"); ++i) {
            string memory name = text("ask", i, "name");
            (uint256 rate, uint256 divisor) = (number("ask", i, "rate"), number("ask", i, "divisor"));
            uint256 spent = Buckets.spentNow(
                number("ask", i, "spent"), number("ask", i, "at"), rate, divisor, number("ask", i, "now")
            );
            vm.assertEq(spent, number("ask", i, "spentNow"), name);
            uint256 amount = number("ask", i, "amount");
            (uint256 wait, uint256 available) = Buckets.ask(spent, number("ask", i, "capacity"), rate, divisor, amount);
            vm.assertEq(available, number("ask", i, "available"), name);
            vm.assertEq(wait, number("ask", i, "wait"), name);
            vm.assertTrue((wait == 0) == vm.parseJsonBool(file, at_("ask", i, "ok")), name);
            if (wait == 0) vm.assertEq(spent + amount, number("ask", i, "newSpent"), name);
        }
    }
}

contract ParityOfMergingTest is Vectors {
    using Refusals for Findings;

    LotsHarness private _lots;

    function setUp() external {
        load("merging.json");
        _lots = new LotsHarness();
    }

    function test_TakeAny() external view {
        for (uint256 i; i < count("takeAny"); ++i) {
            LotWord[] memory words = _lots_("takeAny", i, "lot");
            (uint256 left, LotWord[] memory taken) = Lots.takeAny(
                number("takeAny", i, "free"), words, number("takeAny", i, "amount"), number("takeAny", i, "now")
            );
            string memory name = text("takeAny", i, "name");
            vm.assertEq(left, number("takeAny", i, "newFree"), name);
            assertLots(_lots.canonical(words), lots("takeAny", i, "newLot"), name);
            assertLots(Lots.unpack(taken), lots("takeAny", i, "taken"), name);
        }
    }

    function test_MergeNearest() external view {
        for (uint256 i; i < count("mergeNearest"); ++i) {
            LotWord[] memory words = _lots_("mergeNearest", i, "lot");
            // Callers merge only a position that is full.
            if (words.length < 2) continue;
            Lots.mergeNearest(words);
            assertLots(_lots.canonical(words), lots("mergeNearest", i, "newLot"), text("mergeNearest", i, "name"));
        }
    }

    function test_MergeLots() external view {
        for (uint256 i; i < count("mergeLots"); ++i) {
            Findings memory findings;
            LotWord[] memory words = _lots_("mergeLots", i, "lot");
            (uint256 folded, LotWord into) =
                Lots.mergeLots(findings, words, _lots_("mergeLots", i, "named"), number("mergeLots", i, "now"));
            string memory name = text("mergeLots", i, "name");
            vm.assertEq(findings.lowest(), number("mergeLots", i, "code"), name);
            if (findings.set != 0) {
                Reason memory reason = findings.byCode[findings.lowest()];
                vm.assertEq(reason.a, number("mergeLots", i, "a"), name);
                vm.assertEq(reason.b, number("mergeLots", i, "b"), name);
                vm.assertEq(reason.c, number("mergeLots", i, "c"), name);
                continue;
            }
            LotWord[] memory one = new LotWord[](1);
            one[0] = into;
            vm.assertEq(folded, number("mergeLots", i, "folded"), name);
            assertLots(Lots.unpack(one), lots("mergeLots", i, "into"), name);
            assertLots(_lots.canonical(words), lots("mergeLots", i, "newLot"), name);
        }
    }

    function _lots_(string memory group, uint256 i, string memory prefix) private view returns (LotWord[] memory) {
        return _lots.packed(lots(group, i, prefix));
    }
}
