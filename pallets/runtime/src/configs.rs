//! How each pallet is set up.

use alloc::vec::Vec;

use polkadot_sdk::*;

use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstBool, ConstU128, ConstU32, ConstU64, ConstU8, VariantCountOf},
	weights::{
		constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_SECOND},
		IdentityFee, Weight,
	},
};
use frame_system::limits::{BlockLength, BlockWeights};
use pallet_transaction_payment::{ConstFeeMultiplier, FungibleAdapter, Multiplier};
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_runtime::{impl_opaque_keys, traits::One, Perbill};

use crate::{
	filter::Unpaused, AccountId, Balance, Balances, Block, BlockNumber, Nonce, PalletInfo, Runtime, RuntimeCall, RuntimeEvent,
	RuntimeFreezeReason, RuntimeHoldReason, RuntimeOrigin, RuntimeTask, System, EXISTENTIAL_DEPOSIT, SLOT_DURATION_MS,
	VERSION,
};

impl_opaque_keys! {
	/// The keys a block maker keeps in its node.
	pub struct SessionKeys {
		pub aura: crate::Aura,
	}
}

/// Share of a block that signed extrinsics may fill; the rest is for inherents and hooks.
const NORMAL_DISPATCH_RATIO: Perbill = Perbill::from_percent(75);

/// What brings the storage of an older runtime up to this one's, in the order of the pallets. Each runs once: the stored
/// version of its pallet says whether it did.
pub type Migrations = (
	lockstep_eligibility::migrations::ToVersion1<Runtime>,
	lockstep_security_token::migrations::MigrateToV1<Runtime>,
	lockstep_bridge::migrations::ToVersion1<Runtime>,
);

parameter_types! {
	/// Blocks whose hashes are kept on chain: 80 minutes of eras for mortal extrinsics.
	pub const BlockHashCount: BlockNumber = 2_400;
	pub const Version: sp_version::RuntimeVersion = VERSION;
	/// One second of computation in a slot of two: the rest is for gossip and import.
	pub RuntimeBlockWeights: BlockWeights = BlockWeights::with_sensible_defaults(
		Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND, u64::MAX),
		NORMAL_DISPATCH_RATIO,
	);
	pub RuntimeBlockLength: BlockLength = BlockLength::builder()
		.max_length(5 * 1024 * 1024)
		.modify_max_length_for_class(frame_support::dispatch::DispatchClass::Normal, |max| {
			*max = NORMAL_DISPATCH_RATIO * *max
		})
		.build();
	/// The generic Substrate address prefix.
	pub const SS58Prefix: u16 = 42;
	pub FeeMultiplier: Multiplier = Multiplier::one();
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type AccountId = AccountId;
	type BaseCallFilter = Unpaused;
	type AccountData = pallet_balances::AccountData<Balance>;
	type Block = Block;
	type BlockHashCount = BlockHashCount;
	type BlockLength = RuntimeBlockLength;
	type BlockWeights = RuntimeBlockWeights;
	type DbWeight = ParityDbWeight;
	type MaxConsumers = ConstU32<16>;
	type Nonce = Nonce;
	type SingleBlockMigrations = Migrations;
	type SS58Prefix = SS58Prefix;
	type Version = Version;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = crate::Aura;
	type MinimumPeriod = ConstU64<{ SLOT_DURATION_MS / 2 }>;
	type WeightInfo = ();
}

impl pallet_aura::Config for Runtime {
	type AuthorityId = AuraId;
	type MaxAuthorities = ConstU32<32>;
	type DisabledValidators = ();
	type AllowMultipleBlocksPerSlot = ConstBool<false>;
	type SlotDuration = ConstU64<SLOT_DURATION_MS>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Runtime {
	type AccountStore = System;
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type MaxLocks = ConstU32<50>;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
}

impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = FungibleAdapter<Balances, ()>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type WeightToFee = IdentityFee<Balance>;
	type LengthToFee = IdentityFee<Balance>;
	type FeeMultiplierUpdate = ConstFeeMultiplier<FeeMultiplier>;
	type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}

impl lockstep_eligibility::Config for Runtime {
	type Registry = crate::SecurityToken;
	type WeightInfo = lockstep_eligibility::weights::SubstrateWeight<Runtime>;
}

impl lockstep_security_token::Config for Runtime {
	type MaxDecimals = ConstU8<8>;
	type WeightInfo = lockstep_security_token::weights::SubstrateWeight<Runtime>;
}

impl lockstep_bridge::Config for Runtime {
	type WeightInfo = lockstep_bridge::weights::SubstrateWeight<Runtime>;
}
