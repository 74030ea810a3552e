//! The signed objects and the views in Solidity's terms.
//!
//! The names and orders of fields here are the EIP-712 types of the protocol: changing one changes every digest.

#![allow(missing_docs, clippy::too_many_arguments)]

use alloy_primitives::FixedBytes;
use alloy_sol_types::sol;
use polkadot_sdk::sp_core::{H256, U256};

use crate::ids::signed_to_word;

sol! {
	#[derive(Debug, PartialEq, Eq)]
	struct Lot { uint128 amount; uint64 acquiredAt; uint64 unlocksAt; }

	#[derive(Debug, PartialEq, Eq)]
	struct TransferOrder {
		bytes32 source; bytes32 destination; uint64 nonce; bytes32 asset; uint32 terms;
		bytes32 fromInvestor; bytes32 toInvestor; bytes32 sender; bytes32 recipient;
		Lot[] lots; uint16 seat; uint64 initiatedAt; uint64 deadline;
	}

	struct Approval { bytes32[] orders; uint64 expiresAt; }
	struct Rejection { bytes32 order; uint32 reason; }
	struct TransferReceipt { bytes32 order; uint8 outcome; uint32 reason; uint64 decidedAt; }

	struct EligibilityItem {
		bytes32 asset; bytes32 investor; uint64 validUntil; uint16 class; uint8 permissions; int128 limitDelta;
	}
	struct BindingItem { bytes32 asset; bytes32 account; bytes32 investor; }
	struct QuotaItem { bytes32 asset; uint16 class; int64 delta; }
	struct OracleBatch {
		uint64 number; uint64 issuedAt;
		EligibilityItem[] eligibilities; BindingItem[] bindings; QuotaItem[] quotas;
	}
	struct BindingPermit { bytes32 asset; bytes32 account; bytes32 investor; uint64 expiresAt; }
	struct SignerSet { uint8 role; uint64 id; uint8 threshold; address[] signers; }

	#[derive(Debug, PartialEq, Eq)]
	struct InitiateRequest {
		bytes32 asset; bytes32 destination; bytes32 toInvestor; bytes32 recipient; Lot[] lots; uint64 deadline;
	}
	#[derive(Debug, Default, PartialEq, Eq)]
	struct AssetTerms {
		uint32 terms; uint8 decimals; uint8 defaultRule; uint64 holdingPeriod; uint64 maxOracleAge;
		uint128 minLot; uint128 authorisedIssue; bytes32 document;
	}
	#[derive(Debug, Default, PartialEq, Eq)]
	struct AssetInfo {
		bytes32 homeDomain; bytes32 issuer; bytes32 salt; AssetTerms terms; uint8 pause; string name; string symbol;
	}
	#[derive(Debug, PartialEq, Eq)]
	struct LaneFlow { bytes32 lane; uint256 sent; uint256 refunded; uint256 arrived; }
	#[derive(Debug, PartialEq, Eq)]
	struct Reason { uint16 code; uint256 a; uint256 b; uint256 c; }
	#[derive(Debug, PartialEq, Eq)]
	struct PairRule { uint16 fromClass; uint16 toClass; uint8 rule; }
	#[derive(Debug, Default, PartialEq, Eq)]
	struct RateInfo { uint256 capacity; uint256 rate; uint256 available; }

	/// What may be read of a chain, the same on both kinds of chains.
	#[derive(Debug)]
	interface ILockstepViews {
		function identity() external view returns (string memory caip2, bytes32 bridge, bytes32 deployment, bytes32 domain);
		function clock() external view returns (uint64 number, uint64 issuedAt, uint8 pause, uint64 time);
		function signerSet(uint8 role) external view returns (uint64 id, uint8 threshold, address[] memory signers, uint64 previousId, uint64 graceEnds);
		function assetInfo(bytes32 asset) external view returns (AssetInfo memory info);
		function supplyOf(bytes32 asset) external view returns (uint256 supply, uint256 issued, uint256 redeemed, LaneFlow[] memory lanes);
		function accountOf(bytes32 asset, bytes32 account) external view returns (bytes32 investor, uint256 balance, uint8 flags);
		function positionOf(bytes32 asset, bytes32 investor) external view returns (uint256 free, uint256 inFlight, Lot[] memory lots, uint8 reservedLots, uint8 orders, uint8 flags);
		function eligibilityOf(bytes32 asset, bytes32 investor) external view returns (uint256 word);
		function quotaOf(bytes32 asset, uint16 class) external view returns (int64 quota, uint64 holders);
		function limitOf(bytes32 asset, bytes32 investor) external view returns (int256 limit, uint256 used, int256 room);
		function frozenOf(bytes32 asset, bytes32 investor) external view returns (uint256 frozen);
		function pairRules(bytes32 asset) external view returns (PairRule[] memory pairs);
		function velocityOf(bytes32 asset) external view returns (uint256 capacity, uint256 rate);
		function rateOf(bytes32 lane, bytes32 asset) external view returns (RateInfo memory outbound, RateInfo memory inbound);
		function movedTo(bytes32 asset, bytes32 account) external view returns (bytes32 target);
		function successorOf(bytes32 asset, bytes32 investor) external view returns (bytes32 successor);
		function documentsOf(bytes32 asset) external view returns (bytes32[] memory names);
		function documentOf(bytes32 asset, bytes32 name) external view returns (string memory uri, bytes32 hash, uint64 updatedAt);
		function pendingSigners(uint8 role) external view returns (uint64 id, uint8 threshold, address[] memory signers, uint64 eta);
		function timing() external view returns (uint64 delay, uint64 grace);
		function releaseOf(bytes32 asset, bytes32 id) external view returns (uint64 eta);
		function laneInfo(bytes32 lane) external view returns (bool open, uint8 accountKind, uint64 minFlight, uint64 maxFlight, uint64 nextNonce, uint8 pause);
		function orderAt(bytes32 lane, uint64 nonce) external view returns (bytes32 orderId);
		function outcomeOf(bytes32 source, uint64 nonce) external view returns (uint8 outcome);
		function explainTransfer(bytes32 asset, bytes32 from, bytes32 to, uint256 amount) external view returns (uint256 set, Reason[] memory reasons);
		function explainInitiate(bytes32 sender, InitiateRequest calldata request) external view returns (uint256 set, Reason[] memory reasons);
		function explainDeliver(TransferOrder calldata order) external view returns (uint256 set, Reason[] memory reasons);
		function explainIssue(bytes32 asset, bytes32 controller, bytes32 account, Lot[] calldata lots) external view returns (uint256 set, Reason[] memory reasons);
	}
}

/// A 32-byte string of Solidity.
pub type Bytes32 = FixedBytes<32>;

/// Bytes of this side as bytes32.
pub fn bytes32(value: H256) -> Bytes32 {
	FixedBytes(value.0)
}

/// bytes32 as bytes of this side.
pub fn h256(value: Bytes32) -> H256 {
	H256(value.0)
}

/// A number of this side as uint256.
pub fn uint(value: U256) -> alloy_primitives::U256 {
	alloy_primitives::U256::from_limbs(value.0)
}

/// A signed number of this side as int256.
pub fn int(value: i128) -> alloy_primitives::I256 {
	// The two's complement of 128 bits, extended to 256.
	alloy_primitives::I256::from_raw(uint(signed_to_word(value)))
}

/// uint256 as a number of this side.
pub fn u256(value: alloy_primitives::U256) -> U256 {
	U256(value.into_limbs())
}
