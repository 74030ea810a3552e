//! The pause of everything, seen from outside: no call that it stops is even begun.

use polkadot_sdk::*;

use frame_support::{assert_noop, assert_ok, traits::Contains};
use lockstep_primitives::ids::{PAUSE_ALL, PAUSE_DELIVER, PAUSE_INITIATE, PAUSE_SETTLE, PAUSE_TRANSFER};
use sp_core::H256;
use sp_runtime::DispatchError;

use super::{
	chain::{extrinsic, first_block},
	scenario::*,
};
use crate::{filter::Unpaused, Eligibility, Executive, Runtime, RuntimeCall};

fn pause(bits: u8) {
	assert_ok!(dispatch(GUARDIAN, lockstep_eligibility::Call::pause { bits }));
}

fn resume() {
	assert_ok!(dispatch(ADMIN, lockstep_eligibility::Call::resume { bits: PAUSE_ALL }));
}

fn filtered() -> DispatchError {
	frame_system::Error::<Runtime>::CallFiltered.into()
}

/// One call for each pause bit that the filter knows, ready to be carried out.
fn stopped(asset: H256) -> [(u8, RuntimeCall); 3] {
	assert_ok!(dispatch(ANA, initiate(asset, vec![free(1)])));
	[
		(PAUSE_TRANSFER, transfer(asset, bytes(BEN), 1)),
		(PAUSE_INITIATE, initiate(asset, vec![free(1)])),
		(PAUSE_SETTLE, settle(in_flight(), 1)),
	]
}

#[test]
fn each_bit_stops_its_own_call_and_no_other() {
	first_block().execute_with(|| {
		let calls = stopped(launch());
		for (bit, _) in &calls {
			pause(*bit);
			for (other, call) in &calls {
				assert_eq!(Unpaused::contains(call), bit != other, "{call:?}");
			}
			resume();
		}
		pause(PAUSE_DELIVER);
		assert!(calls.iter().all(|(_, call)| Unpaused::contains(call)));
	});
}

#[test]
fn a_stopped_call_is_refused_and_changes_nothing_and_goes_on_after_the_pause() {
	first_block().execute_with(|| {
		let calls = stopped(launch());
		pause(PAUSE_ALL);
		for (_, call) in &calls {
			assert_noop!(dispatch(ANA, call.clone()), filtered());
		}
		resume();
		for (_, call) in calls {
			assert_ok!(dispatch(ANA, call));
		}
	});
}

#[test]
fn an_extrinsic_with_a_stopped_call_is_included_and_fails() {
	first_block().execute_with(|| {
		let asset = launch();
		pause(PAUSE_TRANSFER);
		let applied = Executive::apply_extrinsic(extrinsic(ANA, transfer(asset, bytes(BEN), 1)));
		assert_eq!(applied, Ok(Err(filtered())));
	});
}

#[test]
fn everything_else_goes_on_while_everything_is_stopped() {
	first_block().execute_with(|| {
		let asset = launch();
		let late = incoming(asset, 2, vec![free(1)]);
		pause(PAUSE_ALL);
		assert_ok!(dispatch(CHO, batch(vec![], vec![], vec![])));
		assert_ok!(dispatch(CHO, reject(late)));
		// Each order gets its own code instead.
		assert_ok!(dispatch(CHO, deliver(vec![incoming(asset, 3, vec![free(1)])])));
		issue(asset, ANA, vec![free(1)]);
		let force = lockstep_security_token::Call::force_transfer {
			asset,
			from: account(ANA),
			to: account(BEN),
			amount: 1,
			action: action(),
		};
		assert_ok!(dispatch(CONTROLLER, force));
		assert_eq!(Eligibility::clock().pause, PAUSE_ALL);
	});
}

#[test]
fn a_call_within_another_asks_the_same_filter() {
	first_block().execute_with(|| {
		let asset = launch();
		pause(PAUSE_TRANSFER);
		// What a pallet does that dispatches for somebody: it has their origin, and nothing else.
		let origin: crate::RuntimeOrigin = frame_system::RawOrigin::Signed(account(ANA)).into();
		use sp_runtime::traits::Dispatchable;
		let nested = transfer(asset, bytes(BEN), 1).dispatch(origin).map_err(|failed| failed.error);
		assert_eq!(nested.map(drop), Err(filtered()));
	});
}
