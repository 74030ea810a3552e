//! What each call reads and writes beyond the framework's own share, counted in real extrinsics.
//!
//! The framework's share is what an empty remark of the same signer touches. With LOCKSTEP_ACCESS_FIGURES set, the counts
//! are written to the file of that name as one JSON object.

use std::{collections::BTreeMap, env, fs};

use polkadot_sdk::*;

use frame_support::{assert_ok, weights::Weight};
use lockstep_bridge::WeightInfo as BridgeWeights;
use lockstep_eligibility::{
	testing::{oracle, sign},
	WeightInfo as EligibilityWeights,
};
use lockstep_primitives::{digests::digest_permit, BindingItem, BindingPermit, EligibilityItem, TransferOrder};
use lockstep_security_token::WeightInfo as TokenWeights;
use sp_core::H256;
use sp_keyring::Sr25519Keyring;

use super::{
	chain::{extrinsic, first_block, NOW},
	recording::{record, Touched},
	scenario::*,
};
use crate::{AccountId, Eligibility, Executive, RuntimeCall};

/// Weights that count: reads where time would be, writes where the proof's size would be.
struct Counted;

fn counted(reads: u64, writes: u64) -> Weight {
	Weight::from_parts(reads, writes)
}

impl TokenWeights for Counted {
	fn price(reads: u64, writes: u64, _: u64) -> Weight {
		counted(reads, writes)
	}
}

impl EligibilityWeights for Counted {
	fn price(reads: u64, writes: u64, _: u64) -> Weight {
		counted(reads, writes)
	}
}

impl BridgeWeights for Counted {
	fn price(reads: u64, writes: u64, _: u64) -> Weight {
		counted(reads, writes)
	}
}

/// What a call touches, signed by `who` on a chain that `prepare` made ready.
fn touched(who: Sr25519Keyring, prepare: impl FnOnce(H256) -> RuntimeCall) -> (u64, u64) {
	let base = framework(who);
	let mut chain = first_block();
	let ready = chain.execute_with(|| extrinsic(who, prepare(launch())));
	let (applied, touched) = record(&mut chain, || Executive::apply_extrinsic(ready));
	assert_eq!(applied, Ok(Ok(())));
	touched.beyond(&base)
}

/// What any extrinsic of `who` touches.
fn framework(who: Sr25519Keyring) -> Touched {
	let mut chain = first_block();
	let remark = RuntimeCall::System(frame_system::Call::remark { remark: vec![] });
	let ready = chain.execute_with(|| {
		launch();
		extrinsic(who, remark)
	});
	let (applied, touched) = record(&mut chain, || Executive::apply_extrinsic(ready));
	assert_eq!(applied, Ok(Ok(())));
	touched
}

/// A figure's name, what was counted (reads, writes), and what the call's weight pays for.
type Figure = (&'static str, (u64, u64), Weight);

fn transfers() -> Vec<Figure> {
	let weight = <Counted as TokenWeights>::transfer();
	let velocity = |asset| lockstep_security_token::Call::set_velocity { asset, capacity: 100, rate: 1 };
	vec![
		("transfer.holders", touched(ANA, |asset| transfer(asset, bytes(BEN), 1)), weight),
		(
			"transfer.newHolder",
			touched(ANA, |asset| {
				admit(asset, bytes(CHO), 3);
				transfer(asset, bytes(CHO), 1)
			}),
			weight,
		),
		(
			"transfer.folds",
			touched(ANA, |asset| {
				issue(asset, ANA, vec![locked(10, 1)]);
				pallet_timestamp::Now::<crate::Runtime>::put((NOW + 1) * 1_000);
				transfer(asset, bytes(BEN), 1_010)
			}),
			weight,
		),
		(
			"transfer.velocity",
			touched(ANA, |asset| {
				assert_ok!(dispatch(ADMIN, velocity(asset)));
				transfer(asset, bytes(BEN), 1)
			}),
			weight,
		),
		(
			"transfer.own",
			touched(ANA, |asset| {
				admit(asset, other_account(1), 1);
				transfer(asset, other_account(1), 1)
			}),
			weight,
		),
	]
}

fn controls() -> Vec<Figure> {
	use lockstep_security_token::Call;
	let other = AccountId::from(other_account(1).0);
	vec![
		(
			"issue",
			touched(CONTROLLER, |asset| token(Call::issue { asset, account: account(ANA), lots: vec![locked(5, 9)] })),
			Counted::issue(1),
		),
		(
			"redeem",
			touched(CONTROLLER, |asset| {
				let (account, lots, action) = (account(ANA), vec![free(5)], action());
				token(Call::redeem { asset, account, lots, action })
			}),
			Counted::redeem(1),
		),
		(
			"force",
			touched(CONTROLLER, |asset| {
				let (from, to, action) = (account(ANA), account(BEN), action());
				token(Call::force_transfer { asset, from, to, amount: 5, action })
			}),
			Counted::force_transfer(),
		),
		(
			"recover",
			touched(CONTROLLER, |asset| {
				token(Call::recover { asset, from: account(ANA), to: other, action: action() })
			}),
			Counted::recover(),
		),
		(
			"freezeAccount",
			touched(CONTROLLER, |asset| {
				token(Call::freeze_account { asset, account: account(ANA), frozen: true, action: action() })
			}),
			Counted::freeze_account(),
		),
	]
}

fn departures() -> Vec<Figure> {
	let leaving = |asset, lots: usize| {
		let held: Vec<_> = (0..lots as u64).map(|index| locked(5, 500 + index)).collect();
		if !held.is_empty() {
			issue(asset, ANA, held.clone());
		}
		initiate(asset, if held.is_empty() { vec![free(5)] } else { held })
	};
	let sent = |asset| {
		assert_ok!(dispatch(ANA, initiate(asset, vec![free(5)])));
		in_flight()
	};
	vec![
		("initiate.free", touched(ANA, |asset| leaving(asset, 0)), Counted::initiate(1)),
		("initiate.locked", touched(ANA, |asset| leaving(asset, 1)), Counted::initiate(1)),
		(
			"initiate.limited",
			touched(ANA, |asset| {
				limit(asset);
				leaving(asset, 0)
			}),
			Counted::initiate(1),
		),
		("settle", touched(CHO, |asset| settle(sent(asset), 1)), Counted::settle(1, 2)),
		("refund", touched(CHO, |asset| settle(sent(asset), 2)), Counted::settle(1, 2)),
		(
			"refund.limited",
			touched(CHO, |asset| {
				limit(asset);
				settle(sent(asset), 2)
			}),
			Counted::settle(1, 2),
		),
		("reject", touched(CHO, |asset| reject(incoming(asset, 1, vec![free(5)]))), Counted::reject(1, 2)),
	]
}

fn arrivals() -> Vec<Figure> {
	let weight = Counted::deliver(1, 1, 2);
	let from_ben = |asset, to: H256, number| TransferOrder {
		from_investor: investor(2),
		to_investor: investor(number),
		recipient: to,
		..incoming(asset, 1, vec![free(5)])
	};
	vec![
		(
			"deliver.furtherLot",
			touched(CHO, |asset| {
				issue(asset, ANA, vec![locked(5, 500)]);
				deliver(vec![incoming(asset, 1, vec![locked(5, 600)])])
			}),
			weight,
		),
		(
			"deliver.freeToHolder",
			touched(CHO, |asset| deliver(vec![from_ben(asset, bytes(ANA), 1)])),
			weight,
		),
		(
			"deliver.newHolder",
			touched(CHO, |asset| {
				admit(asset, other_account(1), 3);
				deliver(vec![from_ben(asset, other_account(1), 3)])
			}),
			weight,
		),
		(
			"deliver.seat",
			touched(CHO, |asset| {
				admit(asset, other_account(1), 3);
				let order = incoming(asset, 1, vec![free(5)]);
				let (from_investor, to_investor) = (investor(3), investor(3));
				let recipient = other_account(1);
				deliver(vec![TransferOrder { from_investor, to_investor, recipient, seat: 9, ..order }])
			}),
			weight,
		),
		(
			"deliver.limited",
			touched(CHO, |asset| {
				limit(asset);
				deliver(vec![incoming(asset, 1, vec![free(5)])])
			}),
			weight,
		),
		(
			"deliver.twenty",
			touched(CHO, |asset| {
				deliver((1..=20).map(|nonce| incoming(asset, nonce, vec![locked(5, nonce)])).collect())
			}),
			Counted::deliver(20, 20, 2),
		),
	]
}

fn oracle_calls() -> Vec<Figure> {
	let renewals = |asset, first: u64| -> Vec<EligibilityItem> {
		(first..first + 50).map(|number| eligibility(asset, number)).collect()
	};
	let bind = |asset| {
		let permit = BindingPermit { asset, account: bytes(CHO), investor: investor(3), expires_at: NOW + 60 };
		let signatures = sign(&oracle()[..2], digest_permit(&permit, Eligibility::domain()));
		RuntimeCall::Eligibility(lockstep_eligibility::Call::bind { permit, set: 1, signatures })
	};
	let bindings = |asset| -> Vec<BindingItem> {
		let binding = |number: u8| BindingItem { asset, account: other_account(number), investor: investor(3) };
		(1..=50).map(binding).collect()
	};
	let pay = |items| Counted::submit_batch(items, 2);
	vec![
		("heartbeat", touched(CHO, |_| batch(vec![], vec![], vec![])), pay(0)),
		(
			"batch.fiftyRenewals",
			touched(CHO, |asset| {
				assert_ok!(dispatch(CHO, batch(renewals(asset, 10), vec![], vec![])));
				batch(renewals(asset, 10), vec![], vec![])
			}),
			pay(50),
		),
		("batch.fiftyNew", touched(CHO, |asset| batch(renewals(asset, 10), vec![], vec![])), pay(50)),
		("batch.fiftyBindings", touched(CHO, |asset| batch(vec![], bindings(asset), vec![])), pay(50)),
		("bind", touched(CHO, bind), Counted::bind(2)),
	]
}

#[test]
fn accesses_of_every_call_are_counted_and_paid_for() {
	let figures: Vec<Figure> =
		[transfers(), controls(), departures(), arrivals(), oracle_calls()].into_iter().flatten().collect();
	let mut written = BTreeMap::new();
	for (name, (reads, writes), weight) in figures {
		assert!(reads <= weight.ref_time(), "{name} reads {reads} keys and pays for {}", weight.ref_time());
		assert!(writes <= weight.proof_size(), "{name} writes {writes} keys and pays for {}", weight.proof_size());
		written.insert(format!("substrate.{name}.reads"), reads);
		written.insert(format!("substrate.{name}.writes"), writes);
	}
	if let Some(target) = env::var_os("LOCKSTEP_ACCESS_FIGURES") {
		fs::write(target, serde_json::to_vec_pretty(&written).expect("JSON")).expect("the file can be written");
	}
}

#[test]
fn accesses_of_a_transfer_are_at_most_seven_reads_and_four_writes() {
	let (reads, writes) = touched(ANA, |asset| transfer(asset, bytes(BEN), 1));
	assert!(reads <= 7 && writes <= 4, "{reads} reads, {writes} writes");
}
