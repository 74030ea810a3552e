// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {Digests} from "../../src/libraries/Digests.sol";

import {Refusals} from "../../src/libraries/Refusals.sol";
import {RoleSets} from "../../src/libraries/Quorum.sol";
import {Eligibility, Words} from "../../src/libraries/Words.sol";
import {
    Approval,
    BindingPermit,
    Lot,
    OracleBatch,
    SignerSet,
    TransferOrder,
    TransferReceipt
} from "../../src/types/Types.sol";
import {DigestsHarness, LotsHarness, QuorumHarness, RefusalsHarness} from "../support/Harness.sol";
import {Vectors} from "./Vectors.sol";

contract ParityOfDigestsTest is Vectors {
    DigestsHarness private _digests;

    function setUp() external {
        load("digests.json");
        _digests = new DigestsHarness();
    }

    function test_OrderIds() external view {
        for (uint256 i; i < count("order"); ++i) {
            TransferOrder memory order = abi.decode(raw("order", i, "abi"), (TransferOrder));
            assertDigest(_digests.order(order), "order", i);
            assertSeparator("order", i);
        }
    }

    function test_Approvals() external view {
        for (uint256 i; i < count("approval"); ++i) {
            Approval memory object = abi.decode(raw("approval", i, "abi"), (Approval));
            assertDigest(_digests.approval(object, word("approval", i, "separator")), "approval", i);
            assertSeparator("approval", i);
        }
    }

    function test_Rejections() external view {
        for (uint256 i; i < count("rejection"); ++i) {
            (bytes32 order, uint32 reason) = abi.decode(raw("rejection", i, "abi"), (bytes32, uint32));
            assertDigest(_digests.rejection(order, reason, word("rejection", i, "separator")), "rejection", i);
        }
    }

    function test_Receipts() external view {
        for (uint256 i; i < count("receipt"); ++i) {
            TransferReceipt memory object = abi.decode(raw("receipt", i, "abi"), (TransferReceipt));
            assertDigest(_digests.receipt(object, word("receipt", i, "separator")), "receipt", i);
        }
    }

    function test_Batches() external view {
        for (uint256 i; i < count("batch"); ++i) {
            OracleBatch memory object = abi.decode(raw("batch", i, "abi"), (OracleBatch));
            assertDigest(_digests.batch(object, word("batch", i, "separator")), "batch", i);
        }
    }

    function test_Permits() external view {
        for (uint256 i; i < count("permit"); ++i) {
            BindingPermit memory object = abi.decode(raw("permit", i, "abi"), (BindingPermit));
            assertDigest(_digests.permit(object, word("permit", i, "separator")), "permit", i);
        }
    }

    function assertDigest(bytes32 have, string memory group, uint256 i) private view {
        vm.assertEq(have, word(group, i, "digest"), text(group, i, "name"));
    }

    function assertSeparator(string memory group, uint256 i) private view {
        vm.assertEq(Digests.separatorOf(word(group, i, "domain")), word(group, i, "separator"));
    }
}

contract ParityOfDomainsTest is Vectors {
    function setUp() external {
        load("domains.json");
    }

    function test_Domains() external view {
        for (uint256 i; i < count("domain"); ++i) {
            bytes memory encoded =
                abi.encode(text("domain", i, "caip2"), word("domain", i, "bridge"), word("domain", i, "deployment"));
            vm.assertEq(keccak256(encoded), word("domain", i, "domain"), text("domain", i, "name"));
        }
    }

    function test_Assets() external view {
        for (uint256 i; i < count("asset"); ++i) {
            bytes memory encoded =
                abi.encode(word("asset", i, "homeDomain"), word("asset", i, "issuer"), word("asset", i, "salt"));
            vm.assertEq(keccak256(encoded), word("asset", i, "asset"));
        }
    }
}

contract ParityOfLotsTest is Vectors {
    LotsHarness private _lots;

    function setUp() external {
        load("lots.json");
        _lots = new LotsHarness();
    }

    function test_Fold() external view {
        for (uint256 i; i < count("fold"); ++i) {
            string memory name = text("fold", i, "name");
            (uint256 left, Lot[] memory rest, uint256 folded) =
                _lots.fold(number("fold", i, "free"), lots("fold", i, "lot"), number("fold", i, "now"));
            vm.assertEq(left, number("fold", i, "newFree"), name);
            vm.assertEq(folded, number("fold", i, "folded"), name);
            assertLots(rest, lots("fold", i, "newLot"), name);
        }
    }

    function test_Take() external view {
        for (uint256 i; i < count("take"); ++i) {
            string memory name = text("take", i, "name");
            LotsHarness.Outcome memory outcome = _lots.take(
                number("take", i, "free"), lots("take", i, "lot"), lots("take", i, "wanted"), number("take", i, "now")
            );
            vm.assertEq(outcome.reason.code, number("take", i, "code"), name);
            vm.assertEq(outcome.reason.a, number("take", i, "a"), name);
            vm.assertEq(outcome.reason.b, number("take", i, "b"), name);
            vm.assertEq(outcome.reason.c, number("take", i, "c"), name);
            if (outcome.reason.code != 0) continue;
            vm.assertEq(outcome.free, number("take", i, "newFree"), name);
            assertLots(outcome.lots, lots("take", i, "newLot"), name);
            assertLots(outcome.taken, lots("take", i, "taken"), name);
        }
    }

    function test_Credit() external view {
        for (uint256 i; i < count("credit"); ++i) {
            string memory name = text("credit", i, "name");
            (uint256 left, Lot[] memory rest) = _lots.credit(
                number("credit", i, "free"),
                lots("credit", i, "lot"),
                lots("credit", i, "arriving"),
                number("credit", i, "now")
            );
            vm.assertEq(left, number("credit", i, "newFree"), name);
            assertLots(rest, lots("credit", i, "newLot"), name);
        }
    }

    function test_Places() external view {
        for (uint256 i; i < count("places"); ++i) {
            uint256 time = number("places", i, "now");
            (, Lot[] memory held,) = _lots.fold(0, lots("places", i, "lot"), time);
            (, Lot[] memory rest) = _lots.credit(0, held, lots("places", i, "arriving"), time);
            uint256 places = rest.length + number("places", i, "reserved");
            string memory name = text("places", i, "name");
            vm.assertEq(places, number("places", i, "places"), name);
            bool refused = places > number("places", i, "max");
            vm.assertEq(refused ? Refusals.TOO_MANY_LOTS : 0, number("places", i, "code"), name);
        }
    }
}

contract ParityOfWordsTest is Vectors {
    function setUp() external {
        load("words.json");
    }

    function test_EligibilityWords() external view {
        for (uint256 i; i < count("word"); ++i) {
            Eligibility memory fields = Eligibility(
                uint64(number("word", i, "validUntil")),
                uint16(number("word", i, "class")),
                uint8(number("word", i, "permissions")),
                uint40(number("word", i, "sequence")),
                int128(vm.parseJsonInt(file, at_("word", i, "limit")))
            );
            uint256 packed = uint256(word("word", i, "word"));
            vm.assertEq(Words.pack(fields), packed, text("word", i, "name"));
            Eligibility memory back = Words.unpack(packed);
            vm.assertEq(keccak256(abi.encode(back)), keccak256(abi.encode(fields)), text("word", i, "name"));
        }
    }
}

contract ParityOfQuorumTest is Vectors {
    function setUp() external {
        load("quorum.json");
    }

    function test_Signatures() external {
        for (uint256 i; i < count("quorum"); ++i) {
            QuorumHarness quorum = new QuorumHarness();
            address[] memory signers = vm.parseJsonAddressArray(file, at_("quorum", i, "signers"));
            quorum.install(SignerSet(1, 1, uint8(number("quorum", i, "threshold")), signers));
            bytes[] memory signatures = vm.parseJsonBytesArray(file, at_("quorum", i, "signatures"));
            bytes memory want = expected("quorum", i);
            bytes memory call = abi.encodeCall(QuorumHarness.verify, (1, 1, word("quorum", i, "digest"), signatures));
            assertAnswer(address(quorum), call, want, text("quorum", i, "name"));
        }
    }

    function test_ChoiceOfTheSet() external {
        for (uint256 i; i < count("choice"); ++i) {
            QuorumHarness quorum = new QuorumHarness();
            RoleSets memory sets = RoleSets(
                uint64(number("choice", i, "current")),
                uint64(number("choice", i, "previous")),
                uint64(number("choice", i, "graceEnds")),
                0,
                0
            );
            quorum.place(1, sets);
            vm.warp(number("choice", i, "now"));
            bytes memory want = expected("choice", i);
            // With a threshold of zero no signature is needed: only the choice of the set is left to fail.
            bytes memory call = abi.encodeCall(
                QuorumHarness.verify, (1, uint64(number("choice", i, "set")), bytes32(0), new bytes[](0))
            );
            assertAnswer(address(quorum), call, want, text("choice", i, "name"));
        }
    }

    /// @dev The answer that case number `i` names: its error with its values, empty for code 0.
    function expected(string memory group, uint256 i) private returns (bytes memory data) {
        uint16 code = uint16(number(group, i, "code"));
        if (code == 0) return data;
        RefusalsHarness refusals = new RefusalsHarness();
        bool done;
        (done, data) = address(refusals)
            .call(abi.encodeCall(RefusalsHarness.raise, (code, number(group, i, "a"), number(group, i, "b"), 0)));
        vm.assertTrue(!done);
    }

    function assertAnswer(address target, bytes memory call, bytes memory want, string memory name) private view {
        (bool done, bytes memory have) = target.staticcall(call);
        vm.assertEq(keccak256(have), keccak256(want), name);
        vm.assertTrue(done == (want.length == 0), name);
    }
}

contract ParityOfRefusalsTest is Vectors {
    RefusalsHarness private _refusals;

    function setUp() external {
        load("refusals.json");
        _refusals = new RefusalsHarness();
    }

    function test_EveryNumberRaisesItsErrorWithItsValues() external {
        vm.assertEq(count("refusal"), Refusals.LAST);
        for (uint256 i; i < Refusals.LAST; ++i) {
            string memory name = text("refusal", i, "name");
            uint16 code = uint16(number("refusal", i, "number"));
            uint256 values = vm.parseJsonStringArray(file, at_("refusal", i, "values")).length;
            bytes memory want = abi.encodePacked(bytes4(raw("refusal", i, "selector")));
            for (uint256 k = 1; k <= values; ++k) {
                want = abi.encodePacked(want, k);
            }
            (bool done, bytes memory have) =
                address(_refusals).call(abi.encodeCall(RefusalsHarness.raise, (code, 1, 2, 3)));
            vm.assertTrue(!done, name);
            vm.assertEq(keccak256(have), keccak256(want), name);
        }
    }
}
