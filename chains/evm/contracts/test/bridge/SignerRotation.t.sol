// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {ComplianceBridge} from "../../src/ComplianceBridge.sol";
import {IBridgeEvents} from "../../src/interfaces/IBridgeEvents.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {Digests} from "../../src/libraries/Digests.sol";
import {AT_SETUP, ROLE_ATTESTOR, ROLE_ORACLE} from "../../src/types/Constants.sol";
import {Approval, OracleBatch, SignerSet, Timing, TransferOrder} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

abstract contract RotationBase is Fixture {
    uint256[] internal nextKeys;

    function setUp() public virtual override {
        super.setUp();
        nextKeys = sortedKeys("next", 3);
        issue(home, ana, freeLot(10_000));
    }

    function nextSet() internal view returns (SignerSet memory) {
        return SignerSet(ROLE_ATTESTOR, 2, 2, addressesOf(nextKeys));
    }

    function propose(SignerSet memory set) internal {
        vm.prank(ADMIN_);
        away.bridge.proposeSigners(set);
    }

    function malformedProposal(SignerSet memory set) internal {
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        propose(set);
    }

    /// @dev The set `nextSet` of attestors becomes the current one of the destination, the clock stays fresh.
    function rotate() internal {
        propose(nextSet());
        vm.warp(block.timestamp + DELAY);
        away.bridge.activateSigners(ROLE_ATTESTOR);
        heartbeat(away);
    }

    /// @dev Brings a new order signed by `keys` for set number `set`; expects `answer`, or success for an empty one.
    function bring(uint256[] memory keys, uint64 set, bytes memory answer) internal {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(1)));
        Approval memory approval = approvalOf(order);
        bytes[] memory signed = signatures(keys, 2, this.digestApproval(approval, separator(away)));
        if (answer.length > 0) vm.expectRevert(answer);
        uint16[] memory codes = away.bridge.deliver(listOf(order), approval, set, signed);
        if (answer.length == 0) vm.assertEq(codes[0], 0);
    }

    function unknownSet(uint256 set, uint256 current) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IRefusals.SignerSetUnknown.selector, set, current);
    }
}

contract ProposeSignersTest is RotationBase {
    function test_ASetWaitsItsDelayAndIsShown() external {
        vm.expectEmit(address(away.bridge));
        emit IBridgeEvents.SignersProposed(1, 2, 2, addressesOf(nextKeys), uint64(START + DELAY));
        propose(nextSet());
        (uint64 id, uint8 threshold, address[] memory signers, uint64 eta) = away.lens.pendingSigners(1);
        vm.assertEq(id, 2);
        vm.assertEq(threshold, 2);
        vm.assertEq(signers.length, 3);
        vm.assertEq(signers[1], vm.addr(nextKeys[1]));
        vm.assertEq(eta, START + DELAY);
        (uint64 delay, uint64 grace) = away.lens.timing();
        vm.assertEq(delay, DELAY);
        vm.assertEq(grace, GRACE);
        (id,,, eta) = away.lens.pendingSigners(2);
        vm.assertEq(id + eta, 0);
    }

    function test_ASetThatIsOnlyProposedSignsNothing() external {
        propose(nextSet());
        bring(nextKeys, 2, unknownSet(2, 1));
        bring(nextKeys, 1, abi.encodeWithSelector(IRefusals.SignerUnknown.selector, vm.addr(nextKeys[0])));
    }

    function test_RefusesAnyoneButTheAdmin() external {
        refuse(IRefusals.NotAdmin.selector, num(GUARD));
        vm.prank(GUARD);
        away.bridge.proposeSigners(nextSet());
    }

    function test_RefusesANumberThatIsNotTheNext() external {
        SignerSet memory set = nextSet();
        (set.id, set.threshold) = (3, 0);
        vm.expectRevert(unknownSet(3, 1));
        propose(set);
        set.id = 1;
        vm.expectRevert(unknownSet(1, 1));
        propose(set);
    }

    function test_RefusesSetsOutOfForm() external {
        SignerSet memory set = nextSet();
        set.role = 3;
        malformedProposal(set);
        set = nextSet();
        set.threshold = 1;
        malformedProposal(set);
        set.threshold = 4;
        malformedProposal(set);
        set = nextSet();
        (set.signers[0], set.signers[1]) = (set.signers[1], set.signers[0]);
        malformedProposal(set);
        set = nextSet();
        set.signers[1] = set.signers[0];
        malformedProposal(set);
        set = nextSet();
        set.signers[0] = address(0);
        malformedProposal(set);
        set.signers = new address[](0);
        malformedProposal(set);
        set.signers = new address[](26);
        for (uint256 i; i < 26; ++i) {
            set.signers[i] = address(uint160(i + 1));
        }
        set.threshold = 14;
        malformedProposal(set);
    }

    function test_NobodySignsInBothRoles() external {
        SignerSet memory set = nextSet();
        set.signers = addressesOf(oracleKeys);
        malformedProposal(set);
        uint256[] memory others = sortedKeys("other oracle", 3);
        propose(SignerSet(ROLE_ORACLE, 2, 2, addressesOf(others)));
        set.signers = addressesOf(others);
        malformedProposal(set);
        vm.prank(GUARD);
        away.bridge.cancelSigners(ROLE_ORACLE);
        propose(set);
    }

    function test_TheAdminReplacesAPendingSet() external {
        propose(nextSet());
        vm.warp(START + 100);
        SignerSet memory other = nextSet();
        other.signers = addressesOf(sortedKeys("third", 3));
        propose(other);
        (,, address[] memory signers, uint64 eta) = away.lens.pendingSigners(1);
        vm.assertEq(signers[0], other.signers[0]);
        vm.assertEq(eta, START + 100 + DELAY);
        vm.warp(START + 100 + DELAY);
        away.bridge.activateSigners(1);
        heartbeat(away);
        // Whoever was pending before has become nobody.
        bring(nextKeys, 2, abi.encodeWithSelector(IRefusals.SignerUnknown.selector, vm.addr(nextKeys[0])));
    }

    function test_DelaysAndGraceAreThirtyDaysAtMost() external {
        SignerSet memory attestors = SignerSet(1, 1, 2, addressesOf(attestorKeys));
        SignerSet memory oracle = SignerSet(2, 1, 2, addressesOf(oracleKeys));
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        new ComplianceBridge(home.authority, keccak256("x"), attestors, oracle, Timing(30 days + 1, 0));
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        new ComplianceBridge(home.authority, keccak256("x"), attestors, oracle, Timing(0, 30 days + 1));
        new ComplianceBridge(home.authority, keccak256("x"), attestors, oracle, Timing(30 days, 30 days));
    }
}

contract ProposeSignersSignedTest is RotationBase {
    function bringSigned(SignerSet memory set, uint64 by, uint256[] memory keys, uint256 count) private {
        bytes[] memory signed = signatures(keys, count, Digests.signerSet(set, separator(away)));
        away.bridge.proposeSignersSigned(set, by, signed);
    }

    function test_TheCurrentQuorumProposesItsSuccessor() external {
        bringSigned(nextSet(), 1, attestorKeys, 2);
        (uint64 id,,, uint64 eta) = away.lens.pendingSigners(1);
        vm.assertEq(id, 2);
        vm.assertEq(eta, START + DELAY);
    }

    function test_RefusesWhileOneIsPending() external {
        propose(nextSet());
        SignerSet memory set = nextSet();
        bytes[] memory signed = signatures(attestorKeys, 2, Digests.signerSet(set, separator(away)));
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        away.bridge.proposeSignersSigned(set, 1, signed);
    }

    function test_RefusesOtherSignersChainsAndSets() external {
        SignerSet memory set = nextSet();
        bytes[] memory signed = signatures(oracleKeys, 2, Digests.signerSet(set, separator(away)));
        refuse(IRefusals.SignerUnknown.selector, num(vm.addr(oracleKeys[0])));
        away.bridge.proposeSignersSigned(set, 1, signed);
        signed = signatures(attestorKeys, 1, Digests.signerSet(set, separator(away)));
        refuse(IRefusals.QuorumNotMet.selector, 1, 2);
        away.bridge.proposeSignersSigned(set, 1, signed);
        signed = signatures(attestorKeys, 2, Digests.signerSet(set, separator(home)));
        vm.expectRevert();
        away.bridge.proposeSignersSigned(set, 1, signed);
        set.threshold = 3;
        signed = signatures(attestorKeys, 2, Digests.signerSet(nextSet(), separator(away)));
        vm.expectRevert();
        away.bridge.proposeSignersSigned(set, 1, signed);
    }

    function test_ASetInItsGraceProposesNothing() external {
        rotate();
        SignerSet memory set = SignerSet(ROLE_ATTESTOR, 3, 2, addressesOf(sortedKeys("third", 3)));
        bytes[] memory signed = signatures(attestorKeys, 2, Digests.signerSet(set, separator(away)));
        vm.expectRevert(unknownSet(1, 2));
        away.bridge.proposeSignersSigned(set, 1, signed);
        bringSigned(set, 2, nextKeys, 2);
    }
}

contract ActivateSignersTest is RotationBase {
    function test_FromTheSecondItsDelayIsOver() external {
        propose(nextSet());
        vm.warp(START + DELAY - 1);
        refuse(IRefusals.NotYet.selector, START + DELAY);
        away.bridge.activateSigners(1);
        vm.warp(START + DELAY);
        vm.expectEmit(address(away.bridge));
        emit IBridgeEvents.SignersActivated(1, 2, uint64(START + DELAY + GRACE));
        away.bridge.activateSigners(1);
        (uint64 id, uint8 threshold, address[] memory signers, uint64 previous, uint64 grace) = away.lens.signerSet(1);
        vm.assertEq(id, 2);
        vm.assertEq(threshold, 2);
        vm.assertEq(signers[0], vm.addr(nextKeys[0]));
        vm.assertEq(previous, 1);
        vm.assertEq(grace, START + DELAY + GRACE);
        (id,,, grace) = away.lens.pendingSigners(1);
        vm.assertEq(id + grace, 0);
    }

    function test_RefusesWithoutAProposal() external {
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        away.bridge.activateSigners(1);
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        away.bridge.activateSigners(3);
    }

    function strikePending(uint256 place) private {
        vm.prank(GUARD);
        away.bridge.strikeSigner(ROLE_ATTESTOR, vm.addr(nextKeys[place]));
    }

    /// @dev Such a set could sign nothing, not even its successor: the role would be mute once the grace is over.
    function test_ASetStruckBelowItsThresholdNeverBecomesTheCurrentOne() external {
        propose(nextSet());
        strikePending(0);
        strikePending(2);
        // Whether its delay is over or not: the lowest number is raised.
        refuse(IRefusals.QuorumNotMet.selector, 1, 2);
        away.bridge.activateSigners(1);
        vm.warp(START + DELAY);
        heartbeat(away);
        refuse(IRefusals.QuorumNotMet.selector, 1, 2);
        away.bridge.activateSigners(1);
        strikePending(1);
        refuse(IRefusals.QuorumNotMet.selector, 0, 2);
        away.bridge.activateSigners(1);
        (uint64 id,,,,) = away.lens.signerSet(1);
        vm.assertEq(id, 1);
        bring(attestorKeys, 1, "");
        // The admin's next proposal takes its place.
        SignerSet memory set = nextSet();
        set.signers = addressesOf(sortedKeys("third", 3));
        propose(set);
        vm.warp(START + 2 * DELAY);
        away.bridge.activateSigners(1);
    }

    function test_ASetStruckDownToItsThresholdIsActivatedAndSigns() external {
        propose(nextSet());
        strikePending(2);
        vm.warp(START + DELAY);
        away.bridge.activateSigners(1);
        heartbeat(away);
        bring(nextKeys, 2, "");
    }

    function test_BeforeItOnlyTheOldSetSignsAndInGraceBoth() external {
        bring(attestorKeys, 1, "");
        rotate();
        bring(nextKeys, 2, "");
        bring(attestorKeys, 1, "");
        bring(attestorKeys, 2, abi.encodeWithSelector(IRefusals.SignerUnknown.selector, vm.addr(attestorKeys[0])));
        bring(nextKeys, 1, abi.encodeWithSelector(IRefusals.SignerUnknown.selector, vm.addr(nextKeys[0])));
    }

    function test_TheOldSetSignsUntilTheSecondBeforeGraceEnds() external {
        rotate();
        uint256 ends = START + DELAY + GRACE;
        vm.warp(ends - 1);
        heartbeat(away);
        bring(attestorKeys, 1, "");
        vm.warp(ends);
        bring(attestorKeys, 1, unknownSet(1, 2));
        vm.warp(ends + 1);
        bring(attestorKeys, 1, unknownSet(1, 2));
        bring(nextKeys, 2, "");
    }

    function test_TheOracleRotatesTheSameWay() external {
        uint256[] memory next = sortedKeys("next oracle", 3);
        propose(SignerSet(ROLE_ORACLE, 2, 3, addressesOf(next)));
        vm.warp(START + DELAY);
        away.bridge.activateSigners(ROLE_ORACLE);
        OracleBatch memory batch = newBatch(away);
        bytes[] memory signed = signatures(next, 2, this.digestBatch(batch, separator(away)));
        refuse(IRefusals.QuorumNotMet.selector, 2, 3);
        away.bridge.submitBatch(batch, 2, signed);
        signed = signatures(next, 3, this.digestBatch(batch, separator(away)));
        away.bridge.submitBatch(batch, 2, signed);
        away.batch = batch.number;
        heartbeat(away);
    }
}

contract StopSignersTest is RotationBase {
    function test_GuardianAndAdminCancel() external {
        propose(nextSet());
        vm.expectEmit(address(away.bridge));
        emit IBridgeEvents.SignersCancelled(1, 2);
        vm.prank(GUARD);
        away.bridge.cancelSigners(1);
        vm.warp(START + DELAY);
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        away.bridge.activateSigners(1);
        propose(nextSet());
        vm.prank(ADMIN_);
        away.bridge.cancelSigners(1);
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        vm.prank(ADMIN_);
        away.bridge.cancelSigners(1);
    }

    function test_ARetiredSetSignsNothingAtOnce() external {
        rotate();
        vm.expectEmit(address(away.bridge));
        emit IBridgeEvents.SignersRetired(1, 1);
        vm.prank(GUARD);
        away.bridge.retireSigners(1);
        bring(attestorKeys, 1, unknownSet(1, 2));
        (,,, uint64 previous, uint64 grace) = away.lens.signerSet(1);
        vm.assertEq(previous + grace, 0);
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        vm.prank(ADMIN_);
        away.bridge.retireSigners(1);
    }

    function test_AStruckSignerIsAStrangerInEverySetAndTheThresholdStays() external {
        rotate();
        propose(SignerSet(ROLE_ATTESTOR, 3, 2, addressesOf(attestorKeys)));
        address struck = vm.addr(attestorKeys[0]);
        vm.expectEmit(address(away.bridge));
        emit IBridgeEvents.SignerStruck(1, struck);
        vm.prank(GUARD);
        away.bridge.strikeSigner(1, struck);
        bring(attestorKeys, 1, abi.encodeWithSelector(IRefusals.SignerUnknown.selector, struck));
        (, uint8 threshold, address[] memory signers,) = away.lens.pendingSigners(1);
        vm.assertEq(threshold, 2);
        vm.assertEq(signers.length, 2);
        vm.assertEq(signers[0], vm.addr(attestorKeys[1]));
        vm.warp(block.timestamp + DELAY);
        away.bridge.activateSigners(1);
        heartbeat(away);
        bring(attestorKeys, 3, abi.encodeWithSelector(IRefusals.SignerUnknown.selector, struck));
        uint256[] memory rest = new uint256[](2);
        (rest[0], rest[1]) = (attestorKeys[1], attestorKeys[2]);
        bring(rest, 3, "");
    }

    function test_ACurrentSignerIsStruckAndNeverProposedAgain() external {
        address struck = vm.addr(attestorKeys[1]);
        vm.prank(ADMIN_);
        away.bridge.strikeSigner(1, struck);
        (, uint8 threshold, address[] memory signers,,) = away.lens.signerSet(1);
        vm.assertEq(threshold, 2);
        vm.assertEq(signers.length, 2);
        vm.assertEq(signers[1], vm.addr(attestorKeys[2]));
        bring(attestorKeys, 1, abi.encodeWithSelector(IRefusals.SignerUnknown.selector, struck));
        malformedProposal(SignerSet(ROLE_ATTESTOR, 2, 2, addressesOf(attestorKeys)));
        malformedProposal(SignerSet(ROLE_ORACLE, 2, 2, addressesOf(attestorKeys)));
        refuse(IRefusals.SignerUnknown.selector, num(struck));
        vm.prank(ADMIN_);
        away.bridge.strikeSigner(1, struck);
    }

    function test_OnlyGuardianAndAdminStop() external {
        rotate();
        propose(SignerSet(ROLE_ATTESTOR, 3, 2, addressesOf(attestorKeys)));
        vm.startPrank(CONTROL);
        refuse(IRefusals.NotGuardian.selector, num(CONTROL));
        away.bridge.cancelSigners(1);
        refuse(IRefusals.NotGuardian.selector, num(CONTROL));
        away.bridge.retireSigners(1);
        refuse(IRefusals.NotGuardian.selector, num(CONTROL));
        away.bridge.strikeSigner(1, vm.addr(attestorKeys[0]));
        // The lowest number is raised: 24 before 31, 31 before 48.
        refuse(IRefusals.SignerUnknown.selector, num(ANYONE));
        away.bridge.strikeSigner(1, ANYONE);
        refuse(IRefusals.NotGuardian.selector, num(CONTROL));
        away.bridge.strikeSigner(3, ANYONE);
        vm.stopPrank();
        vm.startPrank(GUARD);
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        away.bridge.strikeSigner(3, vm.addr(attestorKeys[0]));
        refuse(IRefusals.SignerUnknown.selector, num(ANYONE));
        away.bridge.strikeSigner(1, ANYONE);
        vm.stopPrank();
    }

    function test_EveryEntryIsShutOnAForkOfTheChain() external {
        vm.chainId(999);
        vm.startPrank(ADMIN_);
        refuse(IRefusals.DomainMismatch.selector, 999, 31337);
        away.bridge.proposeSigners(nextSet());
        refuse(IRefusals.DomainMismatch.selector, 999, 31337);
        away.bridge.proposeSignersSigned(nextSet(), 1, new bytes[](0));
        refuse(IRefusals.DomainMismatch.selector, 999, 31337);
        away.bridge.activateSigners(1);
        refuse(IRefusals.DomainMismatch.selector, 999, 31337);
        away.bridge.strikeSigner(1, ANYONE);
        vm.stopPrank();
    }

    /// @dev Whoever is proposed, in whatever order and number: either the set is well-formed or it is refused.
    function testFuzz_OnlyWellFormedSetsAreProposed(address[] memory signers, uint8 threshold) external {
        bool good = signers.length > 0 && signers.length <= 25 && threshold <= signers.length
            && 2 * uint256(threshold) > signers.length;
        for (uint256 i; i < signers.length && good; ++i) {
            good = signers[i] > (i == 0 ? address(0) : signers[i - 1]);
        }
        vm.prank(ADMIN_);
        (bool done,) =
            address(away.bridge).call(abi.encodeCall(away.bridge.proposeSigners, (SignerSet(1, 2, threshold, signers))));
        vm.assertTrue(done == good);
    }
}
