// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IBridgeEvents} from "../../src/interfaces/IBridgeEvents.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenEvents} from "../../src/interfaces/ITokenEvents.sol";
import {Refusals} from "../../src/libraries/Refusals.sol";
import {Eligibility, Words} from "../../src/libraries/Words.sol";
import {AT_ISSUED, MAX_QUOTA, MAX_ROOM} from "../../src/types/Constants.sol";
import {BindingItem, EligibilityItem, OracleBatch, QuotaItem} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

contract SubmitBatchTest is Fixture {
    bytes32 private constant NO_INVESTOR = bytes32(uint256(1) << 128);
    bytes32 private constant DORA = bytes32(uint256(0xd0));

    function wordOf(bytes32 investor) private view returns (Eligibility memory) {
        return Words.unpack(home.lens.eligibilityOf(asset, investor));
    }

    function refuseBatch(OracleBatch memory batch, bytes memory answer) private {
        bytes[] memory signed = signBatch(home, batch);
        vm.expectRevert(answer);
        home.bridge.submitBatch(batch, 1, signed);
    }

    function expectSkip(uint64 number, uint8 kind, uint32 index, uint16 code) private {
        vm.expectEmit(address(home.bridge));
        emit IBridgeEvents.ItemSkipped(number, kind, index, code);
    }

    function test_WritesTheWordAndMovesTheLimitByTheDelta() external {
        setEligibility(home, EligibilityItem(asset, ANA, VALID, 7, 3, 100));
        setEligibility(home, EligibilityItem(asset, ANA, VALID + 1, 8, 1, -250));
        Eligibility memory word = wordOf(ANA);
        vm.assertEq(word.validUntil, VALID + 1);
        vm.assertEq(word.class, 8);
        vm.assertEq(word.permissions, 1);
        vm.assertEq(word.sequence, 3);
        vm.assertEq(int256(word.limit), LIMIT - 150);
    }

    function test_TellsWhatItApplied() external {
        OracleBatch memory batch = newBatch(home);
        batch.quotas = new QuotaItem[](1);
        batch.quotas[0] = QuotaItem(asset, 5, -3);
        vm.expectEmit(address(home.token));
        emit ITokenEvents.QuotaSet(asset, 5, -3, 0);
        vm.expectEmit(address(home.bridge));
        emit IBridgeEvents.BatchApplied(2, uint64(START));
        submit(home, batch);
        (int64 quota, uint64 holders) = home.lens.quotaOf(asset, 5);
        vm.assertEq(int256(quota), -3);
        vm.assertEq(holders, 0);
    }

    function test_AHeartbeatMovesTheClockOfEveryToken() external {
        vm.warp(START + 500);
        heartbeat(home);
        (uint64 number, uint64 issuedAt,,) = home.lens.clock();
        vm.assertEq(number, 2);
        vm.assertEq(issuedAt, START + 500);
    }

    function test_AnAppliedBatchIsASuccessWithoutEffectWhateverIsInIt() external {
        OracleBatch memory batch = newBatch(home);
        batch.number = 1;
        batch.issuedAt = type(uint64).max;
        home.bridge.submitBatch(batch, 99, new bytes[](0));
        batch.number = 0;
        home.bridge.submitBatch(batch, 99, new bytes[](0));
        (uint64 number, uint64 issuedAt,,) = home.lens.clock();
        vm.assertEq(number, 1);
        vm.assertEq(issuedAt, START);
    }

    function test_RefusesAGap() external {
        OracleBatch memory batch = newBatch(home);
        batch.number = 3;
        refuseBatch(batch, abi.encodeWithSelector(IRefusals.BatchOutOfOrder.selector, 2));
    }

    /// @dev Nobody can withhold a revocation and still show a fresh chain.
    function test_AHeartbeatDoesntPassABatchThatIsWithheld() external {
        OracleBatch memory revocation = newBatch(home);
        revocation.eligibilities = new EligibilityItem[](1);
        revocation.eligibilities[0] = EligibilityItem(asset, ANA, VALID, 1, 0, 0);
        OracleBatch memory beat = newBatch(home);
        beat.number = revocation.number + 1;
        refuseBatch(beat, abi.encodeWithSelector(IRefusals.BatchOutOfOrder.selector, revocation.number));
        submit(home, revocation);
        submit(home, beat);
        vm.assertEq(wordOf(ANA).permissions, 0);
    }

    /// @dev Runs of one asset go to its token in one call; which item is skipped is told by its place in the batch.
    function test_TellsThePlaceOfASkippedItemInAnyRun() external {
        OracleBatch memory batch = newBatch(home);
        batch.eligibilities = new EligibilityItem[](7);
        for (uint256 i; i < 7; ++i) {
            batch.eligibilities[i] = EligibilityItem(asset, bytes32(1000 + i), VALID, 1, 7, 5);
        }
        batch.eligibilities[2].asset = bytes32(uint256(5));
        batch.eligibilities[4].investor = 0;
        batch.eligibilities[5].limitDelta = type(int128).max;
        batch.eligibilities[6].limitDelta = type(int128).min;
        expectSkip(2, 1, 2, Refusals.ASSET_UNKNOWN);
        expectSkip(2, 1, 4, Refusals.MALFORMED);
        expectSkip(2, 1, 5, Refusals.AMOUNT_TOO_LARGE);
        expectSkip(2, 1, 6, Refusals.AMOUNT_TOO_LARGE);
        submit(home, batch);
        for (uint256 i; i < 7; ++i) {
            bool applied = i < 2 || i == 3;
            vm.assertEq(wordOf(bytes32(1000 + i)).sequence, applied ? 2 : 0);
        }
    }

    /// @dev A field with bits beyond its type is refused as a whole or is no signed item; it never passes as another.
    function test_RefusesAnItemWithDirtyBits() external {
        OracleBatch memory batch = newBatch(home);
        batch.eligibilities = new EligibilityItem[](1);
        batch.eligibilities[0] = EligibilityItem(asset, ANA, VALID, 1, 7, 0);
        bytes[] memory signed = signBatch(home, batch);
        bytes memory call = abi.encodeCall(home.bridge.submitBatch, (batch, 1, signed));
        // Permissions are the fifth word of the only item.
        uint256 place = 4 + 32 * (3 + 5 + 1 + 4) + 30;
        vm.assertEq(uint256(uint8(call[place + 1])), 7);
        call[place] = 0x01;
        (bool done,) = address(home.bridge).call(call);
        vm.assertTrue(!done);
        call[place] = 0x00;
        (done,) = address(home.bridge).call(call);
        vm.assertTrue(done);
    }

    function test_TakesAHundredItemsAndRefusesOneMore() external {
        OracleBatch memory batch = newBatch(home);
        batch.quotas = new QuotaItem[](60);
        batch.bindings = new BindingItem[](40);
        batch.eligibilities = new EligibilityItem[](1);
        refuseBatch(batch, abi.encodeWithSelector(IRefusals.Malformed.selector, 100));
        batch.eligibilities = new EligibilityItem[](0);
        submit(home, batch);
    }

    function test_RefusesADateMoreThanAMinuteAhead() external {
        OracleBatch memory batch = newBatch(home);
        batch.issuedAt = uint64(START + 61);
        refuseBatch(batch, abi.encodeWithSelector(IRefusals.NotYet.selector, START + 1));
        batch.issuedAt = uint64(START + 60);
        submit(home, batch);
        issue(home, ana, freeLot(1));
    }

    function test_RefusesADateBeforeTheLastOne() external {
        OracleBatch memory batch = newBatch(home);
        batch.issuedAt = uint64(START - 1);
        refuseBatch(batch, abi.encodeWithSelector(IRefusals.Malformed.selector, AT_ISSUED));
    }

    function test_RefusesABatchForAnotherChain() external {
        OracleBatch memory batch = newBatch(home);
        bytes[] memory signed = signBatch(away, batch);
        vm.expectRevert();
        home.bridge.submitBatch(batch, 1, signed);
    }

    function test_RefusesTheAttestorsSignatures() external {
        OracleBatch memory batch = newBatch(home);
        bytes[] memory signed = signatures(attestorKeys, 2, this.digestBatch(batch, separator(home)));
        refuse(IRefusals.SignerUnknown.selector, num(vm.addr(attestorKeys[0])));
        home.bridge.submitBatch(batch, 1, signed);
    }

    function test_RefusesTooFewSignaturesAndUnknownSets() external {
        OracleBatch memory batch = newBatch(home);
        bytes[] memory signed = signatures(oracleKeys, 1, this.digestBatch(batch, separator(home)));
        refuse(IRefusals.QuorumNotMet.selector, 1, 2);
        home.bridge.submitBatch(batch, 1, signed);
        signed = signBatch(home, batch);
        refuse(IRefusals.SignerSetUnknown.selector, 2, 1);
        home.bridge.submitBatch(batch, 2, signed);
    }

    function test_SkipsWhatCantBeAppliedAndAppliesTheRest() external {
        OracleBatch memory batch = newBatch(home);
        batch.eligibilities = new EligibilityItem[](5);
        batch.eligibilities[0] = EligibilityItem(bytes32(uint256(5)), ANA, VALID, 1, 7, 0);
        batch.eligibilities[1] = EligibilityItem(asset, 0, VALID, 1, 7, 0);
        batch.eligibilities[2] = EligibilityItem(asset, NO_INVESTOR, VALID, 1, 7, 0);
        batch.eligibilities[3] = EligibilityItem(asset, DORA, VALID, 1, 7, int128(MAX_ROOM));
        batch.eligibilities[4] = EligibilityItem(asset, DORA, VALID, 1, 7, 1);
        expectSkip(2, 1, 0, Refusals.ASSET_UNKNOWN);
        expectSkip(2, 1, 1, Refusals.MALFORMED);
        expectSkip(2, 1, 2, Refusals.MALFORMED);
        expectSkip(2, 1, 4, Refusals.AMOUNT_TOO_LARGE);
        submit(home, batch);
        vm.assertEq(int256(wordOf(DORA).limit), MAX_ROOM);
    }

    function test_SkipsQuotasThatLeaveTheirRange() external {
        OracleBatch memory batch = newBatch(home);
        batch.quotas = new QuotaItem[](4);
        batch.quotas[0] = QuotaItem(asset, 5, int64(MAX_QUOTA));
        batch.quotas[1] = QuotaItem(asset, 5, 1);
        batch.quotas[2] = QuotaItem(asset, 6, type(int64).min);
        batch.quotas[3] = QuotaItem(bytes32(uint256(5)), 6, 1);
        expectSkip(2, 3, 1, Refusals.AMOUNT_TOO_LARGE);
        expectSkip(2, 3, 2, Refusals.AMOUNT_TOO_LARGE);
        expectSkip(2, 3, 3, Refusals.ASSET_UNKNOWN);
        submit(home, batch);
        (int64 quota,) = home.lens.quotaOf(asset, 5);
        vm.assertEq(int256(quota), MAX_QUOTA);
    }

    function test_SkipsBindingsOfNoAccountNoInvestorAndNoAsset() external {
        OracleBatch memory batch = newBatch(home);
        batch.bindings = new BindingItem[](5);
        batch.bindings[0] = BindingItem(bytes32(uint256(5)), b32(ANYONE), ANA);
        batch.bindings[1] = BindingItem(asset, 0, ANA);
        batch.bindings[2] = BindingItem(asset, bytes32(uint256(1) << 160), ANA);
        batch.bindings[3] = BindingItem(asset, b32(ANYONE), NO_INVESTOR);
        batch.bindings[4] = BindingItem(asset, b32(ANYONE), ANA);
        expectSkip(2, 2, 0, Refusals.ASSET_UNKNOWN);
        expectSkip(2, 2, 1, Refusals.RECIPIENT_MALFORMED);
        expectSkip(2, 2, 2, Refusals.RECIPIENT_MALFORMED);
        expectSkip(2, 2, 3, Refusals.MALFORMED);
        vm.expectEmit(address(home.token));
        emit ITokenEvents.AccountBound(asset, b32(ANYONE), ANA);
        submit(home, batch);
    }

    function test_AnAccountThatHoldsTokensKeepsItsInvestor() external {
        issue(home, ana, freeLot(5));
        expectSkip(2, 2, 0, Refusals.ACCOUNT_IN_USE);
        bindAccount(home, ana, BEN);
        expectSkip(3, 2, 0, Refusals.ACCOUNT_IN_USE);
        bindAccount(home, ana, 0);
        bindAccount(home, ana, ANA);
        (bytes32 investor,,) = home.lens.accountOf(asset, b32(ana));
        vm.assertEq(investor, ANA);
    }

    function test_AnEmptyAccountOfAnInvestorWithOrdersInFlightKeepsItToo() external {
        issue(home, ana, freeLot(5));
        initiate(home, ana, requestOf(away, ANA, ana, freeLot(5)));
        expectSkip(2, 2, 0, Refusals.ACCOUNT_IN_USE);
        bindAccount(home, ana, BEN);
    }

    function test_AnEmptyAccountIsReboundAndUnbound() external {
        bindAccount(home, ana2, BEN);
        (bytes32 investor,,) = home.lens.accountOf(asset, b32(ana2));
        vm.assertEq(investor, BEN);
        bindAccount(home, ana2, 0);
        (investor,,) = home.lens.accountOf(asset, b32(ana2));
        vm.assertEq(investor, 0);
    }

    function test_RefusesOnAForkOfTheChain() external {
        OracleBatch memory batch = newBatch(home);
        bytes[] memory signed = signBatch(home, batch);
        vm.chainId(999);
        refuse(IRefusals.DomainMismatch.selector, 999, 31337);
        home.bridge.submitBatch(batch, 1, signed);
    }
}
