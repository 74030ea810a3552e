//! Names and numbers that all parts agree on.

use alloy_primitives::FixedBytes;
use alloy_sol_types::SolValue;
use polkadot_sdk::{
	sp_core::{H160, H256, U256},
	sp_io::hashing::keccak_256,
};

/// Largest amount of a lot, a position or a whole issue, in base units: 2^96 - 1.
pub const MAX_AMOUNT: u128 = (1 << 96) - 1;
/// Places for lots in a position, those in flight included.
pub const MAX_LOTS: u32 = 32;
/// Places that lots made by someone else may use, so that nobody can fill another's position with dust.
pub const MAX_FOREIGN_LOTS: u32 = 24;
/// Orders of one investor that may be in flight from one chain.
pub const MAX_ORDERS_IN_FLIGHT: u8 = 15;
/// Signers of a set, and signatures of a call.
pub const MAX_SIGNERS: u32 = 25;
/// Items of an oracle batch, all kinds together.
pub const MAX_BATCH_ITEMS: u32 = 100;
/// Orders in one call of `deliver`.
pub const MAX_DELIVERIES: u32 = 20;
/// Order ids in one approval.
pub const MAX_APPROVED_ORDERS: u32 = 100;
/// How far ahead of now an approval or a permit may expire, in seconds.
pub const MAX_VALIDITY: u64 = 3_600;
/// How far ahead of this chain's clock an oracle batch may be dated, in seconds.
pub const MAX_CLOCK_LEAD: u64 = 60;
/// Longest delay and longest grace of a signer set, in seconds: 30 days. A longer one could not be told from a mistake.
pub const MAX_TIMING: u64 = 30 * 24 * 3_600;
/// One investor's share of a lane's outbound rate limit: a quarter of its capacity, refilled at a quarter of its rate.
pub const SHARE_DIVISOR: u128 = 4;

/// Role of the signers that approve, reject and receipt orders.
pub const ROLE_ATTESTOR: u8 = 1;
/// Role of the signers of batches and binding permits.
pub const ROLE_ORACLE: u8 = 2;

/// Pause bit: transfers between accounts of this chain.
pub const PAUSE_TRANSFER: u8 = 1;
/// Pause bit: new orders leaving this chain.
pub const PAUSE_INITIATE: u8 = 2;
/// Pause bit: orders arriving on this chain.
pub const PAUSE_DELIVER: u8 = 4;
/// Pause bit: settlement; looked at in the scope of everything only.
pub const PAUSE_SETTLE: u8 = 8;
/// All pause bits.
pub const PAUSE_ALL: u8 = PAUSE_TRANSFER | PAUSE_INITIATE | PAUSE_DELIVER | PAUSE_SETTLE;

/// Permission bit of an eligibility word: may receive.
pub const RECEIVE: u8 = 1;
/// Permission bit of an eligibility word: may send.
pub const SEND: u8 = 2;
/// Permission bit of an eligibility word: may send to another chain.
pub const BRIDGE: u8 = 4;

/// Flag bit of an account or a position: frozen.
pub const FLAG_FROZEN: u8 = 1;

/// Outcome of an order: delivered.
pub const OUTCOME_DELIVERED: u8 = 1;
/// Outcome of an order: rejected.
pub const OUTCOME_REJECTED: u8 = 2;
/// Outcome of an order: its deadline passed before a delivery.
pub const OUTCOME_EXPIRED: u8 = 3;

/// Pair rule: free tokens may not move between two investors.
pub const RULE_FORBID: u8 = 0;
/// Pair rule: free tokens arrive free.
pub const RULE_KEEP: u8 = 1;
/// Pair rule: free tokens arrive as one lot with a new holding period.
pub const RULE_RESTART: u8 = 2;

/// Kind of a remote chain's accounts: EVM addresses.
pub const ACCOUNT_EVM: u8 = 1;
/// Kind of a remote chain's accounts: AccountId32.
pub const ACCOUNT_ID32: u8 = 2;

/// What the bridge pallet is called where an EVM chain has a contract address: keccak256("lockstep/bridge").
pub fn substrate_bridge() -> H256 {
	H256(keccak_256(b"lockstep/bridge"))
}

/// Domain of a chain: keccak256(abi.encode(string caip2, bytes32 bridge, bytes32 deployment)).
///
/// `deployment` is drawn anew with every genesis, so signatures of an old dev chain die with it.
pub fn domain(caip2: &str, bridge: H256, deployment: H256) -> H256 {
	H256(keccak_256(&(caip2, FixedBytes(bridge.0), FixedBytes(deployment.0)).abi_encode_params()))
}

/// Id of an asset: keccak256(abi.encode(bytes32 homeDomain, bytes32 issuer, bytes32 salt)).
pub fn asset_id(home_domain: H256, issuer: H256, salt: H256) -> H256 {
	let mut words = [0u8; 96];
	words[..32].copy_from_slice(home_domain.as_bytes());
	words[32..64].copy_from_slice(issuer.as_bytes());
	words[64..].copy_from_slice(salt.as_bytes());
	H256(keccak_256(&words))
}

/// An EVM address as the protocol's account: 12 zero bytes, then the address.
pub fn account_of_evm(address: H160) -> H256 {
	H256::from(address)
}

/// Bytes as a 256-bit value, for the values of a reason.
pub fn to_word(bytes: H256) -> U256 {
	U256::from_big_endian(bytes.as_bytes())
}

/// A signed number as the two's complement that Solidity would show as uint256.
pub fn signed_to_word(value: i128) -> U256 {
	let magnitude = U256::from(value.unsigned_abs());
	if value < 0 {
		(!magnitude).overflowing_add(U256::one()).0
	} else {
		magnitude
	}
}
