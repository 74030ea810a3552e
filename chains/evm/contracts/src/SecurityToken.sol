// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IComplianceBridge} from "./interfaces/IComplianceBridge.sol";
import {LotWord, Lots} from "./libraries/Lots.sol";
import {Findings, Refusals} from "./libraries/Refusals.sol";
import {AccountWord, ConfigWord, ConfigWords} from "./libraries/TokenWords.sol";
import {Holding, Words} from "./libraries/Words.sol";
import {Issues} from "./token/Issues.sol";
import {Records} from "./token/Records.sol";
import {TermsBook} from "./token/TermsBook.sol";
import {Transfers} from "./token/Transfers.sol";
import {AT_SETUP, AT_TERMS, AT_TEXT, FLAGS_SHOWN, MAX_TEXT} from "./types/Constants.sol";
import {AssetInfo, AssetParams, AssetTerms, Lot} from "./types/Types.sol";

/// @title A security token on an EVM chain
/// @notice ERC-20 outside; inside, positions of investors in lots with unlock times, with the oracle's record beside
/// each. One contract per asset, no proxy on the way of a transfer, a crossing or an oracle item. The bridge is fixed
/// at deployment; it and the asset's controllers are the only others that may change anything here. This contract calls
/// out to nobody but the AccessManager, and to that with a view.
/// @dev A contract holds 24,576 bytes of code (EIP-170). What isn't on the hot path is in the extension fixed at
/// deployment, whose code runs on this contract's storage for every selector that is unknown here.
contract SecurityToken is Transfers, Issues, Records, TermsBook {
    using Refusals for Findings;

    address public immutable bridge;
    bytes32 public immutable asset;
    IAccessManager public immutable authority;
    uint256 public immutable chainId;
    address public immutable controls;
    bool private immutable _home;
    bytes32 private immutable _domain;
    bytes32 private immutable _homeDomain;
    bytes32 private immutable _issuer;
    bytes32 private immutable _salt;

    /// @notice Makes the token of the asset that `params` names, for `bridge_`; the bridge's admin registers it then.
    /// Requirements, the lowest that fails is raised: an authorised issue of at most 2^96 - 1 (AmountTooLarge). Else
    /// Malformed: an authority, and an extension that has code; name and symbol of 1 to 64 bytes; terms and pair rules
    /// as {TermsBook} wants them; a home domain and an issuer.
    constructor(address bridge_, IAccessManager authority_, address controls_, AssetParams memory params) {
        // A call to an address without code succeeds and does nothing: every controller action would seem done.
        if (address(authority_) == address(0) || controls_.code.length == 0) revert Malformed(AT_SETUP);
        _checkParams(params);
        AssetTerms memory terms = params.terms;
        bridge = bridge_;
        authority = authority_;
        controls = controls_;
        chainId = block.chainid;
        _domain = IComplianceBridge(bridge_).domain();
        _home = _domain == params.homeDomain;
        (_homeDomain, _issuer, _salt) = (params.homeDomain, params.issuer, params.salt);
        asset = keccak256(abi.encode(params.homeDomain, params.issuer, params.salt));
        (_name, _symbol) = (params.name, params.symbol);
        _config = ConfigWords.make(0, 0, 0, 0, terms.decimals);
        _writeTerms(terms, params.pairs);
    }

    /// @notice Everything else that a token can do: see {TokenControls}.
    fallback() external {
        address extension = controls;
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, 0, calldatasize())
            let done := delegatecall(gas(), extension, data, calldatasize(), 0, 0)
            returndatacopy(data, 0, returndatasize())
            if iszero(done) { revert(data, returndatasize()) }
            return(data, returndatasize())
        }
    }

    function info() external view returns (AssetInfo memory) {
        ConfigWord config = _config;
        AssetTerms memory terms = AssetTerms({
            terms: config.terms(),
            decimals: config.decimals(),
            defaultRule: config.defaultRule(),
            holdingPeriod: uint64(config.holdingPeriod()),
            maxOracleAge: uint64(config.maxOracleAge()),
            minLot: _census.minLot,
            authorisedIssue: _supply.authorised,
            document: _document
        });
        return AssetInfo(_homeDomain, _issuer, _salt, terms, config.pause(), _name, _symbol);
    }

    function totals() external view returns (uint256 supply, uint256 issued, uint256 redeemed) {
        return (_supply.supply, _issue.issued, _issue.redeemed);
    }

    function accountOf(address account) external view returns (bytes32 investor, uint256 balance, uint8 flags) {
        AccountWord word = _accounts[account];
        return (investorOf(account), word.balance(), uint8(word.flags()));
    }

    function investorOf(address account) public view returns (bytes32 investor) {
        return _toBytes32(_presentOf(_accounts[account].investor()));
    }

    function positionOf(bytes32 investor)
        external
        view
        returns (uint256 free, uint256 inFlight, Lot[] memory lots, uint8 reservedLots, uint8 orders, uint8 flags)
    {
        Holding memory holding = _read(investor);
        LotWord[] memory words = _storedLots(holding);
        Lots.sort(words);
        lots = Lots.unpack(words);
        (free, inFlight) = (holding.free, Words.inFlightOf(_place(holding).record));
        (reservedLots, orders, flags) =
        (uint8(holding.reserved), uint8(holding.orders), uint8(holding.flags) & FLAGS_SHOWN);
    }

    function eligibilityOf(bytes32 investor) external view returns (uint256 word) {
        (int256 limit,,) = limitOf(investor);
        uint256 record = _place(_read(investor)).record;
        return ((record >> 128) << 128) | uint128(int128(limit));
    }

    function limitOf(bytes32 investor) public view returns (int256 limit, uint256 used, int256 room) {
        Holding memory holding = _read(investor);
        (used, room) = (_usedOf(holding), holding.room);
        limit = room + int256(used);
    }

    function frozenOf(bytes32 investor) external view returns (uint256 frozen) {
        return Words.frozenOf(_place(_read(investor)).extra);
    }

    function quotaOf(uint16 class) external view returns (int64 quota, uint64 holders) {
        return (_classes[class].quota, _classes[class].holders);
    }

    function _assetId() internal view override returns (bytes32) {
        return asset;
    }

    function _bridgeAddress() internal view override returns (address) {
        return bridge;
    }

    function _accessManager() internal view override returns (IAccessManager) {
        return authority;
    }

    function _homeChainId() internal view override returns (uint256) {
        return chainId;
    }

    function _isHome() internal view override returns (bool) {
        return _home;
    }

    function _domains() internal view override returns (bytes32 here, bytes32 home) {
        return (_domain, _homeDomain);
    }

    /// @dev The position of exactly this investor for a view; nobody has number 0, and malformed ids read as him.
    function _read(bytes32 investor) private view returns (Holding memory holding) {
        _loadExactly(_isInvestor(investor) ? uint128(uint256(investor)) : 0, holding);
    }

    function _checkParams(AssetParams memory params) private pure {
        Findings memory findings;
        if (!_isText(params.name) || !_isText(params.symbol)) findings.add(Refusals.MALFORMED, AT_TEXT);
        _checkTerms(findings, params.terms);
        if (params.homeDomain == 0 || params.issuer == 0) findings.add(Refusals.MALFORMED, AT_TERMS);
        _checkPairs(findings, params.terms, params.pairs);
        findings.enforce();
    }

    function _isText(string memory text) private pure returns (bool) {
        return bytes(text).length > 0 && bytes(text).length <= MAX_TEXT;
    }
}
