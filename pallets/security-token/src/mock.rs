//! A runtime with both pallets, an oracle that signs, and one asset at home here.

use lockstep_eligibility::{
	self as lockstep_eligibility,
	testing::{attestors, genesis, oracle, sign},
};
use lockstep_primitives::{
	digests::digest_batch, ids, Action, AssetParams, AssetTerms, BindingItem, EligibilityItem, Lot, OracleBatch,
	QuotaItem, Refusal,
};
use polkadot_sdk::{
	frame_support::{
		self, assert_ok, derive_impl,
		dispatch::DispatchResult,
		traits::{ConstU8, Hooks},
	},
	frame_system, pallet_timestamp,
	sp_core::H256,
	sp_io,
	sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage},
};

use crate::{self as lockstep_security_token, Error};

#[frame_support::runtime]
mod runtime {
	use super::*;

	#[runtime::runtime]
	#[runtime::derive(RuntimeCall, RuntimeEvent, RuntimeError, RuntimeOrigin, RuntimeTask)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;

	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;

	#[runtime::pallet_index(20)]
	pub type Eligibility = lockstep_eligibility;

	#[runtime::pallet_index(21)]
	pub type SecurityToken = lockstep_security_token;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type AccountId = AccountId32;
	type Block = frame_system::mocking::MockBlock<Test>;
	type Lookup = IdentityLookup<AccountId32>;
}

#[derive_impl(pallet_timestamp::config_preludes::TestDefaultConfig)]
impl pallet_timestamp::Config for Test {}

impl lockstep_eligibility::Config for Test {
	type Registry = SecurityToken;
	type WeightInfo = lockstep_eligibility::weights::SubstrateWeight<Test>;
}

impl lockstep_security_token::Config for Test {
	type MaxDecimals = ConstU8<8>;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// The time at which tests begin, UTC seconds.
pub const START: u64 = 1_800_000_000;
/// Oracle silence that the asset bears, seconds.
pub const MAX_AGE: u64 = 1_000;
/// When everyone's eligibility ends, UTC seconds.
pub const VALID_UNTIL: u64 = START + 100_000;
/// Seconds that a Restart locks.
pub const HOLDING: u64 = 5_000;
/// Smallest lot that someone else may make.
pub const MIN_LOT: u128 = 10;
/// What may be outstanding.
pub const AUTHORISED: u128 = 1_000_000;

pub const ALL: u8 = ids::RECEIVE | ids::SEND | ids::BRIDGE;

pub fn account(n: u8) -> AccountId32 {
	AccountId32::new([n; 32])
}

/// The account as the protocol names it.
pub fn named(n: u8) -> H256 {
	H256([n; 32])
}

pub fn admin() -> AccountId32 {
	account(201)
}

pub fn guardian() -> AccountId32 {
	account(202)
}

pub fn controller() -> AccountId32 {
	account(203)
}

pub fn investor(n: u8) -> H256 {
	H256::from_low_u64_be(0x1000 + u64::from(n))
}

pub fn signed(account: AccountId32) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

pub fn refused(refusal: Refusal) -> Error<Test> {
	Error::Refused(refusal)
}

pub fn lot(amount: u128, acquired_at: u64, unlocks_at: u64) -> Lot {
	Lot { amount, acquired_at, unlocks_at }
}

pub fn free(amount: u128) -> Lot {
	lot(amount, 0, 0)
}

pub fn set_time(now: u64) {
	pallet_timestamp::Now::<Test>::put(now * 1_000);
}

/// Moves the clock, and the oracle with it.
pub fn travel(now: u64) {
	set_time(now);
	batch(|_| ());
}

pub fn params(default_rule: u8) -> AssetParams {
	AssetParams {
		home_domain: Eligibility::domain(),
		issuer: H256([0x15; 32]),
		salt: H256::from_low_u64_be(default_rule.into()),
		terms: AssetTerms {
			terms: 1,
			decimals: 2,
			default_rule,
			holding_period: HOLDING,
			max_oracle_age: MAX_AGE,
			min_lot: MIN_LOT,
			authorised_issue: AUTHORISED,
			document: H256([0xdc; 32]),
		},
		pairs: vec![],
		name: b"Hafen Logistics A".to_vec(),
		symbol: b"HLA".to_vec(),
	}
}

/// Registers an asset with that pair rule.
pub fn register(default_rule: u8) -> H256 {
	let params = params(default_rule);
	let asset = params.asset_id();
	assert_ok!(SecurityToken::register_asset(signed(admin()), params, controller()));
	asset
}

/// Submits the oracle's next batch, filled by `fill`.
pub fn batch(fill: impl FnOnce(&mut OracleBatch)) {
	let clock = Eligibility::clock();
	let mut batch = OracleBatch {
		number: clock.number + 1,
		issued_at: Eligibility::now(),
		eligibilities: vec![],
		bindings: vec![],
		quotas: vec![],
	};
	fill(&mut batch);
	let signatures = sign(&oracle()[..2], digest_batch(&batch, Eligibility::domain()));
	assert_ok!(Eligibility::submit_batch(signed(account(250)), batch, 1, signatures));
}

pub fn word(asset: H256, n: u8, permissions: u8) -> EligibilityItem {
	EligibilityItem {
		asset,
		investor: investor(n),
		valid_until: VALID_UNTIL,
		class: u16::from(n),
		permissions,
		limit_delta: 0,
	}
}

/// What each investor may hold: out of the way of tests about something else.
pub const LIMIT: i128 = 1_000_000_000_000_000_000;
/// How many investors each class may have, likewise.
pub const QUOTA: i64 = 1_000;

/// The first word of investor `n`: with a limit.
pub fn first_word(asset: H256, n: u8) -> EligibilityItem {
	EligibilityItem { limit_delta: LIMIT, ..word(asset, n, ALL) }
}

/// Moves the limit of investor `n`.
pub fn move_limit(asset: H256, n: u8, limit_delta: i128) {
	batch(|batch| batch.eligibilities.push(EligibilityItem { limit_delta, ..word(asset, n, ALL) }));
}

/// Moves the quota of a class.
pub fn move_quota(asset: H256, class: u16, delta: i64) {
	batch(|batch| batch.quotas.push(quota(asset, class, delta)));
}

/// Investors counted in a class.
pub fn holders(asset: H256, class: u16) -> u64 {
	SecurityToken::quota(asset, class).holders
}

/// What the controller acts for.
pub fn action() -> Action {
	Action { reason: 7, document: H256([0xac; 32]) }
}

/// Gives investor `n` these permissions.
pub fn permit(asset: H256, n: u8, permissions: u8) {
	batch(|batch| batch.eligibilities.push(word(asset, n, permissions)));
}

pub fn binding(asset: H256, of: u8, to: H256) -> BindingItem {
	BindingItem { asset, account: named(of), investor: to }
}

/// Binds account `of` to investor `n`.
pub fn bind(asset: H256, of: u8, n: u8) {
	batch(|batch| batch.bindings.push(binding(asset, of, investor(n))));
}

pub fn quota(asset: H256, class: u16, delta: i64) -> QuotaItem {
	QuotaItem { asset, class, delta }
}

pub fn issue(asset: H256, to: u8, lots: Vec<Lot>) -> DispatchResult {
	SecurityToken::issue(signed(controller()), asset, account(to), lots)
}

pub fn transfer(asset: H256, from: u8, to: u8, amount: u128) -> DispatchResult {
	SecurityToken::transfer(signed(account(from)), asset, account(to), amount)
}

/// Numbers of all rules that a transfer fails now.
pub fn explain(asset: H256, from: u8, to: u8, amount: u128) -> Vec<u16> {
	let found = SecurityToken::evaluate_transfer(asset, [from; 32], [to; 32], amount.into(), Eligibility::now());
	found.refused.reasons().iter().map(|reason| reason.refusal.number()).collect()
}

pub fn balance(asset: H256, of: u8) -> u128 {
	SecurityToken::account(asset, named(of)).balance
}

/// Free amount and lots of investor `n`.
pub fn holding(asset: H256, n: u8) -> (u128, Vec<Lot>) {
	let (holder, lots) = SecurityToken::position(asset, investor(n));
	(holder.free, lots)
}

pub fn freeze_investor(asset: H256, n: u8) {
	crate::Holders::<Test>::mutate(asset, investor(n), |holder| holder.flags |= ids::FLAG_FROZEN);
}

pub fn freeze_account(asset: H256, of: u8) {
	crate::Accounts::<Test>::mutate(asset, named(of), |record| {
		record.as_mut().expect("a known account").flags |= ids::FLAG_FROZEN;
	});
}

pub fn check_all(asset: H256) {
	if let Err(broken) = SecurityToken::check_invariants(asset) {
		panic!("{broken}");
	}
}

/// Events of the token pallet since the last call.
pub fn take_events() -> Vec<crate::Event<Test>> {
	let events = System::read_events_for_pallet();
	System::reset_events();
	events
}

/// A chain in its first block, without an asset.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let config = RuntimeGenesisConfig {
		eligibility: lockstep_eligibility::GenesisConfig {
			admin: Some(admin()),
			guardian: Some(guardian()),
			deployment: H256([0xd0; 32]),
			attestors: genesis(&attestors()),
			oracle: genesis(&oracle()),
			..Default::default()
		},
		..Default::default()
	};
	let mut ext = sp_io::TestExternalities::new(config.build_storage().expect("a sound genesis"));
	ext.execute_with(|| {
		System::set_block_number(1);
		Eligibility::on_initialize(1);
		set_time(START);
	});
	ext
}

/// Runs `test` with an asset of that pair rule, in which accounts 1 and 11 belong to investor 1, 2 and 12 to investor
/// 2, 3 to investor 3, everyone may do everything, and the oracle is fresh. Checks all sums afterwards.
pub fn with_asset(default_rule: u8, test: impl FnOnce(H256)) {
	new_test_ext().execute_with(|| {
		let asset = register(default_rule);
		batch(|batch| {
			batch.eligibilities = (1..=3).map(|n| first_word(asset, n)).collect();
			batch.quotas = (0..=3).map(|class| quota(asset, class, QUOTA)).collect();
			batch.bindings =
				[(1, 1), (11, 1), (2, 2), (12, 2), (3, 3)].map(|(of, n)| binding(asset, of, investor(n))).to_vec();
		});
		System::reset_events();
		test(asset);
		check_all(asset);
		#[cfg(feature = "try-runtime")]
		SecurityToken::do_try_state().expect("every promise of every asset holds");
	});
}
