// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {Digests} from "../../src/libraries/Digests.sol";
import {AT_EXPIRY} from "../../src/types/Constants.sol";
import {Approval, TransferOrder} from "../../src/types/Types.sol";
import {DeliverBase} from "../support/DeliverBase.sol";

contract DeliverApprovalTest is DeliverBase {
    TransferOrder private _order;

    function setUp() public override {
        super.setUp();
        TransferOrder memory order = ownOrder(freeLot(1));
        delete _order;
        _order.source = order.source;
        _order.destination = order.destination;
        _order.nonce = order.nonce;
        _order.asset = order.asset;
        _order.terms = order.terms;
        _order.fromInvestor = order.fromInvestor;
        _order.toInvestor = order.toInvestor;
        _order.sender = order.sender;
        _order.recipient = order.recipient;
        _order.lots.push(order.lots[0]);
        _order.initiatedAt = order.initiatedAt;
        _order.deadline = order.deadline;
    }

    function refuseCall(TransferOrder[] memory orders, Approval memory approval, bytes memory answer) private {
        bytes[] memory signed = signApproval(away, approval);
        vm.expectRevert(answer);
        away.bridge.deliver(orders, approval, 1, signed);
    }

    function malformed(uint256 place) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRefusals.Malformed.selector, place);
    }

    function test_RefusesNoOrdersAndMoreThanTwenty() external {
        Approval memory approval = approvalOf(_order);
        refuseCall(new TransferOrder[](0), approval, malformed(20));
        TransferOrder[] memory orders = new TransferOrder[](21);
        for (uint256 i; i < 21; ++i) {
            orders[i] = _order;
        }
        refuseCall(orders, approval, malformed(20));
    }

    function test_RefusesApprovalsOfNothingAndOfMoreThanAHundred() external {
        Approval memory approval = approvalOf(_order);
        approval.orders = new bytes32[](0);
        refuseCall(listOf(_order), approval, malformed(100));
        approval.orders = new bytes32[](101);
        refuseCall(listOf(_order), approval, malformed(100));
        approval.orders = new bytes32[](100);
        approval.orders[99] = Digests.orderId(_order);
        bytes[] memory signed = signApproval(away, approval);
        vm.assertEq(away.bridge.deliver(listOf(_order), approval, 1, signed)[0], 0);
    }

    function test_RefusesApprovalsThatExpireLaterThanInAnHour() external {
        Approval memory approval = approvalOf(_order);
        approval.expiresAt = uint64(START + 3601);
        refuseCall(listOf(_order), approval, malformed(AT_EXPIRY));
        approval.expiresAt = uint64(START + 3600);
        bytes[] memory signed = signApproval(away, approval);
        vm.assertEq(away.bridge.deliver(listOf(_order), approval, 1, signed)[0], 0);
    }

    function test_RefusesApprovalsFromTheSecondTheyExpire() external {
        Approval memory approval = approvalOf(_order);
        vm.warp(approval.expiresAt);
        refuseCall(
            listOf(_order), approval, abi.encodeWithSelector(IRefusals.ApprovalExpired.selector, approval.expiresAt)
        );
        vm.warp(approval.expiresAt - 1);
        bytes[] memory signed = signApproval(away, approval);
        vm.assertEq(away.bridge.deliver(listOf(_order), approval, 1, signed)[0], 0);
    }

    function test_RefusesAnApprovalForAnotherChain() external {
        Approval memory approval = approvalOf(_order);
        bytes[] memory signed = signApproval(home, approval);
        vm.expectRevert();
        away.bridge.deliver(listOf(_order), approval, 1, signed);
    }

    function test_RefusesARejectionAsAnApprovalAndTheOtherWay() external {
        Approval memory approval = approvalOf(_order);
        bytes[] memory signed = signRejection(away, _order, 9);
        vm.expectRevert();
        away.bridge.deliver(listOf(_order), approval, 1, signed);
        signed = signApproval(away, approval);
        vm.expectRevert();
        away.bridge.reject(_order, 9, 1, signed);
    }

    function test_RefusesTheOraclesSignaturesUnknownSetsAndTooFew() external {
        Approval memory approval = approvalOf(_order);
        bytes32 digest = this.digestApproval(approval, separator(away));
        bytes[] memory signed = signatures(oracleKeys, 2, digest);
        refuse(IRefusals.SignerUnknown.selector, num(vm.addr(oracleKeys[0])));
        away.bridge.deliver(listOf(_order), approval, 1, signed);
        signed = signatures(attestorKeys, 2, digest);
        refuse(IRefusals.SignerSetUnknown.selector, 2, 1);
        away.bridge.deliver(listOf(_order), approval, 2, signed);
        signed = signatures(attestorKeys, 1, digest);
        refuse(IRefusals.QuorumNotMet.selector, 1, 2);
        away.bridge.deliver(listOf(_order), approval, 1, signed);
    }

    function test_ASignatureOfAnEarlierDeploymentIsAStrangers() external {
        bytes32 old = keccak256(abi.encode("eip155:31337", b32(address(away.bridge)), keccak256("before")));
        Approval memory approval = approvalOf(_order);
        bytes32 digest = this.digestApproval(approval, Digests.separatorOf(old));
        bytes[] memory signed = signatures(attestorKeys, 2, digest);
        vm.expectRevert();
        away.bridge.deliver(listOf(_order), approval, 1, signed);
    }

    function test_RefusesOnAForkOfTheChain() external {
        Approval memory approval = approvalOf(_order);
        bytes[] memory signed = signApproval(away, approval);
        vm.chainId(999);
        refuse(IRefusals.DomainMismatch.selector, 999, 31337);
        away.bridge.deliver(listOf(_order), approval, 1, signed);
    }
}
