//! The oracle's batches: order, time, size, items.

use lockstep_primitives::{ids, BindingItem, QuotaItem, Refusal};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::{H256, U256},
};

use super::{eligibility_item, empty_batch, last_event, refused, signed, submit, ASSET};
use crate::{mock::*, ClockState, Event};

#[test]
fn anyone_may_bring_the_next_batch_and_its_items_apply_in_order() {
	new_test_ext().execute_with(|| {
		let mut batch = empty_batch(1, START);
		batch.eligibilities = vec![eligibility_item(ASSET, 1), eligibility_item(ASSET, 2)];
		batch.bindings =
			vec![BindingItem { asset: ASSET, account: H256([3; 32]), investor: H256::zero() }];
		batch.quotas = vec![QuotaItem { asset: ASSET, class: 4, delta: 5 }];
		assert_ok!(submit(&batch));
		assert_eq!(
			take_notes(),
			vec![
				Note::Eligibility(1, H256::from_low_u64_be(1)),
				Note::Eligibility(1, H256::from_low_u64_be(2)),
				Note::Binding(H256([3; 32])),
				Note::Quota(4),
			]
		);
		assert_eq!(Eligibility::clock(), ClockState { number: 1, at: START, pause: 0 });
		assert_eq!(last_event(), Event::BatchApplied { number: 1, issued_at: START }.into());
	});
}

#[test]
fn a_heartbeat_moves_the_clock_and_keeps_the_pause() {
	new_test_ext().execute_with(|| {
		assert_ok!(Eligibility::pause(signed(guardian()), ids::PAUSE_TRANSFER));
		assert_ok!(submit(&empty_batch(1, START)));
		assert_ok!(submit(&empty_batch(2, START + 5)));
		assert_eq!(Eligibility::clock(), ClockState { number: 2, at: START + 5, pause: 1 });
	});
}

#[test]
fn an_applied_batch_is_a_no_op_whatever_it_holds() {
	new_test_ext().execute_with(|| {
		assert_ok!(submit(&empty_batch(1, START)));
		System::reset_events();
		let mut other = empty_batch(1, START + 99_999);
		other.eligibilities = vec![eligibility_item(ASSET, 1)];
		assert_ok!(Eligibility::submit_batch(signed(stranger()), other, 77, vec![vec![1]]));
		assert_ok!(Eligibility::submit_batch(signed(stranger()), empty_batch(0, 0), 1, vec![]));
		assert_eq!(take_notes(), vec![]);
		assert_eq!(System::events(), vec![]);
	});
}

#[test]
fn a_gap_names_the_batch_that_is_missing() {
	new_test_ext().execute_with(|| {
		let batch = empty_batch(2, START);
		assert_noop!(submit(&batch), refused(Refusal::BatchOutOfOrder));
		let found = Eligibility::evaluate_batch(&batch, &Eligibility::clock());
		assert_eq!(found.reasons(), &[Refusal::BatchOutOfOrder.with([U256::one()])]);
		assert_noop!(submit(&empty_batch(u64::MAX, START)), refused(Refusal::BatchOutOfOrder));
	});
}

#[test]
fn a_batch_may_be_dated_sixty_seconds_ahead_and_not_more() {
	new_test_ext().execute_with(|| {
		assert_noop!(submit(&empty_batch(1, START + 61)), refused(Refusal::NotYet));
		assert_noop!(submit(&empty_batch(1, u64::MAX)), refused(Refusal::NotYet));
		assert_ok!(submit(&empty_batch(1, START + 60)));
	});
}

#[test]
fn issued_at_never_falls_but_may_stand() {
	new_test_ext().execute_with(|| {
		assert_ok!(submit(&empty_batch(1, START)));
		assert_noop!(submit(&empty_batch(2, START - 1)), refused(Refusal::Malformed));
		assert_ok!(submit(&empty_batch(2, START)));
	});
}

#[test]
fn a_hundred_items_of_all_kinds_together_are_the_most() {
	new_test_ext().execute_with(|| {
		let mut batch = empty_batch(1, START);
		batch.eligibilities = (0..99).map(|n| eligibility_item(ASSET, n)).collect();
		batch.quotas = vec![QuotaItem { asset: ASSET, class: 1, delta: 1 }; 2];
		assert_noop!(submit(&batch), refused(Refusal::Malformed));
		batch.quotas.pop();
		assert_ok!(submit(&batch));
		assert_eq!(take_notes().len(), 100);
	});
}

#[test]
fn an_odd_item_is_skipped_with_its_reason_and_the_rest_applies() {
	new_test_ext().execute_with(|| {
		let mut batch = empty_batch(1, START);
		batch.eligibilities = vec![eligibility_item(UNKNOWN_ASSET, 1), eligibility_item(ASSET, 2)];
		batch.bindings = vec![
			BindingItem { asset: ASSET, account: H256([3; 32]), investor: H256::zero() },
			BindingItem { asset: ASSET, account: BUSY_ACCOUNT, investor: H256::zero() },
		];
		batch.quotas = vec![QuotaItem { asset: UNKNOWN_ASSET, class: 4, delta: 5 }];
		assert_ok!(submit(&batch));
		let events: Vec<RuntimeEvent> =
			System::events().into_iter().map(|record| record.event).collect();
		assert_eq!(
			events,
			vec![
				Event::ItemSkipped { number: 1, kind: 1, index: 0, code: 3 }.into(),
				Event::ItemSkipped { number: 1, kind: 2, index: 1, code: 44 }.into(),
				Event::ItemSkipped { number: 1, kind: 3, index: 0, code: 3 }.into(),
				Event::BatchApplied { number: 1, issued_at: START }.into(),
			]
		);
		assert_eq!(take_notes().len(), 2);
	});
}

#[test]
fn all_failing_rules_are_collected_and_the_lowest_is_raised_before_signatures_are_looked_at() {
	new_test_ext().execute_with(|| {
		assert_ok!(submit(&empty_batch(1, START)));
		let batch = empty_batch(3, START - 1);
		let found = Eligibility::evaluate_batch(&batch, &Eligibility::clock());
		let codes: Vec<u16> =
			found.reasons().iter().map(|reason| reason.refusal.number()).collect();
		assert_eq!(codes, vec![35, 48]);
		assert_noop!(
			Eligibility::submit_batch(signed(stranger()), batch, 1, vec![]),
			refused(Refusal::BatchOutOfOrder)
		);
	});
}
