//! What the calls cost, at their worst: limits are set and every order is full of lots.

use alloc::{vec, vec::Vec};

use frame_benchmarking::v2::*;
use frame_support::assert_ok;
use frame_system::RawOrigin;
use lockstep_eligibility::{
	benchmark_keys::{install, sign, Key},
	Admin, Clock, ClockState, Domain, Pallet as Eligibility,
};
use lockstep_primitives::{
	digests::{digest_approval, digest_order, digest_receipt, digest_rejection},
	ids::{
		domain, ACCOUNT_ID32, BRIDGE, MAX_DELIVERIES, MAX_LOTS, MAX_SIGNERS, OUTCOME_DELIVERED, OUTCOME_REJECTED,
		PAUSE_ALL, RECEIVE, ROLE_ATTESTOR, RULE_KEEP, SEND,
	},
	traits::Registry,
	Approval, AssetParams, AssetTerms, BindingItem, EligibilityItem, InitiateRequest, Lot, QuotaItem, Refusal, Rejection,
	TransferOrder, TransferReceipt,
};
use lockstep_security_token::Pallet as SecurityToken;
use polkadot_sdk::{frame_benchmarking, frame_support, frame_system, pallet_timestamp, sp_core::H256};

use crate::{Call, Config, Flows, Lanes, Orders, Pallet, Pallet as Bridge};

/// Seconds since 1970 at which everything happens.
const NOW: u64 = 1_800_000_000;
/// Domain of the remote chain.
const LANE: H256 = H256([9; 32]);
/// Class of all investors.
const CLASS: u16 = 5;
/// A number that no sum passes.
const PLENTY: u128 = 1_000_000_000_000;

/// A chain with an open lane on which an asset is open and limited.
fn chain<T: Config>() -> H256 {
	Admin::<T>::put(T::AccountId::from([0xad; 32]));
	Domain::<T>::put(domain("polkadot:benchmark", H256::zero(), H256::zero()));
	pallet_timestamp::Now::<T>::put(NOW.saturating_mul(1_000));
	Clock::<T>::put(ClockState { number: 1, at: NOW, pause: 0 });
	assert_ok!(Bridge::<T>::open_lane(admin::<T>().into(), LANE, ACCOUNT_ID32, 1, 1_000_000));
	let params = params::<T>();
	let asset = params.asset_id();
	assert_ok!(SecurityToken::<T>::register_asset(admin::<T>().into(), params, [0xad; 32].into()));
	assert_ok!(Bridge::<T>::open_asset(admin::<T>().into(), LANE, asset));
	let (many, more) = (PLENTY, PLENTY.saturating_mul(2));
	assert_ok!(Bridge::<T>::set_rate(admin::<T>().into(), LANE, asset, many, many, more, more));
	assert_ok!(T::Registry::apply_quota(&QuotaItem { asset, class: CLASS, delta: 1_000 }));
	asset
}

fn admin<T: Config>() -> RawOrigin<T::AccountId> {
	RawOrigin::Signed([0xad; 32].into())
}

fn anyone<T: Config>() -> RawOrigin<T::AccountId> {
	RawOrigin::Signed([0xaa; 32].into())
}

fn params<T: Config>() -> AssetParams {
	AssetParams {
		home_domain: Eligibility::<T>::domain(),
		issuer: H256::repeat_byte(0xad),
		salt: H256::zero(),
		terms: AssetTerms {
			terms: 1,
			decimals: 0,
			default_rule: RULE_KEEP,
			holding_period: 0,
			max_oracle_age: 1_000,
			min_lot: 0,
			authorised_issue: PLENTY,
			document: H256::zero(),
		},
		pairs: vec![],
		name: b"Share".to_vec(),
		symbol: b"SHR".to_vec(),
	}
}

fn investor(number: u32) -> H256 {
	H256::from_low_u64_be(u64::from(number).saturating_add(1))
}

fn account(number: u32) -> H256 {
	H256::repeat_byte(number.saturating_add(1) as u8)
}

/// An investor with an account of its own.
fn admit<T: Config>(asset: H256, number: u32) {
	let investor = investor(number);
	let item = EligibilityItem {
		asset,
		investor,
		valid_until: NOW.saturating_add(86_400),
		class: CLASS,
		permissions: RECEIVE | SEND | BRIDGE,
		limit_delta: PLENTY as i128,
	};
	assert_ok!(T::Registry::apply_eligibility(1, &item));
	assert_ok!(T::Registry::apply_binding(&BindingItem { asset, account: account(number), investor }));
}

/// `count` lots that have long to wait.
fn lots(count: u32) -> Vec<Lot> {
	let lot = |index: u32| Lot {
		amount: 1_000,
		acquired_at: NOW.saturating_sub(1),
		unlocks_at: NOW.saturating_add(1_000).saturating_add(index.into()),
	};
	(0..count).map(lot).collect()
}

/// An order of investor `number` to itself, from the remote chain.
fn incoming<T: Config>(asset: H256, number: u32, count: u32) -> TransferOrder {
	TransferOrder {
		source: LANE,
		destination: Eligibility::<T>::domain(),
		nonce: u64::from(number).saturating_mul(64).saturating_add(1),
		asset,
		terms: 1,
		from_investor: investor(number),
		to_investor: investor(number),
		sender: account(number),
		recipient: account(number),
		lots: lots(count),
		seat: CLASS,
		initiated_at: NOW,
		deadline: NOW.saturating_add(1_000),
	}
}

/// An investor who holds `count` lots and wants to take them all along.
fn leaving<T: Config>(asset: H256, count: u32) -> InitiateRequest {
	admit::<T>(asset, 0);
	let to: T::AccountId = account(0).0.into();
	assert_ok!(SecurityToken::<T>::issue(admin::<T>().into(), asset, to, lots(count)));
	InitiateRequest {
		asset,
		destination: LANE,
		to_investor: investor(0),
		recipient: account(0),
		lots: lots(count),
		deadline: NOW.saturating_add(1_000),
	}
}

/// The receipt of the only order in flight with its signatures, and the order.
fn settled<T: Config>(outcome: u8, count: u32, keys: &[Key]) -> (TransferOrder, TransferReceipt, Vec<Vec<u8>>) {
	let asset = chain::<T>();
	let request = leaving::<T>(asset, count);
	assert_ok!(Bridge::<T>::initiate(RawOrigin::Signed(account(0).0.into()).into(), request));
	let order = Orders::<T>::get(LANE, 1).expect("initiated");
	let receipt = TransferReceipt { order: digest_order(&order), outcome, reason: 0, decided_at: NOW };
	let signatures = sign(keys, digest_receipt(&receipt, Eligibility::<T>::domain()));
	(order, receipt, signatures)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn open_lane() {
		chain::<T>();

		#[extrinsic_call]
		_(admin::<T>(), LANE, ACCOUNT_ID32, 5, 6);

		assert_eq!(Lanes::<T>::get(LANE).map(|lane| lane.min_flight), Some(5));
	}

	#[benchmark]
	fn open_asset() {
		let asset = chain::<T>();
		Flows::<T>::remove(asset, LANE);

		#[extrinsic_call]
		_(admin::<T>(), LANE, asset);

		assert!(Flows::<T>::contains_key(asset, LANE));
	}

	#[benchmark]
	fn set_rate() {
		let asset = chain::<T>();

		#[extrinsic_call]
		_(admin::<T>(), LANE, asset, 1, 1, 2, 1);

		assert_eq!(Flows::<T>::get(asset, LANE).map(|flow| flow.inbound.capacity), Some(2));
	}

	#[benchmark]
	fn pause_lane() {
		chain::<T>();

		#[extrinsic_call]
		_(admin::<T>(), LANE, PAUSE_ALL);

		assert_eq!(Lanes::<T>::get(LANE).map(|lane| lane.pause), Some(PAUSE_ALL));
	}

	#[benchmark]
	fn initiate(l: Linear<1, { MAX_LOTS }>) {
		let request = leaving::<T>(chain::<T>(), l);

		#[extrinsic_call]
		_(RawOrigin::Signed(account(0).0.into()), request);

		assert_eq!(Orders::<T>::get(LANE, 1).map(|order| order.seat), Some(CLASS));
	}

	#[benchmark]
	fn deliver(o: Linear<1, { MAX_DELIVERIES }>, l: Linear<1, { MAX_LOTS }>, s: Linear<1, { MAX_SIGNERS }>) {
		let asset = chain::<T>();
		let keys = install::<T>(ROLE_ATTESTOR, s);
		(0..o).for_each(|number| admit::<T>(asset, number));
		let orders: Vec<TransferOrder> = (0..o).map(|number| incoming::<T>(asset, number, l)).collect();
		let named = orders.iter().map(digest_order).collect();
		let approval = Approval { orders: named, expires_at: NOW.saturating_add(60) };
		let signatures = sign(&keys, digest_approval(&approval, Eligibility::<T>::domain()));

		#[extrinsic_call]
		_(anyone::<T>(), orders.clone(), approval, 1, signatures);

		assert!(orders.iter().all(|order| Bridge::<T>::outcome(LANE, order.nonce) == OUTCOME_DELIVERED));
	}

	#[benchmark]
	fn reject(l: Linear<1, { MAX_LOTS }>, s: Linear<1, { MAX_SIGNERS }>) {
		let asset = chain::<T>();
		let keys = install::<T>(ROLE_ATTESTOR, s);
		let order = incoming::<T>(asset, 0, l);
		let reason = u32::from(Refusal::ReceiverNotEligible.number());
		let rejection = Rejection { order: digest_order(&order), reason };
		let signatures = sign(&keys, digest_rejection(&rejection, Eligibility::<T>::domain()));

		#[extrinsic_call]
		_(anyone::<T>(), order, reason, 1, signatures);

		assert_eq!(Bridge::<T>::outcome(LANE, 1), OUTCOME_REJECTED);
	}

	#[benchmark]
	fn settle(l: Linear<1, { MAX_LOTS }>, s: Linear<1, { MAX_SIGNERS }>) {
		let keys = install::<T>(ROLE_ATTESTOR, s);
		let (order, receipt, signatures) = settled::<T>(OUTCOME_REJECTED, l, &keys);

		#[extrinsic_call]
		_(anyone::<T>(), order, receipt, 1, signatures);

		assert!(!Orders::<T>::contains_key(LANE, 1));
	}

	#[benchmark]
	fn settle_delivered(l: Linear<1, { MAX_LOTS }>, s: Linear<1, { MAX_SIGNERS }>) {
		let keys = install::<T>(ROLE_ATTESTOR, s);
		let (order, receipt, signatures) = settled::<T>(OUTCOME_DELIVERED, l, &keys);

		#[extrinsic_call]
		settle(anyone::<T>(), order, receipt, 1, signatures);

		assert!(!Orders::<T>::contains_key(LANE, 1));
	}

	impl_benchmark_test_suite!(Bridge, crate::mock::benchmark_ext(), crate::mock::Test);
}
