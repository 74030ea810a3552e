// SPDX-License-Identifier: Apache-2.0
pragma solidity =0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

import {ComplianceBridge} from "../../src/ComplianceBridge.sol";
import {SecurityToken} from "../../src/SecurityToken.sol";
import {Arrival} from "../../src/interfaces/ISecurityToken.sol";
import {IRefusals} from "../../src/interfaces/IRefusals.sol";
import {ITokenEvents} from "../../src/interfaces/ITokenEvents.sol";
import {AT_PAIRS, AT_SETUP, AT_TERMS, AT_TEXT, MAX_AMOUNT} from "../../src/types/Constants.sol";
import {AssetParams, EligibilityItem, PairRule, SignerSet, Timing} from "../../src/types/Types.sol";
import {Fixture} from "../support/Fixture.sol";

contract TokenConstructionTest is Fixture {
    function make(AssetParams memory params) private {
        new SecurityToken(address(home.bridge), home.authority, home.controls, params);
    }

    function refuseTerms(AssetParams memory params) private {
        refuse(IRefusals.Malformed.selector, AT_TERMS);
        make(params);
    }

    function test_NamesTheAssetByHomeIssuerAndSalt() external view {
        AssetParams memory params = paramsOf(1);
        vm.assertEq(asset, keccak256(abi.encode(params.homeDomain, params.issuer, params.salt)));
        vm.assertEq(away.token.asset(), asset);
    }

    function test_RefusesTermsOutOfRange() external {
        AssetParams memory params = paramsOf(1);
        params.terms.terms = 0;
        refuseTerms(params);
        params = paramsOf(3);
        refuseTerms(params);
        params = paramsOf(1);
        params.terms.decimals = 9;
        refuseTerms(params);
        params = paramsOf(1);
        params.terms.holdingPeriod = 100 * 365 days + 1;
        refuseTerms(params);
        params = paramsOf(1);
        params.terms.minLot = uint128(MAX_AMOUNT + 1);
        refuseTerms(params);
        params = paramsOf(1);
        params.terms.authorisedIssue = 0;
        refuseTerms(params);
    }

    function test_RefusesARestartWithoutAPeriod() external {
        AssetParams memory params = paramsOf(2);
        params.terms.holdingPeriod = 0;
        refuseTerms(params);
        params.terms.defaultRule = 1;
        make(params);
    }

    function test_RefusesAnAssetOfNoHomeOrNobody() external {
        AssetParams memory params = paramsOf(1);
        params.homeDomain = 0;
        refuseTerms(params);
        params = paramsOf(1);
        params.issuer = 0;
        refuseTerms(params);
    }

    function test_RefusesAnIssueThatNothingCanHold() external {
        AssetParams memory params = paramsOf(1);
        params.terms.authorisedIssue = uint128(MAX_AMOUNT);
        make(params);
        params.terms.authorisedIssue = uint128(MAX_AMOUNT + 1);
        refuse(IRefusals.AmountTooLarge.selector, MAX_AMOUNT + 1, MAX_AMOUNT);
        make(params);
    }

    function test_RefusesNamesThatAreEmptyOrTooLong() external {
        AssetParams memory params = paramsOf(1);
        params.name = "";
        refuse(IRefusals.Malformed.selector, AT_TEXT);
        make(params);
        params = paramsOf(1);
        params.symbol = string(new bytes(65));
        refuse(IRefusals.Malformed.selector, AT_TEXT);
        make(params);
        params.symbol = string(new bytes(64));
        make(params);
    }

    function test_RefusesNoAuthority() external {
        AssetParams memory params = paramsOf(1);
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        new SecurityToken(address(home.bridge), AccessManager(address(0)), home.controls, params);
    }

    function test_RefusesAnExtensionWithoutCode() external {
        AssetParams memory params = paramsOf(1);
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        new SecurityToken(address(home.bridge), home.authority, address(0xDEAD), params);
    }

    function test_RefusesPairRulesThatContradictTheirOrderOrTheTerms() external {
        AssetParams memory params = paramsOf(1);
        params.pairs = new PairRule[](2);
        params.pairs[0] = PairRule(2, 1, 0);
        params.pairs[1] = PairRule(1, 2, 0);
        refuse(IRefusals.Malformed.selector, AT_PAIRS);
        make(params);
        params.pairs[1] = PairRule(2, 2, 2);
        make(params);
        params.terms.holdingPeriod = 0;
        refuse(IRefusals.Malformed.selector, AT_PAIRS);
        make(params);
    }

    function test_ObeysNobodyButTheBridge() external {
        bytes4 selector = ITokenEvents.OnlyBridge.selector;
        Arrival memory arrival;
        refuse(selector, num(address(this)));
        home.token.setClock(1);
        refuse(selector, num(address(this)));
        home.token.setPause(1);
        refuse(selector, num(address(this)));
        home.token.applyEligibilities(new EligibilityItem[](1), 1);
        refuse(selector, num(address(this)));
        home.token.applyBinding(b32(ANYONE), ANA);
        refuse(selector, num(address(this)));
        home.token.applyQuota(1, 1);
        refuse(selector, num(address(this)));
        home.token.settleDelivered(ANA, 1, 0, 0, true);
        refuse(selector, num(address(this)));
        home.token.refund(ANA, ana, 1, arrival.lots);
        refuse(selector, num(address(this)));
        home.token.depart(ana, ANA, arrival.lots, 1);
        refuse(selector, num(address(this)));
        home.token.arrive(arrival);
    }
}

contract BridgeConstructionTest is Fixture {
    function attestors() private view returns (SignerSet memory) {
        return SignerSet(1, 1, 2, addressesOf(attestorKeys));
    }

    function oracle() private view returns (SignerSet memory) {
        return SignerSet(2, 1, 2, addressesOf(oracleKeys));
    }

    function refuseSets(SignerSet memory first, SignerSet memory second) private {
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        new ComplianceBridge(home.authority, keccak256("new"), first, second, Timing(DELAY, GRACE));
    }

    function test_DerivesItsDomainFromChainAddressAndDeployment() external view {
        bytes32 name = b32(address(home.bridge));
        bytes32 domain = keccak256(abi.encode("eip155:31337", name, keccak256("home")));
        vm.assertEq(home.domain, domain);
        vm.assertTrue(home.domain != away.domain);
    }

    function test_RefusesSetsOfWrongSize() external {
        SignerSet memory set = attestors();
        set.threshold = 1;
        refuseSets(set, oracle());
        set.threshold = 4;
        refuseSets(set, oracle());
        set = attestors();
        set.signers = new address[](0);
        refuseSets(set, oracle());
        set = SignerSet(1, 1, 14, addressesOf(sortedKeys("many", 26)));
        refuseSets(set, oracle());
        set = SignerSet(1, 1, 13, addressesOf(sortedKeys("many", 25)));
        new ComplianceBridge(home.authority, keccak256("new"), set, oracle(), Timing(DELAY, GRACE));
    }

    function test_RefusesSetsOutOfOrderOrWithNobody() external {
        SignerSet memory set = attestors();
        (set.signers[0], set.signers[1]) = (set.signers[1], set.signers[0]);
        refuseSets(set, oracle());
        set = attestors();
        set.signers[1] = set.signers[0];
        refuseSets(set, oracle());
        set = attestors();
        set.signers[0] = address(0);
        refuseSets(set, oracle());
    }

    function test_RefusesSetsOfWrongRoleOrNumber() external {
        refuseSets(oracle(), attestors());
        SignerSet memory set = attestors();
        set.id = 0;
        refuseSets(set, oracle());
    }

    function test_RefusesOneSignerInBothRoles() external {
        SignerSet memory set = oracle();
        set.signers[2] = attestors().signers[2];
        address[] memory signers = set.signers;
        // Sorted again, so that only the double role is wrong.
        for (uint256 i = 2; i > 0 && signers[i - 1] > signers[i]; --i) {
            (signers[i - 1], signers[i]) = (signers[i], signers[i - 1]);
        }
        refuseSets(attestors(), set);
    }

    function test_RefusesNoAuthorityAndNoDeployment() external {
        (SignerSet memory first, SignerSet memory second) = (attestors(), oracle());
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        new ComplianceBridge(AccessManager(address(0)), keccak256("new"), first, second, Timing(DELAY, GRACE));
        refuse(IRefusals.Malformed.selector, AT_SETUP);
        new ComplianceBridge(home.authority, 0, first, second, Timing(DELAY, GRACE));
    }
}
