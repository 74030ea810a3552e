// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

import {ComplianceBridge} from "../../src/ComplianceBridge.sol";
import {ComplianceLens} from "../../src/ComplianceLens.sol";
import {SecurityToken} from "../../src/SecurityToken.sol";
import {IBridgeEvents} from "../../src/interfaces/IBridgeEvents.sol";
import {ITokenControls} from "../../src/interfaces/ITokenControls.sol";
import {Digests} from "../../src/libraries/Digests.sol";
import {GUARDIAN, ROLE_ATTESTOR, ROLE_ORACLE, controllerRole} from "../../src/types/Constants.sol";
import {
    Approval,
    AssetParams,
    AssetTerms,
    BindingItem,
    EligibilityItem,
    InitiateRequest,
    Lot,
    OracleBatch,
    PairRule,
    QuotaItem,
    SignerSet,
    Timing,
    TransferOrder,
    TransferReceipt
} from "../../src/types/Types.sol";
import {makeControls} from "./Extensions.sol";
import {Signing} from "./Signing.sol";
import {Vm} from "./Vm.sol";

/// @title Two chains of one asset inside one EVM, with their people
/// @notice Domains are made of the bridge's address and the deployment too, so two bridges here are two chains to the
/// protocol; orders, approvals and receipts pass between them as they would over a relayer.
abstract contract Fixture is Signing {
    struct Chain {
        AccessManager authority;
        ComplianceBridge bridge;
        SecurityToken token;
        ComplianceLens lens;
        address controls;
        bytes32 domain;
        uint64 batch;
    }

    uint256 internal constant START = 1_800_000_000;
    uint64 internal constant MIN_FLIGHT = 10;
    uint64 internal constant MAX_FLIGHT = 7 days;
    uint64 internal constant MAX_ORACLE_AGE = 1 days;
    uint64 internal constant HOLDING_PERIOD = 365 days;
    uint128 internal constant AUTHORISED = 1_000_000;
    uint128 internal constant MIN_LOT = 10;
    uint64 internal constant VALID = uint64(START + 30 days);
    uint8 internal constant ALL_PERMISSIONS = 7;
    // Caps that no test reaches unless it sets others.
    int128 internal constant LIMIT = 10 ** 18;
    int64 internal constant QUOTA = 1000;
    uint64 internal constant DELAY = 2 days;
    uint64 internal constant GRACE = 1 days;
    uint16 internal constant ORDER_REASON = 3;
    bytes32 internal constant ORDER_DOCUMENT = keccak256("order of a court");

    address internal constant ADMIN_ = address(0xAD);
    address internal constant GUARD = address(0x60);
    address internal constant CONTROL = address(0xC0);
    address internal constant ANYONE = address(0xA11);

    // Investors with their accounts; the second of Ana's accounts is hers too.
    bytes32 internal constant ANA = bytes32(uint256(0xa11ce0001));
    bytes32 internal constant BEN = bytes32(uint256(0xb0b0002));
    bytes32 internal constant CHO = bytes32(uint256(0xc400003));
    address internal constant ana = address(0xA001);
    address internal constant ana2 = address(0xA002);
    address internal constant ben = address(0xB001);
    address internal constant cho = address(0xC001);

    Chain internal home;
    Chain internal away;
    bytes32 internal asset;
    uint256[] internal attestorKeys;
    uint256[] internal oracleKeys;

    function setUp() public virtual {
        vm.warp(START);
        attestorKeys = sortedKeys("attestor", 3);
        oracleKeys = sortedKeys("oracle", 3);
        _startChain(home, "home");
        _startChain(away, "away");
        _makeToken(home, defaultRule());
        _makeToken(away, defaultRule());
        _connect(home, away.domain);
        _connect(away, home.domain);
        _admit(home);
        _admit(away);
    }

    /// @dev Pair rule of the asset; a test contract may choose another one.
    function defaultRule() internal pure virtual returns (uint8) {
        return 1;
    }

    function separator(Chain storage chain) internal view returns (bytes32) {
        return Digests.separatorOf(chain.domain);
    }

    // Set-up of chains

    function _startChain(Chain storage chain, string memory name) internal {
        chain.authority = new AccessManager(ADMIN_);
        vm.startPrank(ADMIN_);
        chain.authority.grantRole(GUARDIAN, GUARD, 0);
        vm.stopPrank();
        chain.bridge = new ComplianceBridge(
            chain.authority,
            keccak256(bytes(name)),
            SignerSet(ROLE_ATTESTOR, 1, 2, addressesOf(attestorKeys)),
            SignerSet(ROLE_ORACLE, 1, 2, addressesOf(oracleKeys)),
            Timing(DELAY, GRACE)
        );
        chain.controls = makeControls();
        chain.domain = chain.bridge.domain();
        chain.lens = new ComplianceLens(chain.bridge);
    }

    function paramsOf(uint8 rule) internal view returns (AssetParams memory) {
        AssetTerms memory terms =
            AssetTerms(1, 2, rule, HOLDING_PERIOD, MAX_ORACLE_AGE, MIN_LOT, AUTHORISED, keccak256("document"));
        PairRule[] memory none;
        return AssetParams(home.domain, keccak256("issuer"), keccak256("salt"), terms, none, "Share", "SHR");
    }

    function _makeToken(Chain storage chain, uint8 rule) internal {
        _listToken(chain, paramsOf(rule));
    }

    /// @dev Makes and registers the asset's token of a chain, with its controller.
    function _listToken(Chain storage chain, AssetParams memory params) internal {
        chain.token = new SecurityToken(address(chain.bridge), chain.authority, chain.controls, params);
        asset = chain.token.asset();
        vm.startPrank(ADMIN_);
        chain.authority.grantRole(controllerRole(asset), CONTROL, 0);
        chain.bridge.registerAsset(chain.token);
        vm.stopPrank();
    }

    function _connect(Chain storage chain, bytes32 lane) internal {
        vm.startPrank(ADMIN_);
        chain.bridge.openLane(lane, 1, MIN_FLIGHT, MAX_FLIGHT);
        chain.bridge.openAsset(lane, asset);
        vm.stopPrank();
    }

    function _admit(Chain storage chain) private {
        OracleBatch memory batch = newBatch(chain);
        batch.eligibilities = new EligibilityItem[](3);
        batch.eligibilities[0] = EligibilityItem(asset, ANA, VALID, 1, ALL_PERMISSIONS, LIMIT);
        batch.eligibilities[1] = EligibilityItem(asset, BEN, VALID, 2, ALL_PERMISSIONS, LIMIT);
        batch.eligibilities[2] = EligibilityItem(asset, CHO, VALID, 3, ALL_PERMISSIONS, LIMIT);
        batch.bindings = new BindingItem[](4);
        batch.bindings[0] = BindingItem(asset, b32(ana), ANA);
        batch.bindings[1] = BindingItem(asset, b32(ana2), ANA);
        batch.bindings[2] = BindingItem(asset, b32(ben), BEN);
        batch.bindings[3] = BindingItem(asset, b32(cho), CHO);
        batch.quotas = new QuotaItem[](3);
        for (uint16 i; i < 3; ++i) {
            batch.quotas[i] = QuotaItem(asset, i + 1, QUOTA);
        }
        submit(chain, batch);
    }

    // The oracle

    function newBatch(Chain storage chain) internal view returns (OracleBatch memory batch) {
        batch.number = chain.batch + 1;
        batch.issuedAt = uint64(block.timestamp);
    }

    function submit(Chain storage chain, OracleBatch memory batch) internal {
        bytes[] memory signed = signBatch(chain, batch);
        chain.bridge.submitBatch(batch, 1, signed);
        chain.batch = batch.number;
    }

    function signBatch(Chain storage chain, OracleBatch memory batch) internal view returns (bytes[] memory) {
        return signatures(oracleKeys, 2, this.digestBatch(batch, separator(chain)));
    }

    function heartbeat(Chain storage chain) internal {
        submit(chain, newBatch(chain));
    }

    function setEligibility(Chain storage chain, bytes32 investor, uint64 validUntil, uint8 permissions) internal {
        setEligibility(chain, EligibilityItem(asset, investor, validUntil, 1, permissions, 0));
    }

    function setEligibility(Chain storage chain, EligibilityItem memory item) internal {
        OracleBatch memory batch = newBatch(chain);
        batch.eligibilities = new EligibilityItem[](1);
        batch.eligibilities[0] = item;
        submit(chain, batch);
    }

    function bindAccount(Chain storage chain, address account, bytes32 investor) internal {
        OracleBatch memory batch = newBatch(chain);
        batch.bindings = new BindingItem[](1);
        batch.bindings[0] = BindingItem(asset, b32(account), investor);
        submit(chain, batch);
    }

    /// @dev Moves an investor's limit; the rest of the record becomes that of a good one of the same class.
    function moveLimit(Chain storage chain, bytes32 investor, int128 delta) internal {
        setEligibility(chain, EligibilityItem(asset, investor, VALID, classOf(chain, investor), ALL_PERMISSIONS, delta));
    }

    /// @dev Gives an investor room for exactly so much more.
    function setRoom(Chain storage chain, bytes32 investor, int256 room) internal {
        (,, int256 present) = chain.token.limitOf(investor);
        moveLimit(chain, investor, int128(room - present));
    }

    function moveQuota(Chain storage chain, uint16 class, int64 delta) internal {
        OracleBatch memory batch = newBatch(chain);
        batch.quotas = new QuotaItem[](1);
        batch.quotas[0] = QuotaItem(asset, class, delta);
        submit(chain, batch);
    }

    /// @dev Gives a class room for exactly so many more holders.
    function setSeats(Chain storage chain, uint16 class, int64 seats) internal {
        (int64 quota, uint64 holders) = chain.token.quotaOf(class);
        moveQuota(chain, class, int64(holders) + seats - quota);
    }

    function classOf(Chain storage chain, bytes32 investor) internal view returns (uint16) {
        return uint16(chain.token.eligibilityOf(investor) >> 176);
    }

    function roomOf(Chain storage chain, bytes32 investor) internal view returns (int256 room) {
        (,, room) = chain.token.limitOf(investor);
    }

    function usedOf(Chain storage chain, bytes32 investor) internal view returns (uint256 used) {
        (, used,) = chain.token.limitOf(investor);
    }

    function holdersOf(Chain storage chain, uint16 class) internal view returns (uint64 holders) {
        (, holders) = chain.token.quotaOf(class);
    }

    function seatsOf(Chain storage chain, uint16 class) internal view returns (int64 quota) {
        (quota,) = chain.token.quotaOf(class);
    }

    // The controller and the admin

    function freezeAccount(Chain storage chain, address account) internal {
        vm.prank(CONTROL);
        controlsOf(chain).freezeAccount(account, true, ORDER_REASON, ORDER_DOCUMENT);
    }

    function freezeInvestor(Chain storage chain, bytes32 investor) internal {
        vm.prank(CONTROL);
        controlsOf(chain).freezeInvestor(investor, true, ORDER_REASON, ORDER_DOCUMENT);
    }

    function freezeAmount(Chain storage chain, bytes32 investor, uint256 amount) internal {
        vm.prank(CONTROL);
        controlsOf(chain).freezeAmount(investor, amount, ORDER_REASON, ORDER_DOCUMENT);
    }

    function setVelocity(Chain storage chain, uint256 capacity, uint256 rate) internal {
        vm.prank(ADMIN_);
        controlsOf(chain).setVelocity(capacity, rate);
    }

    /// @dev Puts other pair rules into the asset's terms, which become the next version.
    function setPairs(Chain storage chain, PairRule[] memory pairs) internal {
        AssetTerms memory terms = chain.token.info().terms;
        terms.terms += 1;
        vm.prank(ADMIN_);
        controlsOf(chain).setTerms(terms, pairs);
    }

    function controlsOf(Chain storage chain) internal view returns (ITokenControls) {
        return ITokenControls(address(chain.token));
    }

    // Lots, issues, orders

    function freeLot(uint128 amount) internal pure returns (Lot[] memory lots) {
        lots = new Lot[](1);
        lots[0] = Lot(amount, 0, 0);
    }

    function lockedLot(uint128 amount, uint256 unlocksAt) internal pure returns (Lot[] memory lots) {
        lots = new Lot[](1);
        lots[0] = Lot(amount, uint64(START - 1 days), uint64(unlocksAt));
    }

    function issue(Chain storage chain, address to, Lot[] memory lots) internal {
        vm.prank(CONTROL);
        chain.token.issue(to, lots);
    }

    function requestOf(Chain storage target, bytes32 toInvestor, address recipient, Lot[] memory lots)
        internal
        view
        returns (InitiateRequest memory)
    {
        return
            InitiateRequest(asset, target.domain, toInvestor, b32(recipient), lots, uint64(block.timestamp + 1 hours));
    }

    /// @dev Sends an order and returns it as its event tells it.
    function initiate(Chain storage chain, address sender, InitiateRequest memory request)
        internal
        returns (TransferOrder memory order)
    {
        vm.recordLogs();
        vm.prank(sender);
        chain.bridge.initiate(request);
        return initiatedOrder();
    }

    /// @dev The order of the last OrderInitiated since logs are recorded.
    function initiatedOrder() internal returns (TransferOrder memory order) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            bool found = logs[i].topics[0] == IBridgeEvents.OrderInitiated.selector;
            if (found) order = abi.decode(logs[i].data, (TransferOrder));
        }
    }

    // Attestors

    function approvalOf(TransferOrder memory order) internal view returns (Approval memory approval) {
        approval.orders = new bytes32[](1);
        approval.orders[0] = Digests.orderId(order);
        approval.expiresAt = uint64(block.timestamp + 10 minutes);
    }

    function signApproval(Chain storage chain, Approval memory approval) internal view returns (bytes[] memory) {
        return signatures(attestorKeys, 2, this.digestApproval(approval, separator(chain)));
    }

    function listOf(TransferOrder memory order) internal pure returns (TransferOrder[] memory orders) {
        orders = new TransferOrder[](1);
        orders[0] = order;
    }

    /// @dev Brings an approved order; its code.
    function deliver(Chain storage chain, TransferOrder memory order) internal returns (uint16) {
        Approval memory approval = approvalOf(order);
        bytes[] memory signed = signApproval(chain, approval);
        return chain.bridge.deliver(listOf(order), approval, 1, signed)[0];
    }

    function signRejection(Chain storage chain, TransferOrder memory order, uint32 reason)
        internal
        view
        returns (bytes[] memory)
    {
        bytes32 digest = Digests.rejection(Digests.orderId(order), reason, separator(chain));
        return signatures(attestorKeys, 2, digest);
    }

    function reject(Chain storage chain, TransferOrder memory order, uint32 reason) internal {
        bytes[] memory signed = signRejection(chain, order, reason);
        chain.bridge.reject(order, reason, 1, signed);
    }

    function receiptOf(TransferOrder memory order, uint8 outcome) internal view returns (TransferReceipt memory) {
        return TransferReceipt(Digests.orderId(order), outcome, outcome == 1 ? 0 : 9, uint64(block.timestamp));
    }

    function signReceipt(Chain storage chain, TransferReceipt memory receipt) internal view returns (bytes[] memory) {
        return signatures(attestorKeys, 2, this.digestReceipt(receipt, separator(chain)));
    }

    function settle(Chain storage chain, TransferOrder memory order, uint8 outcome) internal {
        TransferReceipt memory receipt = receiptOf(order, outcome);
        bytes[] memory signed = signReceipt(chain, receipt);
        chain.bridge.settle(order, receipt, 1, signed);
    }
}
