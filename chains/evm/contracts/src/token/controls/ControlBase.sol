// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC3643Events} from "../../interfaces/IERC3643.sol";
import {ITokenControlEvents} from "../../interfaces/ITokenControls.sol";
import {Findings, Refusals} from "../../libraries/Refusals.sol";
import {AccountWord} from "../../libraries/TokenWords.sol";
import {ADMIN, AT_ACTION, GUARDIAN} from "../../types/Constants.sol";
import {Extension} from "../Extension.sol";
import {Rules} from "../Rules.sol";

/// @dev Why a controller acts: a code of the issuer's book and the hash of the document that orders it.
struct Action {
    uint16 reason;
    bytes32 document;
}

/// @title Who may act, and the records that every act keeps up
/// @notice Called by itself an extension has no token to ask: `_requireInForce` and every question of a role revert, so
/// nothing of this runs outside a token.
abstract contract ControlBase is Rules, Extension, ITokenControlEvents, IERC3643Events {
    using Refusals for Findings;

    // Set while an agent's call of ERC-3643 runs, which has no place for a document. Gone with the transaction.
    bool internal transient _byAgent;

    /// @dev Requirements: the chain is the token's; the token is the one in force for its asset.
    function _requireInForce() internal view {
        _requireThisChain();
        _requireOpen(_config);
    }

    /// @dev What every act of a controller asks: NotController(caller); Malformed(AT_ACTION) without a reason or, but for
    /// an agent's call, a document.
    function _byController(Action memory action) internal view returns (Findings memory findings) {
        findings = _byController();
        if (action.reason == 0 || (action.document == 0 && !_byAgent)) findings.add(Refusals.MALFORMED, AT_ACTION);
    }

    /// @dev NotController(caller).
    function _byController() internal view returns (Findings memory findings) {
        _requireInForce();
        if (!_controls(msg.sender)) findings.add(Refusals.NOT_CONTROLLER, uint160(msg.sender));
    }

    /// @dev NotAdmin(caller).
    function _byAdmin() internal view returns (Findings memory findings) {
        _requireInForce();
        if (!_hasRole(ADMIN, msg.sender)) findings.add(Refusals.NOT_ADMIN, uint160(msg.sender));
    }

    /// @dev NotGuardian(caller).
    function _byGuardian() internal view returns (Findings memory findings) {
        _requireInForce();
        bool may = _hasRole(GUARDIAN, msg.sender) || _hasRole(ADMIN, msg.sender);
        if (!may) findings.add(Refusals.NOT_GUARDIAN, uint160(msg.sender));
    }

    /// @dev The investor that an account belongs to by now, 0 for none.
    function _investorOf(AccountWord account) internal view returns (uint128) {
        return account.investor() == 0 ? 0 : _presentOf(account.investor());
    }

    /// @dev Writes an account and keeps the number of accounts that there is something to know about.
    function _writeAccount(address account, AccountWord word) internal {
        if (_movedTo(account) == address(0)) {
            _countRecord(AccountWord.unwrap(_accounts[account]) != 0, AccountWord.unwrap(word) != 0);
        }
        _accounts[account] = word;
    }

    /// @dev Moves the number of investors by what became of one that had (`before`) a position or record.
    function _countHolder(bool before, uint128 investor) internal {
        bool present = _isHolder(investor);
        if (present && !before) ++_census.holders;
        else if (before && !present) --_census.holders;
    }

    /// @dev True when the investor has a position or a record.
    function _isHolder(uint128 investor) internal view returns (bool) {
        return _holders[investor].position | _holders[investor].record != 0;
    }

    function _countRecord(bool before, bool present) private {
        if (present && !before) ++_census.accounts;
        else if (before && !present) --_census.accounts;
    }
}
