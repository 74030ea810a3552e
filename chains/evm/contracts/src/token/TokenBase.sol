// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IRefusals} from "../interfaces/IRefusals.sol";
import {ITokenEvents} from "../interfaces/ITokenEvents.sol";
import {Forwards} from "../libraries/Forwarding.sol";
import {LotWord} from "../libraries/Lots.sol";
import {AccountWord, ConfigWord} from "../libraries/TokenWords.sol";
import {CONFIG_CLOSED, controllerRole} from "../types/Constants.sol";

/// @title Storage of a token
/// @notice Laid out so that a local transfer touches six slots: config, two accounts, two positions, and the receiver's
/// record. A token's extensions run on this storage by delegatecall: all state is declared here, in
/// this order, and what the token keeps as immutables an extension asks for through the getters below.
abstract contract TokenBase is IRefusals, ITokenEvents {
    /// @dev Everything of one investor, see {Words}. Slots of `lots` beyond the position's count are left dirty: the
    /// count rules, and the next lot in such a slot costs 17,000 less.
    struct Holder {
        uint256 position;
        uint256 record;
        uint256 extra;
        LotWord[32] lots;
    }

    /// @dev One word for what every crossing touches.
    struct Supply {
        uint96 supply;
        uint96 authorised;
    }

    /// @dev `issued` grows on the home chain, `redeemed` anywhere.
    struct Issue {
        uint128 issued;
        uint128 redeemed;
    }

    struct Class {
        int64 quota;
        uint64 holders;
    }

    /// @dev What may leave an investor at once, base units, and what comes back each second.
    struct Velocity {
        uint96 capacity;
        uint96 rate;
    }

    /// @dev How much there is to copy when this token is replaced: accounts bound, flagged, or forwarded; investors
    /// with a position or a record.
    struct Census {
        uint96 minLot;
        uint64 accounts;
        uint64 holders;
    }

    struct Document {
        string uri;
        bytes32 hash;
        uint64 updatedAt;
    }

    ConfigWord internal _config;
    Supply internal _supply;
    Issue internal _issue;
    Velocity internal _velocity;
    Census internal _census;
    mapping(address => AccountWord) internal _accounts;
    mapping(uint128 investor => Holder) internal _holders;
    mapping(uint16 class => Class) internal _classes;
    mapping(address owner => mapping(address spender => uint256)) internal _allowances;

    /// @dev By (fromClass << 16) | toClass: the rule + 1, zero for no exception. `_pairs` lists them, each
    /// (fromClass << 24) | (toClass << 8) | rule, ascending.
    mapping(uint256 pair => uint256) internal _pairRules;
    uint40[] internal _pairs;

    string internal _name;
    string internal _symbol;
    /// @dev Hash of the terms' document.
    bytes32 internal _document;
    bytes32[] internal _documentNames;
    mapping(bytes32 name => Document) internal _documents;

    /// @dev Where an account's tokens went when it was recovered.
    Forwards internal _moved;
    /// @dev Who took over a retired investor.
    Forwards internal _succeeded;
    /// @dev When a proposed release may be carried out, by its id.
    mapping(bytes32 id => uint64 eta) internal _releases;

    /// @dev Requirements: the chain is the one of the deployment, or after a fork both halves would act on one
    /// signature.
    modifier onThisChain() {
        _requireThisChain();
        _;
    }

    modifier onlyBridge() {
        if (msg.sender != _bridgeAddress()) revert OnlyBridge(msg.sender);
        _;
    }

    /// @dev Id of the asset.
    function _assetId() internal view virtual returns (bytes32);

    function _bridgeAddress() internal view virtual returns (address);

    function _accessManager() internal view virtual returns (IAccessManager);

    /// @dev The chain that the token was made on.
    function _homeChainId() internal view virtual returns (uint256);

    function _requireThisChain() internal view {
        uint256 chain = _homeChainId();
        if (block.chainid != chain) revert DomainMismatch(block.chainid, chain);
    }

    /// @dev Requirements: the token is in force for its asset.
    function _requireOpen(ConfigWord config) internal pure {
        if (config.has(CONFIG_CLOSED)) revert TokenClosed();
    }

    /// @dev True when `account` is one of the asset's controllers.
    function _controls(address account) internal view returns (bool) {
        return _hasRole(controllerRole(_assetId()), account);
    }

    /// @dev A role that is held with a delay doesn't count: its operations would have to be scheduled.
    function _hasRole(uint64 role, address account) internal view returns (bool) {
        (bool member, uint32 delay) = _accessManager().hasRole(role, account);
        return member && delay == 0;
    }

    /// @dev True for 16 zero bytes followed by 16 bytes that are not all zero.
    function _isInvestor(bytes32 id) internal pure returns (bool) {
        return uint256(id) >> 128 == 0 && id != 0;
    }

    /// @dev True for 12 zero bytes followed by a non-zero address.
    function _isAccount(bytes32 account) internal pure returns (bool) {
        return uint256(account) >> 160 == 0 && account != 0;
    }

    function _toAddress(bytes32 account) internal pure returns (address) {
        return address(uint160(uint256(account)));
    }

    /// @dev Where a recovered account leads, or zero.
    function _movedTo(address account) internal view returns (address) {
        return address(uint160(_moved.next[uint160(account)]));
    }

    /// @dev Who took over an investor, or zero.
    function _successorOf(uint128 investor) internal view returns (uint128) {
        return uint128(_succeeded.next[investor]);
    }

    function _toBytes32(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    function _toBytes32(uint128 investor) internal pure returns (bytes32) {
        return bytes32(uint256(investor));
    }
}
