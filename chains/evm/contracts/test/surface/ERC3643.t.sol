// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {IERC1404} from "../../src/interfaces/IERC1404.sol";
import {IERC1410Views} from "../../src/interfaces/IERC1410Views.sol";
import {
    IERC3643,
    IERC3643Agent,
    IERC3643Compliance,
    IERC3643Events,
    IERC3643Registry
} from "../../src/interfaces/IERC3643.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {IHolderControls, ITokenControlEvents} from "../../src/interfaces/ITokenControls.sol";
import {ITokenImport} from "../../src/interfaces/ITokenImport.sol";
import {controllerRole} from "../../src/types/Constants.sol";
import {EligibilityItem} from "../../src/types/Types.sol";
import {ControlsBase} from "../controls/ControlsBase.sol";

interface IWhole3643 is IERC3643, IERC3643Agent, IERC3643Compliance, IERC3643Registry {}

contract ERC3643Test is ControlsBase {
    IWhole3643 private token;

    function setUp() public override {
        super.setUp();
        token = IWhole3643(address(home.token));
        issue(home, ana, lots2(free(1000), lot(500, LOCK)));
    }

    function two(address a, address b) private pure returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (a, b);
    }

    function two(uint256 a, uint256 b) private pure returns (uint256[] memory list) {
        list = new uint256[](2);
        (list[0], list[1]) = (a, b);
    }

    function two(bool a, bool b) private pure returns (bool[] memory list) {
        list = new bool[](2);
        (list[0], list[1]) = (a, b);
    }

    // Reads

    function test_TheTokenIsItsOwnRegistryAndCompliance() external view {
        vm.assertEq(token.identityRegistry(), address(home.token));
        vm.assertEq(token.compliance(), address(home.token));
        vm.assertEq(token.onchainID(), address(0));
        vm.assertEq(token.version(), "1");
        vm.assertTrue(token.isAgent(CONTROL));
        vm.assertTrue(!token.isAgent(ADMIN_));
    }

    function test_AccountsOfOneInvestorShareAnIdentity() external view {
        vm.assertTrue(token.contains(ana) && token.contains(ana2) && !token.contains(spare));
        vm.assertEq(token.identity(ana), token.identity(ana2));
        vm.assertTrue(token.identity(ana) != token.identity(ben));
        vm.assertEq(token.identity(spare), address(0));
        vm.assertEq(token.investorCountry(ana), 0);
    }

    function test_VerifiedIsWhoMayReceiveNow() external {
        vm.assertTrue(token.isVerified(ana), "all is well");
        vm.assertTrue(!token.isVerified(spare), "unbound");
        freeze(ana, true);
        vm.assertTrue(!token.isVerified(ana), "account frozen");
        vm.assertTrue(token.isVerified(ana2), "its sibling isn't");
        freeze(ANA, true);
        vm.assertTrue(!token.isVerified(ana2), "investor frozen");
        setEligibility(home, EligibilityItem(asset, BEN, VALID, 2, 6, 0));
        vm.assertTrue(!token.isVerified(ben), "no permission");
        vm.warp(START + MAX_ORACLE_AGE);
        vm.assertTrue(token.isVerified(cho), "just fresh");
        vm.warp(START + MAX_ORACLE_AGE + 1);
        vm.assertTrue(!token.isVerified(cho), "stale");
        heartbeat(home);
        vm.assertTrue(token.isVerified(cho), "fresh again");
        vm.warp(VALID);
        heartbeat(home);
        vm.assertTrue(!token.isVerified(cho), "lapsed");
    }

    function test_CanTransferIsTheTokensOwnEvaluation() external {
        vm.assertTrue(token.canTransfer(ana, ben, 1000));
        vm.assertTrue(!token.canTransfer(ana, ben, 1001));
        vm.assertTrue(token.canTransfer(ana, ana2, 1500));
        vm.assertTrue(!token.canTransfer(ana, spare, 1));
        vm.assertTrue(!token.canTransfer(ana, ben, 0));
        setRule(0);
        vm.assertTrue(!token.canTransfer(ana, ben, 1));
    }

    function test_PausedIsTheBitOfTransfers() external {
        vm.assertTrue(!token.paused());
        vm.startPrank(GUARD);
        home.bridge.pauseAsset(asset, 2);
        vm.assertTrue(!token.paused());
        home.bridge.pause(1);
        vm.stopPrank();
        vm.assertTrue(token.paused());
    }

    function test_FrozenTokensAreWhatMustStayOnAnAccount() external {
        vm.prank(ana);
        home.token.transfer(ana2, 600);
        vm.assertEq(token.getFrozenTokens(ana), 0);
        freeze(ANA, uint256(700));
        // 800 of 1500 are loose: 100 of the 900 must stay, none of the 600.
        vm.assertEq(token.getFrozenTokens(ana), 100);
        vm.assertEq(token.getFrozenTokens(ana2), 0);
        freeze(ANA, uint256(5000));
        vm.assertEq(token.getFrozenTokens(ana), 900);
        vm.assertEq(token.getFrozenTokens(ana2), 600);
        vm.assertEq(token.getFrozenTokens(spare), 0);
    }

    /// @dev By plain calls, which could write: the compiler's word for `view` is not asked.
    function test_ViewsChangeNothing() external {
        bytes[] memory calls = new bytes[](6);
        calls[0] = abi.encodeCall(IERC3643Registry.isVerified, (ana));
        calls[1] = abi.encodeCall(IERC3643Compliance.canTransfer, (ana, ben, 1001));
        calls[2] = abi.encodeCall(IERC3643.getFrozenTokens, (ana));
        calls[3] = abi.encodeCall(IERC1410Views.balanceOfByPartition, ("FREE", ana));
        calls[4] = abi.encodeCall(IERC1404.detectTransferRestriction, (ana, ben, 1));
        calls[5] = abi.encodeCall(ITokenImport.exportHolder, (ANA));
        vm.warp(LOCK);
        bytes32 before = _storage();
        for (uint256 i; i < calls.length; ++i) {
            (bool done,) = address(token).call(calls[i]);
            vm.assertTrue(done);
        }
        vm.assertEq(_storage(), before);
    }

    /// @dev The first slots, and those of Ana's position and accounts (the mappings' places are the layout's).
    function _storage() private view returns (bytes32 all) {
        for (uint256 i; i < 24; ++i) {
            all = keccak256(abi.encode(all, vm.load(address(token), bytes32(i))));
        }
        uint256 holder = uint256(keccak256(abi.encode(ANA, uint256(6))));
        for (uint256 i; i < 5; ++i) {
            all = keccak256(abi.encode(all, vm.load(address(token), bytes32(holder + i))));
        }
        all = keccak256(abi.encode(all, vm.load(address(token), keccak256(abi.encode(ana, uint256(5))))));
    }

    // The agent's calls

    function test_AddressFrozenIsTheControlWithoutDocument() external {
        vm.expectEmit(address(token));
        emit IERC3643Events.AddressFrozen(ana, true, CONTROL);
        vm.expectEmit(address(token));
        emit ITokenControlEvents.AccountFrozen(asset, b32(ana), true, 3643, 0);
        vm.prank(CONTROL);
        token.setAddressFrozen(ana, true);
        vm.assertTrue(token.isFrozen(ana));
        vm.prank(CONTROL);
        token.setAddressFrozen(ana, false);
        vm.assertTrue(!token.isFrozen(ana));
    }

    /// @dev What lets an agent's call pass without a document must not outlive it.
    function test_ACallOfTheControlItselfStillNeedsADocument() external {
        vm.startPrank(CONTROL);
        token.setAddressFrozen(ana, true);
        malformed(11);
        controls.freezeAccount(ana, false, 3643, 0);
        Caller caller = new Caller();
        vm.stopPrank();
        vm.startPrank(ADMIN_);
        home.authority.grantRole(_role(), address(caller), 0);
        vm.stopPrank();
        // Also within one transaction.
        malformed(11);
        caller.freezeBothWays(token, controls, ana);
    }

    function _role() private view returns (uint64) {
        return controllerRole(asset);
    }

    function test_PartialFreezesAddUp() external {
        vm.startPrank(CONTROL);
        vm.expectEmit(address(token));
        emit IERC3643Events.TokensFrozen(ana, 600);
        vm.expectEmit(address(token));
        emit ITokenControlEvents.AmountFrozen(asset, ANA, 600, 3643, 0);
        token.freezePartialTokens(ana, 600);
        token.freezePartialTokens(ana, 400);
        vm.assertEq(views.frozenOf(ANA), 1000);
        refuse(IRefusals.InsufficientBalance.selector, 500, 501);
        token.freezePartialTokens(ana, 501);
        vm.expectEmit(address(token));
        emit IERC3643Events.TokensUnfrozen(ana, 1000);
        token.unfreezePartialTokens(ana, 1000);
        refuse(IRefusals.FrozenAmount.selector, 0);
        token.unfreezePartialTokens(ana, 1);
        refuse(IRefusals.AmountZero.selector);
        token.freezePartialTokens(ana, 0);
        refuse(IRefusals.SenderUnbound.selector, num(spare));
        token.freezePartialTokens(spare, 1);
        refuse(IRefusals.SenderUnbound.selector, num(spare));
        token.unfreezePartialTokens(spare, 1);
        refuse(IRefusals.InsufficientBalance.selector, 1500, type(uint256).max);
        token.freezePartialTokens(ana, type(uint256).max);
        vm.stopPrank();
    }

    function test_ForcedTransferSaysWhatItUnfroze() external {
        vm.startPrank(CONTROL);
        token.freezePartialTokens(ana, 1500);
        vm.expectEmit(address(token));
        emit IERC3643Events.TokensUnfrozen(ana, 1200);
        vm.expectEmit(address(token));
        emit ITokenControlEvents.ForcedTransfer(asset, b32(ana), b32(ben), 1200, 1200, 3643, 0);
        vm.assertTrue(token.forcedTransfer(ana, ben, 1200));
        vm.stopPrank();
        vm.assertEq(lockedUntil(BEN, LOCK), 200);
    }

    function test_RecoveryAddressWantsTheRightIdentityOrNone() external {
        vm.startPrank(CONTROL);
        address wrong = token.identity(ben);
        malformed(1);
        token.recoveryAddress(ana, spare, wrong);
        vm.assertEq(balance(ana), 1500);
        address right = token.identity(ana);
        vm.expectEmit(address(token));
        emit IERC3643Events.RecoverySuccess(ana, spare, right);
        vm.assertTrue(token.recoveryAddress(ana, spare, right));
        vm.assertTrue(token.recoveryAddress(spare, ana, address(0)));
        vm.stopPrank();
        vm.assertEq(balance(ana), 1500);
    }

    function test_MintAndBurnAreIssueAndRedeem() external {
        vm.startPrank(CONTROL);
        token.mint(ben, 70);
        token.burn(ben, 20);
        refuse(IRefusals.ReceiverUnbound.selector, num(spare));
        token.mint(spare, 1);
        refuse(IRefusals.AmountTooLarge.selector, type(uint256).max, 2 ** 96 - 1);
        token.mint(ben, type(uint256).max);
        refuse(IRefusals.AmountTooLarge.selector, type(uint256).max, 2 ** 96 - 1);
        token.burn(ben, type(uint256).max);
        refuse(IRefusals.LotsLocked.selector, 1000, LOCK, 1001);
        token.burn(ana, 1001);
        vm.stopPrank();
        vm.assertEq(balance(ben), 50);
        (, uint256 issued, uint256 redeemed) = home.token.totals();
        vm.assertEq(issued, 1570);
        vm.assertEq(redeemed, 20);
    }

    function test_BatchesDoAllOrNothing() external {
        vm.prank(ana);
        token.batchTransfer(two(ben, cho), two(10, 20));
        vm.assertEq(balance(ben), 10);
        vm.assertEq(balance(cho), 20);
        refuse(IRefusals.LotsLocked.selector, 870, LOCK, 871);
        vm.prank(ana);
        token.batchTransfer(two(ben, cho), two(100, 871));
        vm.assertEq(balance(ben), 10);
        vm.startPrank(CONTROL);
        token.batchForcedTransfer(two(ben, cho), two(ana, ana), two(10, 20));
        token.batchMint(two(ben, cho), two(5, 6));
        token.batchBurn(two(ben, cho), two(1, 2));
        token.batchSetAddressFrozen(two(ben, cho), two(true, false));
        token.batchFreezePartialTokens(two(ben, cho), two(3, 4));
        token.batchUnfreezePartialTokens(two(ben, cho), two(1, 1));
        vm.assertEq(balance(ben), 4);
        vm.assertEq(balance(cho), 4);
        vm.assertEq(views.frozenOf(BEN), 2);
        vm.assertEq(views.frozenOf(CHO), 3);
        vm.assertTrue(token.isFrozen(ben));
        malformed(2);
        token.batchMint(two(ben, cho), new uint256[](1));
        malformed(2);
        token.batchForcedTransfer(two(ben, cho), new address[](1), two(1, 1));
        vm.stopPrank();
    }

    function test_ABatchTransferNeedsNoRoleAndMovesOnesOwnOnly() external {
        refuse(IRefusals.SenderUnbound.selector, num(ANYONE));
        vm.prank(ANYONE);
        token.batchTransfer(two(ben, cho), two(1, 1));
    }
}

/// @dev Calls the agent's way and the control's in one transaction.
contract Caller {
    function freezeBothWays(IERC3643Agent agent, IHolderControls controls, address account) external {
        agent.setAddressFrozen(account, true);
        controls.freezeAccount(account, false, 3643, 0);
    }
}
