//! The way from the version before, and what is true of all pallets after a life.

use codec::Encode;
use polkadot_sdk::*;

use alloy_sol_types::SolCall;
use frame_support::{
	assert_ok,
	traits::{GetStorageVersion, StorageVersion},
};
use lockstep_eligibility::{Timings, DEFAULT_TIMING};
use lockstep_primitives::{
	abi::{bytes32, ILockstepViews as views},
	Timing,
};
use lockstep_security_token::{Assets, Classes, Holders};
use sp_core::{storage::StateVersion, H256};
use sp_runtime::{generic::DigestItem, Digest};

use super::{
	chain::{first_block, NOW, START_MS},
	scenario::*,
};
use crate::{Bridge, Eligibility, Executive, Header, Runtime, SecurityToken, SLOT_DURATION_MS};

/// Asks a view and decodes its answer.
fn ask<C: SolCall>(call: C) -> C::Return {
	let answer = Bridge::view(&call.abi_encode()).expect("a known view");
	C::abi_decode_returns_validate(&answer).expect("the ABI of its returns")
}

/// Positions of every kind: free and locked, with an order in flight, and of two classes of things done to them.
fn live() -> H256 {
	let asset = launch();
	issue(asset, ANA, vec![locked(30, 500), locked(40, 900)]);
	assert_ok!(dispatch(ANA, initiate(asset, vec![free(100), locked(30, 500)])));
	assert_ok!(dispatch(CHO, deliver(vec![incoming(asset, 7, vec![locked(20, 700)])])));
	assert_ok!(dispatch(CHO, reject(incoming(asset, 8, vec![free(1)]))));
	assert_ok!(dispatch(BEN, transfer(asset, bytes(ANA), 10)));
	asset
}

/// Everything that may be done here beside what the version before knew.
fn live_on(asset: H256) {
	use lockstep_security_token::Call;
	let (ana, ben) = (account(ANA), account(BEN));
	limit(asset);
	assert_ok!(dispatch(ADMIN, Call::set_velocity { asset, capacity: 500, rate: 1 }));
	assert_ok!(dispatch(ANA, transfer(asset, bytes(BEN), 10)));
	let freeze = Call::freeze_amount { asset, investor: investor(1), amount: 50, action: action() };
	assert_ok!(dispatch(CONTROLLER, freeze));
	let force = Call::force_transfer { asset, from: ana.clone(), to: ben.clone(), amount: 880, action: action() };
	assert_ok!(dispatch(CONTROLLER, force));
	let redeem = Call::redeem { asset, account: ben, lots: vec![free(5)], action: action() };
	assert_ok!(dispatch(CONTROLLER, redeem));
	let moved = account(CHO);
	assert_ok!(dispatch(CONTROLLER, Call::recover { asset, from: ana, to: moved, action: action() }));
	admit(asset, other_account(9), 9);
	let (retired, successor) = (investor(1), investor(9));
	assert_ok!(dispatch(CONTROLLER, Call::replace_investor { asset, retired, successor, action: action() }));
	// The refund finds the successor's account.
	assert_ok!(dispatch(CHO, settle(in_flight(), 2)));
	assert_eq!(SecurityToken::account(asset, bytes(CHO)).investor, successor);
	let strike = lockstep_eligibility::Call::strike_signer {
		role: 1,
		signer: lockstep_eligibility::testing::attestors()[0].address,
	};
	assert_ok!(dispatch(GUARDIAN, strike));
}

#[cfg(feature = "try-runtime")]
mod state {
	use frame_support::traits::{TryState, TryStateSelect};
	use lockstep_eligibility::SignerSets;

	use super::*;

	fn check() -> Result<(), sp_runtime::TryRuntimeError> {
		<crate::AllPalletsWithSystem as TryState<crate::BlockNumber>>::try_state(1, TryStateSelect::All)
	}

	#[test]
	fn after_a_life_every_pallet_finds_its_promises_kept() {
		first_block().execute_with(|| {
			assert_ok!(check());
			let asset = live();
			assert_ok!(check());
			live_on(asset);
			assert_ok!(check());
		});
	}

	fn assert_found(spoil: impl FnOnce(H256)) {
		first_block().execute_with(|| {
			let asset = live();
			spoil(asset);
			assert!(check().is_err());
		});
	}

	#[test]
	fn what_is_broken_in_any_pallet_is_found() {
		assert_found(|asset| {
			lockstep_bridge::Flows::<Runtime>::mutate(asset, LANE, |flow| {
				flow.as_mut().expect("open").sent += 1;
			});
		});
		assert_found(|_| lockstep_bridge::Orders::<Runtime>::remove(LANE, 1));
		assert_found(|asset| Holders::<Runtime>::mutate(asset, investor(1), |holder| holder.locked += 1));
		assert_found(|asset| Classes::<Runtime>::mutate(asset, CLASS, |count| count.holders += 1));
		assert_found(|_| {
			SignerSets::<Runtime>::mutate(1, |sets| {
				sets.as_mut().expect("sets").current.signers.as_mut().reverse();
			});
		});
		assert_found(|_| {
			let oracle = SignerSets::<Runtime>::get(2).expect("sets");
			SignerSets::<Runtime>::mutate(1, |sets| sets.as_mut().expect("sets").current = oracle.current);
		});
	}
}

/// Rewrites what is stored as version 0 stored it: (the fields in the order and widths of that version).
fn downgrade() {
	for (key, asset) in Assets::<Runtime>::iter().collect::<Vec<_>>() {
		let params = asset.params;
		let old = (
			(params.home_domain, params.issuer, params.salt, params.terms, params.name, params.symbol),
			asset.controller,
			asset.pause,
		);
		sp_io::storage::set(&Assets::<Runtime>::hashed_key_for(key), &old.encode());
	}
	for (asset, investor, holder) in Holders::<Runtime>::iter().collect::<Vec<_>>() {
		let old = (
			holder.word,
			(holder.free, holder.in_flight, holder.next_unlock),
			[holder.lots, holder.reserved, holder.orders, holder.flags],
		)
			.encode();
		assert_eq!(old.len(), 32 + 16 + 16 + 8 + 4);
		sp_io::storage::set(&Holders::<Runtime>::hashed_key_for(asset, investor), &old);
	}
	for (asset, class, mut count) in Classes::<Runtime>::iter().collect::<Vec<_>>() {
		count.holders = 0;
		Classes::<Runtime>::insert(asset, class, count);
	}
	for (asset, lane, flow) in lockstep_bridge::Flows::<Runtime>::iter().collect::<Vec<_>>() {
		let old = (flow.sent, flow.refunded, flow.arrived).encode();
		sp_io::storage::set(&lockstep_bridge::Flows::<Runtime>::hashed_key_for(asset, lane), &old);
	}
	Timings::<Runtime>::kill();
	StorageVersion::new(0).put::<Eligibility>();
	StorageVersion::new(0).put::<SecurityToken>();
	StorageVersion::new(0).put::<Bridge>();
	frame_system::LastRuntimeUpgrade::<Runtime>::put(frame_system::LastRuntimeUpgradeInfo {
		spec_version: 1.into(),
		spec_name: "lockstep".into(),
	});
}

/// Begins block 2, as a node does after its runtime was replaced.
fn next_block() {
	let slot = sp_consensus_aura::Slot::from(START_MS / SLOT_DURATION_MS + 1);
	let digest = Digest { logs: vec![DigestItem::PreRuntime(sp_consensus_aura::AURA_ENGINE_ID, slot.encode())] };
	let zero = H256::zero();
	Executive::initialize_block(&Header {
		parent_hash: H256::repeat_byte(4),
		number: 2,
		state_root: zero,
		extrinsics_root: zero,
		digest,
	});
}

/// All records of the three pallets that version 0 knew too, but for the times, which it didn't.
fn records() -> Vec<Vec<u8>> {
	vec![
		Assets::<Runtime>::iter().collect::<Vec<_>>().encode(),
		Holders::<Runtime>::iter().collect::<Vec<_>>().encode(),
		Classes::<Runtime>::iter().collect::<Vec<_>>().encode(),
		lockstep_security_token::Lots::<Runtime>::iter().collect::<Vec<_>>().encode(),
		lockstep_security_token::Accounts::<Runtime>::iter().collect::<Vec<_>>().encode(),
		lockstep_security_token::Supplies::<Runtime>::iter().collect::<Vec<_>>().encode(),
		lockstep_bridge::Flows::<Runtime>::iter().collect::<Vec<_>>().encode(),
		lockstep_bridge::Orders::<Runtime>::iter().collect::<Vec<_>>().encode(),
		lockstep_bridge::Lanes::<Runtime>::iter().collect::<Vec<_>>().encode(),
	]
}

#[test]
fn a_chain_of_version_0_is_upgraded_in_its_next_block_and_reads_right() {
	first_block().execute_with(|| {
		let asset = live();
		let before = records();
		let root = sp_io::storage::root(StateVersion::V1);
		downgrade();
		assert_ne!(sp_io::storage::root(StateVersion::V1), root, "the old bytes are others");
		next_block();
		assert_eq!(records(), before);
		assert_eq!(Eligibility::timing(), DEFAULT_TIMING);
		assert_eq!(Eligibility::on_chain_storage_version(), StorageVersion::new(1));
		assert_eq!(SecurityToken::on_chain_storage_version(), StorageVersion::new(1));
		assert_eq!(Bridge::on_chain_storage_version(), StorageVersion::new(1));
		reads_right(asset);
		live_on(asset);
		reads_on(asset);
	});
}

/// What the views tell of `live`.
fn reads_right(asset: H256) {
	let (asset, ana) = (bytes32(asset), bytes32(investor(1)));
	let position = ask(views::positionOfCall { asset, investor: ana });
	assert_eq!((position.free, position.inFlight), (uint(910), uint(130)));
	let lots: Vec<_> = position.lots.iter().map(|lot| (lot.amount, lot.unlocksAt - NOW)).collect();
	assert_eq!(lots, [(20, 700), (40, 900)]);
	assert_eq!((position.reservedLots, position.orders, position.flags), (1, 1, 0));
	let limit = ask(views::limitOfCall { asset, investor: ana });
	assert_eq!(limit.used, uint(1_100));
	assert_eq!(limit.limit.to_string(), "1000000000000000020", "an own arrival brought its limit");
	assert_eq!(limit.room.to_string(), "999999999999998920");
	let quota = ask(views::quotaOfCall { asset, class: CLASS });
	assert_eq!((quota.quota, quota.holders), (1_000, 2));
	assert_eq!(ask(views::assetInfoCall { asset }).name, "Share");
	assert!(ask(views::pairRulesCall { asset }).is_empty());
	assert_eq!(ask(views::velocityOfCall { asset }).capacity, uint(0));
	assert_eq!(ask(views::frozenOfCall { asset, investor: ana }), uint(0));
	let rates = ask(views::rateOfCall { lane: bytes32(LANE), asset });
	assert_eq!((rates.outbound.capacity, rates.inbound.available), (uint(0), uint(0)));
	let supply = ask(views::supplyOfCall { asset });
	let lane = &supply.lanes[0];
	assert_eq!((supply.supply, lane.sent, lane.refunded, lane.arrived), (uint(1_960), uint(130), uint(0), uint(20)));
}

/// What the views tell of `live_on`.
fn reads_on(asset: H256) {
	let (asset, retired) = (bytes32(asset), bytes32(investor(1)));
	assert_eq!(ask(views::successorOfCall { asset, investor: retired }), bytes32(investor(9)));
	assert_eq!(ask(views::movedToCall { asset, account: bytes32(bytes(ANA)) }), bytes32(bytes(CHO)));
	let timing = ask(views::timingCall {});
	assert_eq!(Timing { delay: timing.delay, grace: timing.grace }, DEFAULT_TIMING);
	assert_eq!(ask(views::signerSetCall { role: 1 }).signers.len(), 2, "without the struck one");
	let rates = ask(views::rateOfCall { lane: bytes32(LANE), asset });
	assert_eq!((rates.outbound.capacity, rates.inbound.capacity), (uint(1_000_000), uint(2_000_000)));
}

fn uint(number: u64) -> <views::frozenOfCall as SolCall>::Return {
	<views::frozenOfCall as SolCall>::Return::from(number)
}
