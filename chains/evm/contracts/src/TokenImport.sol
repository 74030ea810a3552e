// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ISecurityToken} from "./interfaces/ISecurityToken.sol";
import {
    AccountRecord,
    AssetRecord,
    DocumentRecord,
    HolderRecord,
    ITokenImport,
    ImportState
} from "./interfaces/ITokenImport.sol";
import {Forwarding, Forwards} from "./libraries/Forwarding.sol";
import {LotWord, Lots} from "./libraries/Lots.sol";
import {AccountWord} from "./libraries/TokenWords.sol";
import {Holding, Words} from "./libraries/Words.sol";
import {TermsBook} from "./token/TermsBook.sol";
import {Exports} from "./token/migration/Exports.sol";
import {AT_SETUP, CONFIG_CLOSED, CONFIG_VELOCITY} from "./types/Constants.sol";
import {Lot} from "./types/Types.sol";

/// @title How a token takes over from the one before it
/// @notice One for all tokens of a chain, reached through {TokenSurface}; no state, no rights. Records are copied as
/// they are stored and no rule is asked: what was lawful there stays what it is. Counts of classes are made anew from
/// the positions, sums and numbers of records are compared at the end.
contract TokenImport is Exports, TermsBook {
    using Forwarding for Forwards;

    /// @custom:storage-location erc7201:lockstep.token.import
    struct ImportStorage {
        address predecessor;
        bool rest;
        bool finished;
        address successor;
        uint256 total;
        mapping(address account => bool) accounts;
        mapping(uint128 investor => bool) holders;
        mapping(uint16 class => bool) classes;
    }

    bytes32 private constant STORAGE =
        keccak256(abi.encode(uint256(keccak256("lockstep.token.import")) - 1)) & ~bytes32(uint256(0xff));

    /// @dev Requirements: this token is taking over and was not replaced itself meanwhile.
    modifier whileImporting() {
        if (!_isImporting()) revert Malformed(AT_SETUP);
        _;
    }

    /// @inheritdoc ITokenImport
    function beginImport(address predecessor) external onlyBridge {
        _requireInForce();
        ImportStorage storage state = _state();
        bool empty = _census.accounts == 0 && _census.holders == 0 && _documentNames.length == 0;
        if (!empty || state.predecessor != address(0)) revert Malformed(AT_SETUP);
        ImportState memory earlier = ITokenImport(predecessor).importState();
        address source = earlier.predecessor != address(0) && !earlier.finished ? earlier.predecessor : predecessor;
        ISecurityToken token = ISecurityToken(source);
        if (token.asset() != _assetId() || token.info().terms.decimals != _config.decimals()) {
            revert Malformed(AT_SETUP);
        }
        state.predecessor = source;
        _config = _config.withFlag(CONFIG_CLOSED, true);
        emit ImportBegun(_assetId(), source);
    }

    /// @inheritdoc ITokenImport
    function closeForGood(address successor) external onlyBridge {
        ImportStorage storage state = _state();
        if (state.successor != address(0)) revert TokenClosed();
        state.successor = successor;
        _config = _config.withFlag(CONFIG_CLOSED, true);
        emit TokenClosedForGood(_assetId(), successor);
    }

    /// @inheritdoc ITokenImport
    function importAccounts(address[] calldata accounts) external whileImporting {
        for (uint256 i; i < accounts.length; ++i) {
            _importAccount(accounts[i]);
        }
    }

    /// @inheritdoc ITokenImport
    function importHolders(bytes32[] calldata investors) external whileImporting {
        for (uint256 i; i < investors.length; ++i) {
            _importHolder(investors[i]);
        }
    }

    /// @inheritdoc ITokenImport
    function importClasses(uint16[] calldata classes) external {
        ImportStorage storage state = _state();
        if (state.predecessor == address(0) || state.successor != address(0)) revert Malformed(AT_SETUP);
        for (uint256 i; i < classes.length; ++i) {
            _importClass(classes[i]);
        }
    }

    /// @inheritdoc ITokenImport
    function importRest() external whileImporting {
        ImportStorage storage state = _state();
        if (state.rest) return;
        state.rest = true;
        AssetRecord memory record = _source().exportRest();
        _writeTerms(record.terms, record.pairs);
        _velocity = Velocity(uint96(record.velocityCapacity), uint96(record.velocityRate));
        _config = _config.withFlag(CONFIG_VELOCITY, record.velocityCapacity > 0);
        _issue = Issue(uint128(record.issued), uint128(record.redeemed));
        for (uint256 i; i < record.documents.length; ++i) {
            DocumentRecord memory document = record.documents[i];
            _documentNames.push(document.name);
            _documents[document.name] = Document(document.uri, document.documentHash, document.updatedAt);
        }
    }

    /// @inheritdoc ITokenImport
    function finishImport() external whileImporting {
        ImportStorage storage state = _state();
        AssetRecord memory record = _source().exportRest();
        bool all = _census.accounts == record.accounts && _census.holders == record.holders;
        bool sums = _supply.supply == record.supply && state.total == record.supply;
        if (!state.rest || !all || !sums) revert Malformed(AT_SETUP);
        state.finished = true;
        _config = _config.withFlag(CONFIG_CLOSED, false);
        emit ImportFinished(_assetId(), state.predecessor, record.supply);
    }

    /// @inheritdoc ITokenImport
    function importState() external view returns (ImportState memory) {
        ImportStorage storage state = _state();
        return ImportState({
            predecessor: state.predecessor,
            successor: state.successor,
            closed: _config.has(CONFIG_CLOSED),
            rest: state.rest,
            finished: state.finished,
            accounts: _census.accounts,
            holders: _census.holders,
            total: state.total
        });
    }

    /// @dev The supply grows with the balances, so that it always is their sum.
    function _importAccount(address account) private {
        ImportStorage storage state = _state();
        if (state.accounts[account]) return;
        AccountRecord memory record = _source().exportAccount(account);
        AccountWord word =
            AccountWord.wrap(record.balance).boundTo(uint128(uint256(record.investor))).withFlags(record.flags);
        bool known = AccountWord.unwrap(word) != 0 || record.movedTo != address(0);
        if (!known) return;
        state.accounts[account] = true;
        ++_census.accounts;
        _accounts[account] = word;
        _supply.supply += uint96(record.balance);
        if (record.movedTo != address(0)) _moved.lead(uint160(account), uint160(record.movedTo));
        if (record.balance > 0) emit IERC20.Transfer(address(0), account, record.balance);
    }

    function _importHolder(bytes32 investor) private {
        ImportStorage storage state = _state();
        uint128 id = uint128(uint256(investor));
        if (!_isInvestor(investor) || state.holders[id]) return;
        HolderRecord memory record = _source().exportHolder(investor);
        if (!record.exists) return;
        state.holders[id] = true;
        ++_census.holders;
        Holding memory holding;
        _loadExactly(id, holding);
        Holder storage holder = _place(holding);
        holder.record = record.grant | record.inFlight;
        holder.extra = Words.withSpent(record.frozen, record.spent, record.spentAt);
        (holding.free, holding.room) = (record.free, record.room);
        (holding.reserved, holding.orders, holding.flags) = (record.reserved, record.orders, record.flags);
        (holding.lots, holding.loaded) = (_packed(record.lots), true);
        state.total += _totalOf(holding);
        // Which also counts the investor in the class.
        _save(id, holding);
        _importClass(Words.classOf(record.grant));
        if (record.successor != 0) _succeeded.lead(id, uint256(record.successor));
    }

    function _importClass(uint16 class) private {
        ImportStorage storage state = _state();
        if (state.classes[class]) return;
        state.classes[class] = true;
        // Added, not written: a class that is copied late may have been granted seats meanwhile.
        _classes[class].quota += _source().exportQuota(class);
    }

    function _source() private view returns (ITokenImport) {
        return ITokenImport(_state().predecessor);
    }

    function _isImporting() private view returns (bool) {
        ImportStorage storage state = _state();
        return state.predecessor != address(0) && !state.finished && state.successor == address(0);
    }

    function _packed(Lot[] memory lots) private pure returns (LotWord[] memory words) {
        words = new LotWord[](lots.length);
        for (uint256 i; i < words.length; ++i) {
            words[i] = Lots.make(lots[i].amount, lots[i].acquiredAt, lots[i].unlocksAt);
        }
    }

    function _state() private pure returns (ImportStorage storage state) {
        bytes32 place = STORAGE;
        assembly ("memory-safe") {
            state.slot := place
        }
    }
}
