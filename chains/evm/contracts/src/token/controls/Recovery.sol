// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {Forwarding, Forwards} from "../../libraries/Forwarding.sol";
import {Findings, Refusals} from "../../libraries/Refusals.sol";
import {AccountWord} from "../../libraries/TokenWords.sol";
import {AT_FORWARDS, AT_INVESTOR, MAX_FORWARDS} from "../../types/Constants.sol";
import {Action, ControlBase} from "./ControlBase.sol";

/// @title Recovery of a lost account
/// @notice The balance moves, the position does not: lots, times and counts are the investor's. What still names the
/// lost account, an order to it or a refund to it, follows `movedTo`: one hop, because all that led to the lost account
/// is turned to the new one.
abstract contract Recovery is ControlBase {
    using Forwarding for Forwards;
    using Refusals for Findings;

    function _recover(Findings memory findings, address from, address to, Action memory action)
        internal
        returns (uint256 amount)
    {
        (AccountWord lost, AccountWord found) = (_accounts[from], _accounts[to]);
        uint128 investor = _investorOf(lost);
        _checkRecovery(findings, from, to, investor);
        findings.enforce();
        bytes32 asset = _assetId();
        amount = lost.balance();
        _writeAccount(to, found.plus(amount).boundTo(investor).withFlags(found.flags() | lost.flags()));
        _moved.turn(uint160(from), uint160(to));
        _accounts[from] = lost.minus(amount).boundTo(0);
        emit AccountBound(asset, _toBytes32(from), 0);
        if (found.investor() == 0) emit AccountBound(asset, _toBytes32(to), _toBytes32(investor));
        if (amount > 0) emit IERC20.Transfer(from, to, amount);
        emit RecoverySuccess(from, to, address(uint160(investor)));
        emit AccountRecovered(asset, _toBytes32(from), _toBytes32(to), amount, action.reason, action.document);
    }

    /// @dev SenderUnbound(from), RecipientMalformed(to), BindingInvalid(to), Malformed(AT_INVESTOR), Malformed(AT_FORWARDS).
    function _checkRecovery(Findings memory findings, address from, address to, uint128 investor) private view {
        if (investor == 0) findings.add(Refusals.SENDER_UNBOUND, uint160(from));
        if (to == address(0)) findings.add(Refusals.RECIPIENT_MALFORMED);
        if (from == to) {
            findings.add(Refusals.MALFORMED, AT_INVESTOR);
            return;
        }
        // An account that was recovered once belongs to those its tokens went to: a refund may still name it.
        (, AccountWord found) = _followAccount(to);
        uint128 owner = _investorOf(found);
        if (investor != 0 && owner != 0 && owner != investor) findings.add(Refusals.BINDING_INVALID, uint160(to));
        if (_moved.leadingTo(uint160(from), uint160(to)) > MAX_FORWARDS) findings.add(Refusals.MALFORMED, AT_FORWARDS);
    }
}
