//! A small chain with the real pallets, its signers, and one remote chain at the end of a lane.

use polkadot_sdk::{
	frame_support::{
		self, derive_impl,
		traits::{ConstU64, ConstU8, Hooks},
	},
	frame_system, pallet_timestamp,
	sp_core::{ecdsa, Pair, H160, H256},
	sp_io,
	sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage, DispatchError},
};

use lockstep_eligibility::GenesisSigners;
use lockstep_primitives::{
	digests::{digest_approval, digest_batch, digest_order, digest_receipt, digest_rejection},
	ids::{BRIDGE, RECEIVE, ROLE_ATTESTOR, ROLE_ORACLE, RULE_KEEP, SEND},
	quorum::{recover, CanonicalSignature},
	Action, Approval, AssetParams, AssetTerms, BindingItem, EligibilityItem, InitiateRequest, Lot, OracleBatch, QuotaItem,
	Refusal, Rejection, TransferOrder, TransferReceipt,
};

/// The remote chain's domain; its accounts are EVM addresses.
pub const LANE: H256 = H256([9; 32]);
/// Block time at the start, UTC seconds.
pub const NOW: u64 = 1_700_000_000;
/// Seconds of oracle silence that the assets bear.
pub const MAX_AGE: u64 = 600;
/// Most that the assets may have outstanding.
pub const AUTHORISED: u128 = 1_000_000;
/// Smallest lot by someone else.
pub const MIN_LOT: u128 = 10;
/// Seconds that a Restart locks.
pub const HOLDING: u64 = 1_000;
/// Seconds that a proposed signer set waits, and that a replaced one still counts.
pub const DELAY: u64 = 40;
pub const GRACE: u64 = 100;
/// Class of everyone who is admitted.
pub const CLASS: u16 = 5;
/// Flights on the lane.
pub const FLIGHTS: (u64, u64) = (10, 10_000);

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(RuntimeCall, RuntimeEvent, RuntimeError, RuntimeOrigin, RuntimeTask)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = polkadot_sdk::frame_system;
	#[runtime::pallet_index(1)]
	pub type Timestamp = polkadot_sdk::pallet_timestamp;
	#[runtime::pallet_index(20)]
	pub type Eligibility = lockstep_eligibility;
	#[runtime::pallet_index(21)]
	pub type SecurityToken = lockstep_security_token;
	#[runtime::pallet_index(22)]
	pub type Bridge = crate;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type AccountId = AccountId32;
	type Block = frame_system::mocking::MockBlock<Test>;
	type Lookup = IdentityLookup<AccountId32>;
}

impl pallet_timestamp::Config for Test {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = ();
}

impl lockstep_eligibility::Config for Test {
	type Registry = SecurityToken;
	type WeightInfo = ();
}

impl lockstep_security_token::Config for Test {
	type MaxDecimals = ConstU8<8>;
	type WeightInfo = ();
}

impl crate::Config for Test {
	type WeightInfo = ();
}

/// Accounts by a letter.
pub fn account(letter: u8) -> AccountId32 {
	AccountId32::from([letter; 32])
}

/// The same as the protocol's bytes.
pub fn bytes(letter: u8) -> H256 {
	H256([letter; 32])
}

/// Investors by a number.
pub fn investor(number: u64) -> H256 {
	H256::from_low_u64_be(number)
}

pub const ADMIN: u8 = b'A';
pub const GUARDIAN: u8 = b'G';
pub const CONTROLLER: u8 = b'C';
pub const ANYONE: u8 = b'x';

pub fn origin(letter: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(letter))
}

/// Signers of a role, ascending by address.
fn signers(role: u8) -> Vec<(H160, ecdsa::Pair)> {
	signers_from(1, role)
}

/// Attestors that are to follow the first ones.
pub fn next_attestors() -> Vec<(H160, ecdsa::Pair)> {
	signers_from(4, ROLE_ATTESTOR)
}

fn signers_from(first: u8, role: u8) -> Vec<(H160, ecdsa::Pair)> {
	let mut pairs: Vec<_> = (first..=first + 2)
		.map(|n| {
			let pair = ecdsa::Pair::from_seed(&[role * 10 + n; 32]);
			(address(&pair), pair)
		})
		.collect();
	pairs.sort_by_key(|(address, _)| *address);
	pairs
}

fn address(pair: &ecdsa::Pair) -> H160 {
	let digest = H256::repeat_byte(1);
	let signature = CanonicalSignature::parse(&sign_one(pair, digest)).expect("canonical");
	recover(&digest, &signature).expect("own signature recovers")
}

pub fn sign_one(pair: &ecdsa::Pair, digest: H256) -> Vec<u8> {
	let mut bytes = pair.sign_prehashed(&digest.0).0.to_vec();
	bytes[64] += 27;
	bytes
}

/// The first `count` signatures of a role over `digest`.
pub fn sign(role: u8, count: usize, digest: H256) -> Vec<Vec<u8>> {
	signers(role).iter().take(count).map(|(_, pair)| sign_one(pair, digest)).collect()
}

/// Addresses of a role's first signers.
pub fn addresses(role: u8) -> Vec<H160> {
	signers(role).into_iter().map(|(address, _)| address).collect()
}

fn genesis_signers(role: u8) -> GenesisSigners {
	GenesisSigners { threshold: 2, signers: addresses(role) }
}

/// A chain in block 1 with a time and signers, told from others by its deployment.
pub fn new_chain(deployment: u8) -> sp_io::TestExternalities {
	let config = RuntimeGenesisConfig {
		eligibility: lockstep_eligibility::GenesisConfig {
			admin: Some(account(ADMIN)),
			guardian: Some(account(GUARDIAN)),
			deployment: H256::repeat_byte(deployment),
			attestors: genesis_signers(ROLE_ATTESTOR),
			oracle: genesis_signers(ROLE_ORACLE),
			delay: DELAY,
			grace: GRACE,
		},
		..Default::default()
	};
	let mut chain: sp_io::TestExternalities = config.build_storage().expect("a good genesis").into();
	chain.execute_with(|| {
		System::set_block_number(1);
		set_time(NOW);
		Eligibility::on_initialize(1);
	});
	chain
}

/// Runs `test` in block 1 of a chain whose lane is open and whose oracle is fresh.
pub fn on_chain(test: impl FnOnce()) {
	new_chain(7).execute_with(|| {
		open_lane(LANE, 1);
		heartbeat();
		test();
	});
}

/// Opens a lane to a chain whose accounts are of that kind.
pub fn open_lane(lane: H256, kind: u8) {
	let (least, most) = FLIGHTS;
	Bridge::open_lane(origin(ADMIN), lane, kind, least, most).expect("the lane opens");
}

/// A chain whose keystore makes keys for benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub fn benchmark_ext() -> sp_io::TestExternalities {
	use polkadot_sdk::sp_keystore::{testing::MemoryKeystore, KeystoreExt};
	let mut chain = new_chain(7);
	chain.register_extension(KeystoreExt::new(MemoryKeystore::new()));
	chain
}

/// Sets the block's time, UTC seconds.
pub fn set_time(seconds: u64) {
	pallet_timestamp::Now::<Test>::put(seconds * 1_000 + 999);
}

pub fn now() -> u64 {
	Eligibility::now()
}

/// Submits the oracle's next batch with these items, issued now.
pub fn batch(eligibilities: Vec<EligibilityItem>, bindings: Vec<BindingItem>) {
	submit(eligibilities, bindings, vec![]);
}

/// Moves a class's quota.
pub fn grant_quota(asset: H256, class: u16, delta: i64) {
	submit(vec![], vec![], vec![QuotaItem { asset, class, delta }]);
}

fn submit(eligibilities: Vec<EligibilityItem>, bindings: Vec<BindingItem>, quotas: Vec<QuotaItem>) {
	let number = Eligibility::clock().number + 1;
	let batch = OracleBatch { number, issued_at: now(), eligibilities, bindings, quotas };
	let digest = digest_batch(&batch, Eligibility::domain());
	Eligibility::submit_batch(origin(ANYONE), batch, 1, sign(ROLE_ORACLE, 2, digest)).expect("the batch applies");
}

pub fn heartbeat() {
	batch(vec![], vec![]);
}

/// An asset whose home is here or on the lane, with that pair rule, open on the lane.
pub fn asset(home: H256, rule: u8) -> H256 {
	asset_on(LANE, home, rule)
}

/// An asset with that home and pair rule, open on that lane.
pub fn asset_on(lane: H256, home: H256, rule: u8) -> H256 {
	let salt = H256::from_low_u64_be(u64::from(rule));
	let params = AssetParams {
		home_domain: home,
		issuer: bytes(CONTROLLER),
		salt,
		terms: AssetTerms {
			terms: 1,
			decimals: 0,
			default_rule: rule,
			holding_period: HOLDING,
			max_oracle_age: MAX_AGE,
			min_lot: MIN_LOT,
			authorised_issue: AUTHORISED,
			document: H256::zero(),
		},
		pairs: vec![],
		name: b"Share".to_vec(),
		symbol: b"SHR".to_vec(),
	};
	let asset = params.asset_id();
	SecurityToken::register_asset(origin(ADMIN), params, account(CONTROLLER)).expect("registers");
	Bridge::open_asset(origin(ADMIN), lane, asset).expect("opens");
	grant_quota(asset, CLASS, 1_000);
	asset
}

/// An asset at home here whose free tokens move freely.
pub fn home_asset() -> H256 {
	asset(Eligibility::domain(), RULE_KEEP)
}

/// An asset at home at the other end of the lane.
pub fn foreign_asset(rule: u8) -> H256 {
	asset(LANE, rule)
}

/// Gives an investor a record for a day and more room than it needs, and binds an account to it.
pub fn admit(asset: H256, number: u64, letter: u8, permissions: u8) {
	let item = EligibilityItem {
		asset,
		investor: investor(number),
		valid_until: now() + 86_400,
		class: CLASS,
		permissions,
		limit_delta: 1_000_000_000_000_000_000,
	};
	let binding = BindingItem { asset, account: bytes(letter), investor: investor(number) };
	batch(vec![item], vec![binding]);
}

/// Moves the limit of investor 1.
pub fn lower_limit(asset: H256, limit_delta: i128) {
	let item = EligibilityItem {
		asset,
		investor: investor(1),
		valid_until: now() + 86_400,
		class: CLASS,
		permissions: ALL,
		limit_delta,
	};
	batch(vec![item], vec![]);
}

/// What a controller gives as its reason.
pub fn action() -> Action {
	Action { reason: 1, document: H256::repeat_byte(1) }
}

/// Everything allowed.
pub const ALL: u8 = RECEIVE | SEND | BRIDGE;

pub fn free(amount: u128) -> Lot {
	Lot { amount, acquired_at: 0, unlocks_at: 0 }
}

/// A lot that unlocks `seconds` after the start.
pub fn locked(amount: u128, seconds: u64) -> Lot {
	Lot { amount, acquired_at: NOW - 5, unlocks_at: NOW + seconds }
}

pub fn issue(asset: H256, letter: u8, lots: Vec<Lot>) {
	SecurityToken::issue(origin(CONTROLLER), asset, account(letter), lots).expect("issues");
}

/// A home asset of which investor 1 holds 100 free and a lot of 50 in account `a`.
pub fn home_with_holder() -> H256 {
	let asset = home_asset();
	admit(asset, 1, b'a', ALL);
	issue(asset, b'a', vec![free(100), locked(50, 500)]);
	asset
}

/// An account of the remote chain.
pub fn remote_account() -> H256 {
	H256::from_low_u64_be(77)
}

/// A request of investor 1 to itself.
pub fn request(asset: H256, lots: Vec<Lot>) -> InitiateRequest {
	InitiateRequest {
		asset,
		destination: LANE,
		to_investor: investor(1),
		recipient: remote_account(),
		lots,
		deadline: now() + 100,
	}
}

/// Initiates from account `a` and returns the order.
pub fn initiate(request: InitiateRequest) -> TransferOrder {
	let nonce = crate::Lanes::<Test>::get(LANE).expect("open").next_nonce;
	Bridge::initiate(origin(b'a'), request).expect("initiates");
	crate::Orders::<Test>::get(LANE, nonce).expect("stored")
}

/// An order from the remote chain for account `a` of investor 1, from that investor.
pub fn incoming(asset: H256, nonce: u64, lots: Vec<Lot>) -> TransferOrder {
	TransferOrder {
		source: LANE,
		destination: Eligibility::domain(),
		nonce,
		asset,
		terms: 1,
		from_investor: investor(1),
		to_investor: investor(1),
		sender: remote_account(),
		recipient: bytes(b'a'),
		lots,
		seat: 0,
		initiated_at: now() - 1,
		deadline: now() + 100,
	}
}

/// An approval of these orders that is good for a minute.
pub fn approval(orders: &[TransferOrder]) -> Approval {
	Approval { orders: orders.iter().map(digest_order).collect(), expires_at: now() + 60 }
}

/// Delivers under an approval signed by two attestors.
pub fn deliver_under(orders: &[TransferOrder], approval: Approval) -> Result<(), DispatchError> {
	let signatures = sign(ROLE_ATTESTOR, 2, digest_approval(&approval, Eligibility::domain()));
	Bridge::deliver(origin(ANYONE), orders.to_vec(), approval, 1, signatures)
}

/// Delivers one order and returns its code: 0 delivered, else the refusal's number.
pub fn deliver(order: &TransferOrder) -> u16 {
	System::reset_events();
	let orders = [order.clone()];
	deliver_under(&orders, approval(&orders)).expect("the call goes through");
	codes()[0]
}

/// Codes of the orders of the last call of `deliver`.
pub fn codes() -> Vec<u16> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Bridge(crate::Event::OrderDelivered { .. }) => Some(0),
			RuntimeEvent::Bridge(crate::Event::OrderRefused { code, .. }) => Some(code),
			_ => None,
		})
		.collect()
}

/// Rejects with two attestors' signatures.
pub fn reject(order: &TransferOrder, reason: u32) -> Result<(), DispatchError> {
	let rejection = Rejection { order: digest_order(order), reason };
	let signatures = sign(ROLE_ATTESTOR, 2, digest_rejection(&rejection, Eligibility::domain()));
	Bridge::reject(origin(ANYONE), order.clone(), reason, 1, signatures)
}

pub fn receipt(order: &TransferOrder, outcome: u8) -> TransferReceipt {
	TransferReceipt { order: digest_order(order), outcome, reason: 0, decided_at: now() }
}

/// Settles with two attestors' signatures.
pub fn settle(order: &TransferOrder, receipt: TransferReceipt) -> Result<(), DispatchError> {
	let signatures = sign(ROLE_ATTESTOR, 2, digest_receipt(&receipt, Eligibility::domain()));
	Bridge::settle(origin(ANYONE), order.clone(), receipt, 1, signatures)
}

/// The error of a refusal by the bridge.
pub fn refused(refusal: Refusal) -> DispatchError {
	crate::Error::<Test>::Refused(refusal).into()
}

/// The equation of conservation, and the token's own invariants.
pub fn assert_conserved(asset: H256) {
	let supply = SecurityToken::supply(asset);
	let flow = crate::Flows::<Test>::get(asset, LANE).unwrap_or_default();
	let incoming = supply.issued + flow.refunded + flow.arrived;
	assert_eq!(supply.supply, incoming - supply.redeemed - flow.sent);
	assert_eq!(Bridge::check_invariants(), Ok(()));
	assert_eq!(Eligibility::check_invariants(), Ok(()));
	assert_eq!(SecurityToken::check_invariants(asset), Ok(()));
}
