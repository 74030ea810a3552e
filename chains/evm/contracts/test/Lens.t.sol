// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {AT_INVESTOR, MAX_AMOUNT} from "../src/types/Constants.sol";
import {AssetInfo, InitiateRequest, LaneFlow, Lot, RateInfo, Reason} from "../src/types/Types.sol";
import {Fixture} from "./support/Fixture.sol";

contract LensTest is Fixture {
    bytes32 private constant NOTHING = bytes32(uint256(5));

    function test_TellsWhoTheChainIs() external view {
        (string memory caip2, bytes32 bridge, bytes32 deployment, bytes32 domain) = home.lens.identity();
        vm.assertEq(caip2, "eip155:31337");
        vm.assertEq(bridge, b32(address(home.bridge)));
        vm.assertEq(deployment, keccak256("home"));
        vm.assertEq(domain, keccak256(abi.encode(caip2, bridge, deployment)));
    }

    function test_TellsTheClockAndTheSigners() external {
        vm.warp(START + 5);
        (uint64 number, uint64 issuedAt, uint8 pause, uint64 time) = home.lens.clock();
        vm.assertEq(number, 1);
        vm.assertEq(issuedAt, START);
        vm.assertEq(pause, 0);
        vm.assertEq(time, START + 5);
        (uint64 id, uint8 threshold, address[] memory signers, uint64 previous, uint64 grace) = home.lens.signerSet(1);
        vm.assertEq(id, 1);
        vm.assertEq(threshold, 2);
        vm.assertEq(signers.length, 3);
        vm.assertEq(signers[2], vm.addr(attestorKeys[2]));
        vm.assertEq(previous, 0);
        vm.assertEq(grace, 0);
    }

    function test_TellsTheTermsOfAnAsset() external view {
        AssetInfo memory info = away.lens.assetInfo(asset);
        vm.assertEq(keccak256(abi.encode(info.terms)), keccak256(abi.encode(paramsOf(1).terms)));
        vm.assertEq(info.homeDomain, home.domain);
        vm.assertEq(info.name, "Share");
    }

    function test_UnknownThingsAreZeros() external view {
        vm.assertEq(home.lens.assetInfo(NOTHING).homeDomain, 0);
        (uint256 supply,,, LaneFlow[] memory flows) = home.lens.supplyOf(NOTHING);
        vm.assertEq(supply + flows.length, 0);
        (bytes32 investor, uint256 balance,) = home.lens.accountOf(NOTHING, b32(ana));
        vm.assertEq(uint256(investor) + balance, 0);
        (uint256 free,, Lot[] memory lots,,,) = home.lens.positionOf(NOTHING, ANA);
        vm.assertEq(free + lots.length, 0);
        (free,,,,,) = home.lens.positionOf(asset, bytes32(uint256(ANA) | (1 << 200)));
        vm.assertEq(free, 0);
        vm.assertEq(home.lens.eligibilityOf(NOTHING, ANA), 0);
        vm.assertEq(home.lens.eligibilityOf(asset, bytes32(uint256(ANA) | (1 << 200))), 0);
        (int64 quota,) = home.lens.quotaOf(NOTHING, 1);
        vm.assertEq(int256(quota), 0);
        (bool open,,,,,) = home.lens.laneInfo(NOTHING);
        vm.assertTrue(!open);
        vm.assertEq(home.lens.orderAt(NOTHING, 1), 0);
        vm.assertEq(home.lens.outcomeOf(NOTHING, 1), 0);
    }

    function test_UnknownThingsHaveNoLimitsAndNoHistory() external view {
        (int256 limit, uint256 used, int256 room) = home.lens.limitOf(NOTHING, ANA);
        vm.assertEq(limit + int256(used) + room, 0);
        vm.assertEq(home.lens.frozenOf(NOTHING, ANA), 0);
        vm.assertEq(home.lens.pairRules(NOTHING).length, 0);
        (uint256 capacity, uint256 rate) = home.lens.velocityOf(NOTHING);
        vm.assertEq(capacity + rate, 0);
        (RateInfo memory out, RateInfo memory into) = home.lens.rateOf(NOTHING, asset);
        vm.assertEq(out.capacity + into.capacity, 0);
        vm.assertEq(home.lens.movedTo(NOTHING, b32(ana)), 0);
        vm.assertEq(home.lens.movedTo(asset, bytes32(num(ana) | (1 << 200))), 0);
        vm.assertEq(home.lens.successorOf(NOTHING, ANA), 0);
        vm.assertEq(home.lens.documentsOf(NOTHING).length, 0);
        (string memory uri, bytes32 hash, uint64 updatedAt) = home.lens.documentOf(NOTHING, "x");
        vm.assertEq(uint256(hash) + updatedAt + bytes(uri).length, 0);
        (uri, hash, updatedAt) = home.lens.documentOf(asset, "x");
        vm.assertEq(uint256(hash) + updatedAt + bytes(uri).length, 0);
        vm.assertEq(home.lens.releaseOf(NOTHING, 0), 0);
        vm.assertEq(home.lens.releaseOf(asset, 0), 0);
        (uint64 id, uint8 threshold, address[] memory signers, uint64 eta) = home.lens.pendingSigners(3);
        vm.assertEq(id + threshold + signers.length + eta, 0);
    }

    function test_TellsLimitsUsedAndRoom() external {
        issue(home, ana, lockedLot(30, START + 50));
        issue(home, ana, freeLot(12));
        initiate(home, ana, requestOf(away, ANA, ana, freeLot(5)));
        (int256 limit, uint256 used, int256 room) = home.lens.limitOf(asset, ANA);
        vm.assertEq(limit, LIMIT);
        vm.assertEq(used, 42);
        vm.assertEq(room, LIMIT - 42);
        vm.assertEq(uint128(home.lens.eligibilityOf(asset, ANA)), uint128(LIMIT));
        freezeAmount(home, ANA, 9);
        vm.assertEq(home.lens.frozenOf(asset, ANA), 9);
    }

    function test_AnAccountOfAnotherKindIsNobodys() external {
        issue(home, ana, freeLot(1));
        (bytes32 investor, uint256 balance,) = home.lens.accountOf(asset, bytes32(num(ana) | (1 << 200)));
        vm.assertEq(investor, 0);
        vm.assertEq(balance, 0);
    }

    function test_FlowsAscendByLane() external {
        vm.startPrank(ADMIN_);
        for (uint256 i = 3; i > 0; --i) {
            home.bridge.openLane(bytes32(i), 1, 1, 2);
            home.bridge.openAsset(bytes32(i), asset);
        }
        vm.stopPrank();
        (,,, LaneFlow[] memory flows) = home.lens.supplyOf(asset);
        vm.assertEq(flows.length, 4);
        for (uint256 i; i < 3; ++i) {
            vm.assertEq(flows[i].lane, bytes32(i + 1));
        }
        vm.assertEq(flows[3].lane, away.domain);
    }

    function test_LotsAscendByUnlockThenAcquisition() external {
        for (uint256 i = 4; i > 0; --i) {
            Lot[] memory lots = lockedLot(1, START + 10 + i / 3);
            lots[0].acquiredAt = uint64(i);
            issue(home, ana, lots);
        }
        (,, Lot[] memory held,,,) = home.lens.positionOf(asset, ANA);
        vm.assertEq(held[0].acquiredAt, 1);
        vm.assertEq(held[1].acquiredAt, 2);
        vm.assertEq(held[2].acquiredAt, 3);
        vm.assertEq(held[3].acquiredAt, 4);
    }
}

contract ExplainTest is Fixture {
    function codes(Reason[] memory reasons) private pure returns (uint256 set) {
        for (uint256 i; i < reasons.length; ++i) {
            vm.assertTrue(i == 0 || reasons[i].code > reasons[i - 1].code, "ascending");
            set |= 1 << reasons[i].code;
        }
    }

    function assertReasons(uint256 set, Reason[] memory reasons, uint256 want) private pure {
        vm.assertEq(set, want);
        vm.assertEq(codes(reasons), want);
    }

    function bit(uint16 code) private pure returns (uint256) {
        return 1 << code;
    }

    function test_ATransferThatIsAllowedHasNoReasons() external {
        issue(home, ana, freeLot(10));
        (uint256 set, Reason[] memory reasons) = home.lens.explainTransfer(asset, b32(ana), b32(ben), 10);
        assertReasons(set, reasons, 0);
    }

    function test_ATransferTellsAllRulesWithTheirValues() external {
        issue(home, ana, lockedLot(10, START + 50));
        setEligibility(home, ANA, VALID, 0);
        setEligibility(home, BEN, uint64(START + 1), 1);
        freezeInvestor(home, ANA);
        freezeAccount(home, ben);
        vm.prank(GUARD);
        home.bridge.pause(1);
        vm.warp(START + 1);
        (uint256 set, Reason[] memory reasons) = home.lens.explainTransfer(asset, b32(ana), b32(ben), 10);
        uint256 want = bit(1) | bit(6) | bit(7) | bit(8) | bit(10) | bit(14);
        assertReasons(set, reasons, want);
        vm.assertEq(reasons[4].a, START + 1);
        vm.assertEq(reasons[5].a, 0);
        vm.assertEq(reasons[5].b, START + 50);
        vm.assertEq(reasons[5].c, 10);
    }

    function test_UnboundAccountsAreToldAsTheyWereGiven() external view {
        bytes32 foreign = bytes32(uint256(1) << 200);
        (uint256 set, Reason[] memory reasons) = home.lens.explainTransfer(asset, foreign, b32(ANYONE), 1);
        assertReasons(set, reasons, bit(4) | bit(5) | bit(13));
        vm.assertEq(reasons[0].a, uint256(foreign));
        vm.assertEq(reasons[1].a, num(ANYONE));
    }

    function test_OfAnUnknownAssetNothingFurtherIsSaid() external {
        vm.prank(GUARD);
        home.bridge.pause(1);
        bytes32 unknown = bytes32(uint256(5));
        (uint256 set, Reason[] memory reasons) = home.lens.explainTransfer(unknown, b32(ana), b32(ben), 0);
        assertReasons(set, reasons, bit(1) | bit(3) | bit(12));
        (set, reasons) = home.lens.explainTransfer(unknown, b32(ana), b32(ben), MAX_AMOUNT + 1);
        assertReasons(set, reasons, bit(1) | bit(3) | bit(43));
    }

    function test_ADepartureTellsBothContractsRules() external {
        setEligibility(home, ANA, VALID, 0);
        InitiateRequest memory request = requestOf(away, 0, address(0), freeLot(5));
        request.deadline = 0;
        (uint256 set, Reason[] memory reasons) = home.lens.explainInitiate(b32(ana), request);
        assertReasons(set, reasons, bit(6) | bit(13) | bit(28) | bit(34) | bit(37) | bit(48));
        vm.assertEq(reasons[5].a, AT_INVESTOR);
    }

    function test_OfLotsWithoutFormNothingFurtherIsSaid() external view {
        Lot[] memory lots = new Lot[](2);
        lots[0] = lockedLot(7, START + 9)[0];
        lots[1] = lockedLot(7, START + 8)[0];
        (uint256 set, Reason[] memory reasons) = home.lens.explainInitiate(b32(ana), requestOf(away, ANA, ana, lots));
        assertReasons(set, reasons, bit(48));
    }

    function test_ADepartureOfAForeignSenderOrAssetOrLane() external view {
        bytes32 foreign = bytes32(uint256(1) << 200);
        InitiateRequest memory request = requestOf(away, ANA, ana, freeLot(5));
        (uint256 set, Reason[] memory reasons) = home.lens.explainInitiate(foreign, request);
        assertReasons(set, reasons, bit(4) | bit(13));
        vm.assertEq(reasons[0].a, uint256(foreign));
        request.asset = bytes32(uint256(5));
        request.destination = bytes32(uint256(6));
        (set, reasons) = home.lens.explainInitiate(foreign, request);
        assertReasons(set, reasons, bit(2) | bit(3));
    }

    function test_AnIssueTellsAllRules() external view {
        (uint256 set, Reason[] memory reasons) =
            home.lens.explainIssue(asset, b32(CONTROL), b32(ana), lockedLot(10, START + 1));
        assertReasons(set, reasons, 0);
        (set, reasons) = away.lens.explainIssue(asset, b32(ANYONE), b32(ANYONE), lockedLot(10, START));
        assertReasons(set, reasons, bit(5) | bit(27) | bit(30) | bit(48));
        (set, reasons) = home.lens.explainIssue(bytes32(uint256(5)), b32(ANYONE), b32(ANYONE), new Lot[](0));
        assertReasons(set, reasons, bit(3) | bit(12));
    }

    function test_ExplainAndEnforcementAgree() external {
        issue(home, ana, freeLot(10));
        uint256[6] memory amounts = [uint256(0), 1, 10, 11, MAX_AMOUNT, MAX_AMOUNT + 1];
        for (uint256 i; i < amounts.length; ++i) {
            uint256 state = vm.snapshotState();
            (uint256 set,) = home.lens.explainTransfer(asset, b32(ana), b32(ben), amounts[i]);
            vm.prank(ana);
            (bool done,) = address(home.token).call(abi.encodeCall(home.token.transfer, (ben, amounts[i])));
            vm.assertTrue(done == (set == 0));
            vm.revertToState(state);
        }
    }
}
