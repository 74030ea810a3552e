//! An asset with holders on a chain at the end of a lane: what the tests of the whole runtime act on.

use polkadot_sdk::*;

use frame_support::{assert_ok, dispatch::DispatchResult};
use lockstep_eligibility::testing::{attestors, oracle, sign};
use lockstep_primitives::{
	digests::{digest_approval, digest_batch, digest_order, digest_receipt, digest_rejection},
	ids::{ACCOUNT_EVM, BRIDGE, RECEIVE, RULE_KEEP, SEND},
	Action, Approval, AssetParams, AssetTerms, BindingItem, EligibilityItem, InitiateRequest, Lot, OracleBatch, QuotaItem,
	Rejection, TransferOrder, TransferReceipt,
};
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use sp_runtime::traits::Dispatchable;

use super::chain::NOW;
use crate::{AccountId, Eligibility, Runtime, RuntimeCall, RuntimeOrigin};

/// The remote chain's domain.
pub const LANE: H256 = H256([9; 32]);
/// Class of everyone.
pub const CLASS: u16 = 5;

pub const ADMIN: Sr25519Keyring = Sr25519Keyring::Alice;
pub const GUARDIAN: Sr25519Keyring = Sr25519Keyring::Bob;
pub const CONTROLLER: Sr25519Keyring = Sr25519Keyring::Charlie;
/// Investor 1.
pub const ANA: Sr25519Keyring = Sr25519Keyring::Dave;
/// Investor 2.
pub const BEN: Sr25519Keyring = Sr25519Keyring::Eve;
/// Whoever carries signatures; investor 3 where one is needed.
pub const CHO: Sr25519Keyring = Sr25519Keyring::Ferdie;

pub fn account(who: Sr25519Keyring) -> AccountId {
	who.to_account_id()
}

pub fn bytes(who: Sr25519Keyring) -> H256 {
	H256(account(who).into())
}

/// An account that nobody holds a key of.
pub fn other_account(number: u8) -> H256 {
	H256::repeat_byte(number)
}

pub fn investor(number: u64) -> H256 {
	H256::from_low_u64_be(number)
}

/// Carries out a call as if it had come in an extrinsic of `who`.
pub fn dispatch(who: Sr25519Keyring, call: impl Into<RuntimeCall>) -> DispatchResult {
	let origin = RuntimeOrigin::signed(account(who));
	call.into().dispatch(origin).map(drop).map_err(|failed| failed.error)
}

pub fn token(call: lockstep_security_token::Call<Runtime>) -> RuntimeCall {
	RuntimeCall::SecurityToken(call)
}

pub fn bridge(call: lockstep_bridge::Call<Runtime>) -> RuntimeCall {
	RuntimeCall::Bridge(call)
}

/// The oracle's next batch, signed.
pub fn batch(
	eligibilities: Vec<EligibilityItem>,
	bindings: Vec<BindingItem>,
	quotas: Vec<QuotaItem>,
) -> RuntimeCall {
	let number = Eligibility::clock().number + 1;
	let batch = OracleBatch { number, issued_at: Eligibility::now(), eligibilities, bindings, quotas };
	let signatures = sign(&oracle()[..2], digest_batch(&batch, Eligibility::domain()));
	RuntimeCall::Eligibility(lockstep_eligibility::Call::submit_batch { batch, set: 1, signatures })
}

/// An eligibility with more room than anyone needs.
pub fn eligibility(asset: H256, number: u64) -> EligibilityItem {
	EligibilityItem {
		asset,
		investor: investor(number),
		valid_until: NOW + 86_400,
		class: CLASS,
		permissions: RECEIVE | SEND | BRIDGE,
		limit_delta: 1_000_000_000_000_000_000,
	}
}

pub fn free(amount: u128) -> Lot {
	Lot { amount, acquired_at: 0, unlocks_at: 0 }
}

/// A lot that unlocks `seconds` from the start.
pub fn locked(amount: u128, seconds: u64) -> Lot {
	Lot { amount, acquired_at: NOW - 5, unlocks_at: NOW + seconds }
}

pub fn action() -> Action {
	Action { reason: 1, document: H256::repeat_byte(1) }
}

/// An asset at home here, open on the lane; Ana and Ben hold 1,000 free each.
pub fn launch() -> H256 {
	let asset = open_asset(Eligibility::domain());
	for (who, number) in [(ANA, 1), (BEN, 2)] {
		admit(asset, bytes(who), number);
		issue(asset, who, vec![free(1_000)]);
	}
	asset
}

/// An asset with that home, open on the lane.
pub fn open_asset(home: H256) -> H256 {
	let params = AssetParams {
		home_domain: home,
		issuer: bytes(CONTROLLER),
		salt: H256::zero(),
		terms: AssetTerms {
			terms: 1,
			decimals: 0,
			default_rule: RULE_KEEP,
			holding_period: 0,
			max_oracle_age: 600,
			min_lot: 1,
			authorised_issue: 1_000_000_000,
			document: H256::zero(),
		},
		pairs: vec![],
		name: b"Share".to_vec(),
		symbol: b"SHR".to_vec(),
	};
	let asset = params.asset_id();
	let controller = account(CONTROLLER);
	assert_ok!(dispatch(ADMIN, token(lockstep_security_token::Call::register_asset { params, controller })));
	let lane = lockstep_bridge::Call::open_lane {
		lane: LANE,
		account_kind: ACCOUNT_EVM,
		min_flight: 10,
		max_flight: 1_000,
	};
	assert_ok!(dispatch(ADMIN, bridge(lane)));
	assert_ok!(dispatch(ADMIN, bridge(lockstep_bridge::Call::open_asset { lane: LANE, asset })));
	assert_ok!(dispatch(CHO, batch(vec![], vec![], vec![QuotaItem { asset, class: CLASS, delta: 1_000 }])));
	asset
}

/// Gives an investor a record, and an account.
pub fn admit(asset: H256, account: H256, number: u64) {
	let binding = BindingItem { asset, account, investor: investor(number) };
	assert_ok!(dispatch(CHO, batch(vec![eligibility(asset, number)], vec![binding], vec![])));
}

pub fn issue(asset: H256, to: Sr25519Keyring, lots: Vec<Lot>) {
	let call = lockstep_security_token::Call::issue { asset, account: account(to), lots };
	assert_ok!(dispatch(CONTROLLER, token(call)));
}

/// Limits that nothing here reaches.
pub fn limit(asset: H256) {
	let call = lockstep_bridge::Call::set_rate {
		lane: LANE,
		asset,
		out_capacity: 1_000_000,
		out_rate: 1,
		in_capacity: 2_000_000,
		in_rate: 1,
	};
	assert_ok!(dispatch(ADMIN, bridge(call)));
}

/// Ana sends these lots to herself.
pub fn initiate(asset: H256, lots: Vec<Lot>) -> RuntimeCall {
	let request = InitiateRequest {
		asset,
		destination: LANE,
		to_investor: investor(1),
		recipient: H256::from_low_u64_be(77),
		lots,
		deadline: NOW + 100,
	};
	bridge(lockstep_bridge::Call::initiate { request })
}

/// The only order in flight.
pub fn in_flight() -> TransferOrder {
	lockstep_bridge::Orders::<Runtime>::get(LANE, 1).expect("initiated")
}

/// Lots that come to Ana from herself.
pub fn incoming(asset: H256, nonce: u64, lots: Vec<Lot>) -> TransferOrder {
	TransferOrder {
		source: LANE,
		destination: Eligibility::domain(),
		nonce,
		asset,
		terms: 1,
		from_investor: investor(1),
		to_investor: investor(1),
		sender: H256::from_low_u64_be(77),
		recipient: bytes(ANA),
		lots,
		seat: 0,
		initiated_at: NOW,
		deadline: NOW + 100,
	}
}

/// A delivery with its signatures.
pub fn deliver(orders: Vec<TransferOrder>) -> RuntimeCall {
	let approval = Approval { orders: orders.iter().map(digest_order).collect(), expires_at: NOW + 60 };
	let signatures = sign(&attestors()[..2], digest_approval(&approval, Eligibility::domain()));
	bridge(lockstep_bridge::Call::deliver { orders, approval, set: 1, signatures })
}

/// A rejection with its signatures.
pub fn reject(order: TransferOrder) -> RuntimeCall {
	let rejection = Rejection { order: digest_order(&order), reason: 9 };
	let signatures = sign(&attestors()[..2], digest_rejection(&rejection, Eligibility::domain()));
	bridge(lockstep_bridge::Call::reject { order, reason: 9, set: 1, signatures })
}

/// A settlement with its signatures.
pub fn settle(order: TransferOrder, outcome: u8) -> RuntimeCall {
	let receipt = TransferReceipt { order: digest_order(&order), outcome, reason: 0, decided_at: NOW };
	let signatures = sign(&attestors()[..2], digest_receipt(&receipt, Eligibility::domain()));
	bridge(lockstep_bridge::Call::settle { order, receipt, set: 1, signatures })
}

pub fn transfer(asset: H256, to: H256, amount: u128) -> RuntimeCall {
	token(lockstep_security_token::Call::transfer { asset, to: AccountId::from(to.0), amount })
}
