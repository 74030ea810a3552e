// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IERC3643Agent} from "../../interfaces/IERC3643.sol";
import {IHolderControls} from "../../interfaces/ITokenControls.sol";
import {Findings, Refusals} from "../../libraries/Refusals.sol";
import {AT_INVESTOR, AT_LOTS, MAX_AMOUNT} from "../../types/Constants.sol";
import {Lot} from "../../types/Types.sol";
import {Issues} from "../Issues.sol";
import {Reads3643} from "./Reads3643.sol";

/// @title The agent's calls of ERC-3643, made of the controls
/// @notice Each calls the token itself as its caller does, by delegatecall: the caller stays who it is, and rules and
/// rights are those of the control.
abstract contract Agent3643 is Reads3643, IERC3643Agent {
    using Refusals for Findings;

    // What these calls carry in place of a reason of the issuer's book; the standard has no place for one.
    uint16 private constant REASON = 3643;

    /// @inheritdoc IERC3643Agent
    function setAddressFrozen(address account, bool freeze) public {
        _act(abi.encodeCall(IHolderControls.freezeAccount, (account, freeze, REASON, 0)));
    }

    /// @inheritdoc IERC3643Agent
    function freezePartialTokens(address account, uint256 amount) public {
        Findings memory findings = _byController();
        (bytes32 investor, uint256 total, uint256 frozen) = _evaluatePartial(findings, account, amount);
        uint256 loose = total > frozen ? total - frozen : 0;
        if (amount > loose) findings.add(Refusals.INSUFFICIENT_BALANCE, loose, amount);
        findings.enforce();
        emit TokensFrozen(account, amount);
        _act(abi.encodeCall(IHolderControls.freezeAmount, (investor, frozen + amount, REASON, 0)));
    }

    /// @inheritdoc IERC3643Agent
    function unfreezePartialTokens(address account, uint256 amount) public {
        Findings memory findings = _byController();
        (bytes32 investor,, uint256 frozen) = _evaluatePartial(findings, account, amount);
        if (amount > frozen) findings.add(Refusals.FROZEN_AMOUNT, frozen);
        findings.enforce();
        emit TokensUnfrozen(account, amount);
        _act(abi.encodeCall(IHolderControls.freezeAmount, (investor, frozen - amount, REASON, 0)));
    }

    /// @inheritdoc IERC3643Agent
    function forcedTransfer(address from, address to, uint256 amount) public returns (bool) {
        _act(abi.encodeCall(IHolderControls.forceTransfer, (from, to, amount, REASON, 0)));
        return true;
    }

    /// @inheritdoc IERC3643Agent
    function recoveryAddress(address lost, address replacement, address investor) external returns (bool) {
        address known = identity(lost);
        _act(abi.encodeCall(IHolderControls.recover, (lost, replacement, REASON, 0)));
        // Last, because it has the highest number of all that can fail; it undoes everything.
        if (investor != address(0) && investor != known) revert Malformed(AT_INVESTOR);
        return true;
    }

    /// @inheritdoc IERC3643Agent
    function mint(address to, uint256 amount) public {
        _call(abi.encodeCall(Issues.issue, (to, _free(amount))));
    }

    /// @inheritdoc IERC3643Agent
    function burn(address account, uint256 amount) public {
        _act(abi.encodeCall(IHolderControls.redeem, (account, _free(amount), REASON, 0)));
    }

    /// @inheritdoc IERC3643Agent
    function batchTransfer(address[] calldata to, uint256[] calldata amounts) external {
        _requireEqual(to.length, amounts.length);
        for (uint256 i; i < to.length; ++i) {
            _call(abi.encodeCall(IERC20.transfer, (to[i], amounts[i])));
        }
    }

    /// @inheritdoc IERC3643Agent
    function batchForcedTransfer(address[] calldata from, address[] calldata to, uint256[] calldata amounts) external {
        _requireEqual(from.length, to.length);
        _requireEqual(from.length, amounts.length);
        for (uint256 i; i < from.length; ++i) {
            forcedTransfer(from[i], to[i], amounts[i]);
        }
    }

    /// @inheritdoc IERC3643Agent
    function batchMint(address[] calldata to, uint256[] calldata amounts) external {
        _requireEqual(to.length, amounts.length);
        for (uint256 i; i < to.length; ++i) {
            mint(to[i], amounts[i]);
        }
    }

    /// @inheritdoc IERC3643Agent
    function batchBurn(address[] calldata accounts, uint256[] calldata amounts) external {
        _requireEqual(accounts.length, amounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            burn(accounts[i], amounts[i]);
        }
    }

    /// @inheritdoc IERC3643Agent
    function batchSetAddressFrozen(address[] calldata accounts, bool[] calldata freeze) external {
        _requireEqual(accounts.length, freeze.length);
        for (uint256 i; i < accounts.length; ++i) {
            setAddressFrozen(accounts[i], freeze[i]);
        }
    }

    /// @inheritdoc IERC3643Agent
    function batchFreezePartialTokens(address[] calldata accounts, uint256[] calldata amounts) external {
        _requireEqual(accounts.length, amounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            freezePartialTokens(accounts[i], amounts[i]);
        }
    }

    /// @inheritdoc IERC3643Agent
    function batchUnfreezePartialTokens(address[] calldata accounts, uint256[] calldata amounts) external {
        _requireEqual(accounts.length, amounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            unfreezePartialTokens(accounts[i], amounts[i]);
        }
    }

    /// @dev SenderUnbound, AmountZero; what the account's investor holds and how much of it is frozen.
    function _evaluatePartial(Findings memory findings, address account, uint256 amount)
        private
        view
        returns (bytes32 investor, uint256 total, uint256 frozen)
    {
        if (amount == 0) findings.add(Refusals.AMOUNT_ZERO);
        uint128 present = _investorOf(_accounts[account]);
        if (present == 0) findings.add(Refusals.SENDER_UNBOUND, uint160(account));
        else (total, frozen) = _frozenOf(present);
        investor = _toBytes32(present);
    }

    /// @dev A control without a document.
    function _act(bytes memory data) private {
        _byAgent = true;
        _call(data);
        _byAgent = false;
    }

    function _call(bytes memory data) private {
        (bool done, bytes memory answer) = address(this).delegatecall(data);
        if (done) return;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }

    function _requireEqual(uint256 one, uint256 other) private pure {
        if (one != other) revert Malformed(AT_LOTS);
    }

    /// @dev Free tokens as a list of lots. More than a lot can name is more than anyone can hold.
    function _free(uint256 amount) private pure returns (Lot[] memory lots) {
        if (amount > type(uint128).max) revert AmountTooLarge(amount, MAX_AMOUNT);
        lots = new Lot[](1);
        lots[0] = Lot(uint128(amount), 0, 0);
    }
}
