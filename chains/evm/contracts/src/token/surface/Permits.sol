// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {ControlBase} from "../controls/ControlBase.sol";

/// @title Approvals by signature (ERC-2612), under a domain that can be asked for (ERC-5267)
/// @notice The domain names this token and this chain, so a permit for a token that was replaced is worth nothing at its
/// successor. A permit moves nothing: whoever uses the allowance meets every rule of a transfer.
abstract contract Permits is ControlBase, IERC20Permit, IERC5267 {
    /// @custom:storage-location erc7201:lockstep.token.permits
    struct PermitStorage {
        mapping(address owner => uint256) nonces;
    }

    error ERC2612ExpiredSignature(uint256 deadline);
    error ERC2612InvalidSigner(address signer, address owner);

    bytes32 private constant PERMIT_TYPE =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    string private constant VERSION = "1";

    // Name, version, chain id and contract: the low four bits of ERC-5267's fields.
    bytes1 private constant FIELDS = 0x0f;

    bytes32 private constant STORAGE =
        keccak256(abi.encode(uint256(keccak256("lockstep.token.permits")) - 1)) & ~bytes32(uint256(0xff));

    /// @notice Lets `spender` move up to `value` of `owner`'s tokens, by `owner`'s signature.
    /// Requirements: not after `deadline` (ERC2612ExpiredSignature); a canonical signature (ECDSA's errors) by `owner` of
    /// its next nonce (ERC2612InvalidSigner); a spender (ERC20InvalidSpender); the token in force.
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
    {
        _requireInForce();
        if (block.timestamp > deadline) revert ERC2612ExpiredSignature(deadline);
        if (spender == address(0)) revert IERC20Errors.ERC20InvalidSpender(spender);
        uint256 nonce = _permits().nonces[owner]++;
        bytes32 hash = keccak256(abi.encode(PERMIT_TYPE, owner, spender, value, nonce, deadline));
        address signer = ECDSA.recover(MessageHashUtils.toTypedDataHash(_separator(), hash), v, r, s);
        if (signer != owner) revert ERC2612InvalidSigner(signer, owner);
        _allowances[owner][spender] = value;
        emit IERC20.Approval(owner, spender, value);
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) external view returns (uint256) {
        return _permits().nonces[owner];
    }

    /// @inheritdoc IERC20Permit
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _separator();
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (FIELDS, _name, VERSION, block.chainid, address(this), 0, new uint256[](0));
    }

    function _separator() private view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPE, keccak256(bytes(_name)), keccak256(bytes(VERSION)), block.chainid, address(this))
        );
    }

    function _permits() private pure returns (PermitStorage storage permits) {
        bytes32 place = STORAGE;
        assembly ("memory-safe") {
            permits.slot := place
        }
    }
}
