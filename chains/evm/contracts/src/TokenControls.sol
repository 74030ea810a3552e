// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IHolderControls} from "./interfaces/ITokenControls.sol";
import {AT_SETUP} from "./types/Constants.sol";
import {Lot} from "./types/Types.sol";
import {Delegation} from "./token/Delegation.sol";
import {Action} from "./token/controls/ControlBase.sol";
import {Forcing} from "./token/controls/Forcing.sol";
import {Freezing} from "./token/controls/Freezing.sol";
import {Recovery} from "./token/controls/Recovery.sol";
import {Releases} from "./token/controls/Releases.sol";
import {Succession} from "./token/controls/Succession.sol";

/// @title A token's controls
/// @notice One for all tokens of a chain: code that a token runs on its own storage. It is fixed when a token is
/// deployed, has no state and no rights, and hands what it doesn't know to the surface likewise.
contract TokenControls is IHolderControls, Freezing, Forcing, Recovery, Succession, Releases, Delegation {
    address private immutable _surface;

    /// @notice Requirements: a surface that has code (Malformed), or every call to it would seem done.
    constructor(address surface_) {
        if (surface_.code.length == 0) revert Malformed(AT_SETUP);
        _surface = surface_;
    }

    /// @notice Everything else: see {TokenSurface}.
    fallback() external {
        _delegate(_surface);
    }

    /// @inheritdoc IHolderControls
    function redeem(address account, Lot[] calldata lots, uint16 reason, bytes32 document) external {
        Action memory action = Action(reason, document);
        _redeem(_byController(action), account, lots, action);
    }

    /// @inheritdoc IHolderControls
    function freezeAccount(address account, bool frozen, uint16 reason, bytes32 document) external {
        Action memory action = Action(reason, document);
        _freezeAccount(_byController(action), account, frozen, action);
    }

    /// @inheritdoc IHolderControls
    function freezeInvestor(bytes32 investor, bool frozen, uint16 reason, bytes32 document) external {
        Action memory action = Action(reason, document);
        _freezeInvestor(_byController(action), investor, frozen, action);
    }

    /// @inheritdoc IHolderControls
    function freezeAmount(bytes32 investor, uint256 amount, uint16 reason, bytes32 document) external {
        Action memory action = Action(reason, document);
        _freezeAmount(_byController(action), investor, amount, action);
    }

    /// @inheritdoc IHolderControls
    function forceTransfer(address from, address to, uint256 amount, uint16 reason, bytes32 document) external {
        Action memory action = Action(reason, document);
        _forceTransfer(_byController(action), from, to, amount, action);
    }

    /// @inheritdoc IHolderControls
    function recover(address from, address to, uint16 reason, bytes32 document) external {
        Action memory action = Action(reason, document);
        _recover(_byController(action), from, to, action);
    }

    /// @inheritdoc IHolderControls
    function replaceInvestor(bytes32 retired, bytes32 successor, uint16 reason, bytes32 document) external {
        Action memory action = Action(reason, document);
        _replaceInvestor(_byController(action), retired, successor, action);
    }

    /// @inheritdoc IHolderControls
    function moveLots(address from, address to, Lot[] calldata lots, uint16 reason, bytes32 document) external {
        Action memory action = Action(reason, document);
        _moveLots(_byController(action), from, to, lots, action);
    }

    /// @inheritdoc IHolderControls
    function proposeRelease(bytes32 investor, Lot[] calldata lots, uint16 reason, bytes32 document)
        external
        returns (bytes32 id)
    {
        return _proposeRelease(_byAdmin(), investor, lots, Action(reason, document));
    }

    /// @inheritdoc IHolderControls
    function releaseLots(bytes32 investor, Lot[] calldata lots, uint16 reason, bytes32 document) external {
        _releaseLots(_byAdmin(), investor, lots, Action(reason, document));
    }

    /// @inheritdoc IHolderControls
    function cancelRelease(bytes32 id) external {
        _cancelRelease(_byGuardian(), id);
    }

    /// @inheritdoc IHolderControls
    function mergeLots(Lot[] calldata lots) external {
        _mergeLots(msg.sender, lots);
    }
}
