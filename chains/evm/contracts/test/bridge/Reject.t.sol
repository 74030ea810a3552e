// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IBridgeEvents} from "../../src/interfaces/IBridgeEvents.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {Digests} from "../../src/libraries/Digests.sol";
import {AT_REASON} from "../../src/types/Constants.sol";
import {Lot, TransferOrder} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

contract RejectTest is Fixture {
    function setUp() public override {
        super.setUp();
        issue(home, ana, freeLot(1000));
    }

    function newOrder() private returns (TransferOrder memory) {
        return initiate(home, ana, requestOf(away, ANA, ana, freeLot(1)));
    }

    function refuseRejection(TransferOrder memory order, uint32 reason, bytes memory answer) private {
        bytes[] memory signed = signRejection(away, order, reason);
        vm.expectRevert(answer);
        away.bridge.reject(order, reason, 1, signed);
    }

    function test_SetsTheOutcomeRejected() external {
        TransferOrder memory order = newOrder();
        bytes[] memory signed = signRejection(away, order, 9);
        vm.expectEmit(address(away.bridge));
        emit IBridgeEvents.OrderRejected(Digests.orderId(order), home.domain, 1, 2, 9, uint64(START));
        away.bridge.reject(order, 9, 1, signed);
        vm.assertEq(away.lens.outcomeOf(home.domain, 1), 2);
        vm.assertEq(deliver(away, order), 22);
    }

    function test_ExpiresFromTheSecondOfTheDeadline() external {
        TransferOrder memory order = newOrder();
        vm.warp(order.deadline - 1);
        refuseRejection(order, 21, abi.encodeWithSelector(IRefusals.NotYet.selector, order.deadline));
        vm.warp(order.deadline);
        reject(away, order, 21);
        vm.assertEq(away.lens.outcomeOf(home.domain, 1), 3);
    }

    function test_WorksForUnknownAssetsAndWhileAllIsPaused() external {
        TransferOrder memory order = newOrder();
        order.asset = bytes32(uint256(5));
        vm.prank(GUARD);
        away.bridge.pause(15);
        reject(away, order, 3);
        vm.assertEq(away.lens.outcomeOf(home.domain, 1), 2);
    }

    function test_OutcomesOfNeighboursStayApart() external {
        TransferOrder memory order = newOrder();
        uint64[6] memory nonces = [uint64(1), 2, 3, 127, 128, type(uint64).max];
        for (uint256 i; i < nonces.length; ++i) {
            order.nonce = nonces[i];
            if (i % 2 == 0) reject(away, order, 9);
            else vm.assertEq(deliver(away, order), 0);
        }
        for (uint256 i; i < nonces.length; ++i) {
            vm.assertEq(away.lens.outcomeOf(home.domain, nonces[i]), i % 2 == 0 ? 2 : 1);
        }
        uint64[5] memory untouched = [uint64(0), 4, 126, 129, type(uint64).max - 1];
        for (uint256 i; i < untouched.length; ++i) {
            vm.assertEq(away.lens.outcomeOf(home.domain, untouched[i]), 0);
        }
    }

    function test_RefusesASecondOutcome() external {
        TransferOrder memory order = newOrder();
        reject(away, order, 9);
        refuseRejection(order, 9, abi.encodeWithSelector(IRefusals.OrderConsumed.selector, 2));
        order = newOrder();
        deliver(away, order);
        refuseRejection(order, 9, abi.encodeWithSelector(IRefusals.OrderConsumed.selector, 1));
    }

    function test_RefusesReasonsThatAreNoRefusal() external {
        TransferOrder memory order = newOrder();
        bytes memory answer = abi.encodeWithSelector(IRefusals.Malformed.selector, AT_REASON);
        refuseRejection(order, 0, answer);
        refuseRejection(order, 50, answer);
        reject(away, order, 49);
    }

    function test_RefusesOrdersOutOfForm() external {
        TransferOrder memory order = newOrder();
        order.lots = new Lot[](0);
        refuseRejection(order, 9, abi.encodeWithSelector(IRefusals.AmountZero.selector));
    }

    function test_RefusesOrdersForAnotherChainAndFromNoLane() external {
        TransferOrder memory order = newOrder();
        order.destination = bytes32(uint256(5));
        refuseRejection(order, 9, abi.encodeWithSelector(IRefusals.DomainMismatch.selector, 5, uint256(away.domain)));
        order.destination = away.domain;
        order.source = bytes32(uint256(6));
        refuseRejection(order, 9, abi.encodeWithSelector(IRefusals.DomainMismatch.selector, 6, 0));
    }

    function test_RefusesTooFewSignaturesAndOthersReasons() external {
        TransferOrder memory order = newOrder();
        bytes32 digest = Digests.rejection(Digests.orderId(order), 9, separator(away));
        bytes[] memory signed = signatures(attestorKeys, 1, digest);
        refuse(IRefusals.QuorumNotMet.selector, 1, 2);
        away.bridge.reject(order, 9, 1, signed);
        signed = signatures(attestorKeys, 2, digest);
        vm.expectRevert();
        away.bridge.reject(order, 10, 1, signed);
    }

    function test_RefusesOnAForkOfTheChain() external {
        TransferOrder memory order = newOrder();
        bytes[] memory signed = signRejection(away, order, 9);
        vm.chainId(999);
        refuse(IRefusals.DomainMismatch.selector, 999, 31337);
        away.bridge.reject(order, 9, 1, signed);
    }
}
