// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {Permits} from "../../src/token/surface/Permits.sol";
import {ControlsBase} from "../controls/ControlsBase.sol";

contract PermitTest is ControlsBase {
    uint256 private constant KEY = 0xA11CE;
    // Order of secp256k1.
    uint256 private constant N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    IERC20Permit private token;
    address private owner;

    struct Signed {
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    function setUp() public override {
        super.setUp();
        token = IERC20Permit(address(home.token));
        owner = vm.addr(KEY);
        bindAccount(home, owner, ANA);
        issue(home, owner, lots1(free(1000)));
    }

    /// @dev The bytes are made here anew, not by the contract's own constants.
    function digestOf(address spender, uint256 value, uint256 nonce, uint256 deadline) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Share"),
                keccak256("1"),
                block.chainid,
                address(token)
            )
        );
        bytes32 object = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                owner,
                spender,
                value,
                nonce,
                deadline
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, object));
    }

    function sign(address spender, uint256 value, uint256 nonce, uint256 deadline)
        private
        view
        returns (Signed memory signed)
    {
        (signed.v, signed.r, signed.s) = vm.sign(KEY, digestOf(spender, value, nonce, deadline));
    }

    function permit(address spender, uint256 value, uint256 deadline, Signed memory signed) private {
        token.permit(owner, spender, value, deadline, signed.v, signed.r, signed.s);
    }

    function test_GivesAnAllowanceThatMeetsEveryRule() external {
        Signed memory signed = sign(ANYONE, 600, 0, START);
        vm.expectEmit(address(token));
        emit IERC20.Approval(owner, ANYONE, 600);
        permit(ANYONE, 600, START, signed);
        vm.assertEq(home.token.allowance(owner, ANYONE), 600);
        vm.assertEq(token.nonces(owner), 1);
        refuse(IRefusals.ReceiverUnbound.selector, num(spare));
        vm.prank(ANYONE);
        home.token.transferFrom(owner, spare, 1);
        vm.prank(ANYONE);
        home.token.transferFrom(owner, ben, 600);
        vm.assertEq(balance(ben), 600);
    }

    function test_TheDomainIsTheTokensAndCanBeAsked() external view {
        (bytes1 fields, string memory name, string memory version, uint256 chain, address place, bytes32 salt,) =
            IERC5267(address(token)).eip712Domain();
        vm.assertEq(uint8(fields), 15);
        vm.assertEq(name, "Share");
        vm.assertEq(version, "1");
        vm.assertEq(chain, block.chainid);
        vm.assertEq(place, address(token));
        vm.assertEq(salt, 0);
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chain,
                place
            )
        );
        vm.assertEq(token.DOMAIN_SEPARATOR(), separator);
    }

    function test_WorksOnce() external {
        Signed memory signed = sign(ANYONE, 600, 0, START);
        permit(ANYONE, 600, START, signed);
        vm.expectRevert();
        permit(ANYONE, 600, START, signed);
    }

    function test_RefusesAfterItsDeadline() external {
        Signed memory signed = sign(ANYONE, 600, 0, START);
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(Permits.ERC2612ExpiredSignature.selector, START));
        permit(ANYONE, 600, START, signed);
    }

    function test_RefusesAnotherSigner() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY + 1, digestOf(ANYONE, 600, 0, START));
        vm.expectRevert(abi.encodeWithSelector(Permits.ERC2612InvalidSigner.selector, vm.addr(KEY + 1), owner));
        permit(ANYONE, 600, START, Signed(v, r, s));
    }

    function test_RefusesAnotherValueSpenderOrNonce() external {
        Signed memory signed = sign(ANYONE, 600, 0, START);
        vm.expectRevert();
        permit(ANYONE, 601, START, signed);
        vm.expectRevert();
        permit(ana, 600, START, signed);
        Signed memory later = sign(ANYONE, 600, 1, START);
        vm.expectRevert();
        permit(ANYONE, 600, START, later);
    }

    function test_RefusesASignatureOnTheUpperHalf() external {
        Signed memory signed = sign(ANYONE, 600, 0, START);
        bytes32 high = bytes32(N - uint256(signed.s));
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, high));
        permit(ANYONE, 600, START, Signed(signed.v == 27 ? 28 : 27, signed.r, high));
    }

    function test_RefusesNoSignatureForNobody() external {
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignature.selector));
        token.permit(address(0), ANYONE, 1, START, 27, bytes32(0), bytes32(0));
    }

    function test_RefusesNoSpender() external {
        Signed memory signed = sign(address(0), 600, 0, START);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidSpender.selector, address(0)));
        permit(address(0), 600, START, signed);
    }

    function test_RefusesOnAnotherChain() external {
        Signed memory signed = sign(ANYONE, 600, 0, START);
        uint256 chain = block.chainid;
        vm.chainId(999);
        refuse(IRefusals.DomainMismatch.selector, 999, chain);
        permit(ANYONE, 600, START, signed);
    }

    function test_APermitForOneTokenIsNoneForAnother() external {
        Signed memory signed = sign(ANYONE, 600, 0, START);
        vm.expectRevert();
        IERC20Permit(address(away.token)).permit(owner, ANYONE, 600, START, signed.v, signed.r, signed.s);
    }
}
