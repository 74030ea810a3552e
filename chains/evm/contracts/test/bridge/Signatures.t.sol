// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {Approval, TransferOrder} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Every other spelling of a signature, at the gate of a real call
contract SignaturesTest is Fixture {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function setUp() public override {
        super.setUp();
        issue(home, ana, freeLot(1000));
    }

    /// @dev Brings an approved order with its signatures replaced; expects `answer`, or success for an empty one.
    function bring(function(bytes[] memory) internal pure returns (bytes[] memory) change, bytes memory answer)
        private
    {
        TransferOrder memory order = initiate(home, ana, requestOf(away, ANA, ana, freeLot(1)));
        Approval memory approval = approvalOf(order);
        bytes[] memory signed = change(signatures(attestorKeys, 3, this.digestApproval(approval, separator(away))));
        if (answer.length > 0) vm.expectRevert(answer);
        away.bridge.deliver(listOf(order), approval, 1, signed);
    }

    function malformed(uint256 index) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRefusals.SignatureMalformed.selector, index);
    }

    function spell(bytes memory signed, uint256 s, uint8 v) private pure returns (bytes memory) {
        return abi.encodePacked(bytes32(signed), s, v);
    }

    function asTheyAre(bytes[] memory signed) internal pure returns (bytes[] memory) {
        return signed;
    }

    function withRecoveryIds(bytes[] memory signed) internal pure returns (bytes[] memory) {
        for (uint256 i; i < signed.length; ++i) {
            signed[i][64] = bytes1(uint8(signed[i][64]) - 27);
        }
        return signed;
    }

    function withTheHighS(bytes[] memory signed) internal pure returns (bytes[] memory) {
        bytes memory genuine = signed[1];
        uint256 s;
        assembly ("memory-safe") {
            s := mload(add(genuine, 0x40))
        }
        signed[1] = spell(genuine, ORDER - s, uint8(genuine[64]) == 27 ? 28 : 27);
        return signed;
    }

    function withoutR(bytes[] memory signed) internal pure returns (bytes[] memory) {
        for (uint256 i; i < 32; ++i) {
            signed[0][i] = 0;
        }
        return signed;
    }

    function withoutS(bytes[] memory signed) internal pure returns (bytes[] memory) {
        signed[2] = spell(signed[2], 0, 27);
        return signed;
    }

    function compact(bytes[] memory signed) internal pure returns (bytes[] memory) {
        bytes memory genuine = signed[0];
        assembly ("memory-safe") {
            mstore(genuine, 64)
        }
        return signed;
    }

    function doubled(bytes[] memory signed) internal pure returns (bytes[] memory) {
        signed[1] = signed[0];
        return signed;
    }

    function backwards(bytes[] memory signed) internal pure returns (bytes[] memory) {
        (signed[0], signed[1]) = (signed[1], signed[0]);
        return signed;
    }

    function twentySix(bytes[] memory) internal pure returns (bytes[] memory) {
        return new bytes[](26);
    }

    function test_TakesAllThree() external {
        bring(asTheyAre, "");
    }

    function test_RefusesRecoveryIdsForV() external {
        bring(withRecoveryIds, malformed(0));
    }

    function test_RefusesTheHighSOfAGenuineSignature() external {
        bring(withTheHighS, malformed(1));
    }

    function test_RefusesZeros() external {
        bring(withoutR, malformed(0));
        bring(withoutS, malformed(2));
    }

    function test_RefusesTheCompactForm() external {
        bring(compact, malformed(0));
    }

    function test_RefusesASignerTwice() external {
        bring(doubled, abi.encodeWithSelector(IRefusals.SignerOrder.selector, 1));
    }

    function test_RefusesSignersOutOfOrder() external {
        bring(backwards, abi.encodeWithSelector(IRefusals.SignerOrder.selector, 1));
    }

    function test_RefusesMoreThanTwentyFive() external {
        bring(twentySix, abi.encodeWithSelector(IRefusals.Malformed.selector, 25));
    }
}
