use lockstep_primitives::{
	digests::{digest_approval, digest_order},
	ids::{MAX_AMOUNT, PAUSE_DELIVER, ROLE_ATTESTOR, ROLE_ORACLE, RULE_FORBID, RULE_KEEP, RULE_RESTART},
	Approval, Lot, Refusal, TransferOrder,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::{ecdsa, Pair, H256},
	sp_runtime::DispatchError,
};

use crate::{mock::*, Flows};

/// An asset from the other side, with investor 1 admitted in account `a`.
fn foreign(rule: u8) -> H256 {
	let asset = foreign_asset(rule);
	admit(asset, 1, b'a', ALL);
	asset
}

/// The same order from investor 2, who has a record here.
fn from_another(asset: H256, lots: Vec<Lot>) -> TransferOrder {
	admit(asset, 2, b'b', ALL);
	TransferOrder { from_investor: investor(2), ..incoming(asset, 1, lots) }
}

fn assert_code(order: &TransferOrder, refusal: Refusal) {
	let explained = Bridge::evaluate_deliver(order, now()).refused;
	assert_eq!(explained.code(), refusal.number());
	assert_eq!(deliver(order), refusal.number());
	assert_eq!(Bridge::outcome(order.source, order.nonce), 0, "a refused order stays open");
}

#[test]
fn lots_arrive_with_their_times_and_due_ones_free() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		let order = incoming(asset, 1, vec![free(5), locked(7, 0), locked(9, 50)]);
		assert_eq!(deliver(&order), 0);
		let (holder, lots) = SecurityToken::position(asset, investor(1));
		assert_eq!((holder.free, lots), (12, vec![locked(9, 50)]));
		assert_eq!(SecurityToken::account(asset, bytes(b'a')).balance, 21);
		assert_eq!(Bridge::outcome(LANE, 1), 1);
		assert_eq!(Flows::<Test>::get(asset, LANE).map(|flow| flow.arrived), Some(21));
		System::assert_has_event(
			crate::Event::OrderDelivered { order_id: digest_order(&order), source: LANE, nonce: 1, decided_at: NOW }
				.into(),
		);
		assert_conserved(asset);
	});
}

#[test]
fn an_order_is_delivered_once_whoever_brings_it_again() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		let order = incoming(asset, 1, vec![free(5)]);
		assert_eq!(deliver(&order), 0);
		assert_eq!(deliver(&order), Refusal::OrderConsumed.number());
		let twin = TransferOrder { recipient: bytes(b'q'), ..order };
		assert_eq!(deliver(&twin), Refusal::OrderConsumed.number(), "another order of the same nonce");
		assert_eq!(SecurityToken::supply(asset).supply, 5);
		assert_conserved(asset);
	});
}

#[test]
fn nothing_but_its_outcome_is_told_of_a_consumed_order_and_signatures_are_not_looked_at() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		let order = incoming(asset, 1, vec![free(5)]);
		assert_eq!(deliver(&order), 0);
		set_time(NOW + 200);
		let refused = Bridge::evaluate_deliver(&order, now()).refused;
		assert_eq!(refused.reasons(), [Refusal::OrderConsumed.with([1.into()])]);
		System::reset_events();
		let stale = Approval { orders: vec![], expires_at: 0 };
		assert_ok!(Bridge::deliver(origin(ANYONE), vec![order], stale, 99, vec![vec![1]]));
		assert_eq!(codes(), [22]);
	});
}

#[test]
fn one_refused_order_does_not_stop_the_others_of_a_call() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		let good = incoming(asset, 1, vec![free(5)]);
		let bad = TransferOrder { recipient: bytes(b'q'), ..incoming(asset, 2, vec![free(5)]) };
		let also_good = incoming(asset, 3, vec![free(6)]);
		let unapproved = incoming(asset, 4, vec![free(7)]);
		let named = [good.clone(), bad.clone(), also_good.clone()];
		let orders = [good.clone(), bad, good, also_good, unapproved];
		System::reset_events();
		assert_ok!(deliver_under(&orders, approval(&named)));
		assert_eq!(codes(), [0, 5, 22, 0, 23]);
		assert_eq!(SecurityToken::supply(asset).supply, 11);
		assert_conserved(asset);
	});
}

#[test]
fn outcomes_of_neighbouring_numbers_do_not_mix() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		for nonce in [63, 64, 65, 127, 128] {
			assert_eq!(deliver(&incoming(asset, nonce, vec![free(1)])), 0);
		}
		let set: Vec<u64> = (0..200).filter(|nonce| Bridge::outcome(LANE, *nonce) != 0).collect();
		assert_eq!(set, [63, 64, 65, 127, 128]);
	});
}

#[test]
fn an_order_must_be_for_here_and_come_on_a_lane() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		let order = incoming(asset, 1, vec![free(5)]);
		let elsewhere = TransferOrder { destination: LANE, ..order.clone() };
		assert_code(&elsewhere, Refusal::DomainMismatch);
		let unknown = TransferOrder { source: H256::repeat_byte(3), ..order };
		assert_code(&unknown, Refusal::DomainMismatch);
	});
}

#[test]
fn pauses_of_everything_of_the_asset_and_of_the_lane_stop_delivering() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		let order = incoming(asset, 1, vec![free(5)]);
		assert_ok!(Bridge::pause_lane(origin(GUARDIAN), LANE, PAUSE_DELIVER));
		assert_code(&order, Refusal::Paused);
		assert_ok!(Bridge::resume_lane(origin(ADMIN), LANE, PAUSE_DELIVER));
		assert_ok!(SecurityToken::pause_asset(origin(GUARDIAN), asset, PAUSE_DELIVER));
		assert_code(&order, Refusal::Paused);
		assert_ok!(SecurityToken::resume_asset(origin(ADMIN), asset, PAUSE_DELIVER));
		assert_ok!(Eligibility::pause(origin(GUARDIAN), PAUSE_DELIVER));
		assert_code(&order, Refusal::Paused);
		assert_ok!(Eligibility::resume(origin(ADMIN), PAUSE_DELIVER));
		assert_eq!(deliver(&order), 0);
	});
}

#[test]
fn the_asset_must_be_known_open_and_under_the_same_terms() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		let order = incoming(asset, 1, vec![free(5)]);
		assert_code(&incoming(H256::repeat_byte(3), 1, vec![free(5)]), Refusal::AssetUnknown);
		assert_code(&TransferOrder { terms: 2, ..order.clone() }, Refusal::TermsMismatch);
		Flows::<Test>::remove(asset, LANE);
		assert_code(&order, Refusal::AssetUnknown);
	});
}

#[test]
fn an_order_is_deliverable_from_its_start_until_before_its_deadline() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		let order = TransferOrder { initiated_at: NOW, deadline: NOW + 1, ..incoming(asset, 1, vec![free(5)]) };
		assert_code(&TransferOrder { deadline: NOW, ..order.clone() }, Refusal::DeadlinePassed);
		assert_code(&TransferOrder { initiated_at: NOW + 1, ..order.clone() }, Refusal::NotYet);
		assert_eq!(deliver(&order), 0);
	});
}

#[test]
fn the_authorised_issue_may_be_reached_and_not_passed() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		assert_eq!(deliver(&incoming(asset, 1, vec![free(AUTHORISED - 1)])), 0);
		assert_code(&incoming(asset, 2, vec![free(2)]), Refusal::OverAuthorisedIssue);
		assert_eq!(deliver(&incoming(asset, 3, vec![free(1)])), 0);
	});
}

#[test]
fn malformed_orders_are_refused_by_form() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		assert_code(&incoming(asset, 1, vec![]), Refusal::AmountZero);
		assert_code(&incoming(asset, 1, vec![free(0)]), Refusal::AmountZero);
		assert_code(&incoming(asset, 1, vec![free(1), free(1)]), Refusal::Malformed);
		assert_code(&incoming(asset, 1, vec![free(MAX_AMOUNT + 1)]), Refusal::AmountTooLarge);
		assert_code(&from_another(asset, vec![locked(20, 50)]), Refusal::Malformed);
	});
}

#[test]
fn the_recipient_must_be_bound_to_the_receiver_who_must_be_eligible() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		let order = incoming(asset, 1, vec![free(5)]);
		let unbound = TransferOrder { recipient: bytes(b'q'), ..order.clone() };
		assert_code(&unbound, Refusal::ReceiverUnbound);
		admit(asset, 1, b'a', ALL - 1);
		assert_code(&order, Refusal::ReceiverNotEligible);
		admit(asset, 1, b'a', ALL);
		lockstep_security_token::Holders::<Test>::mutate(asset, investor(1), |h| h.flags = 1);
		assert_code(&order, Refusal::ReceiverFrozen);
	});
}

#[test]
fn expiry_and_a_silent_oracle_stop_receiving() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		set_time(NOW + 86_400);
		heartbeat();
		assert_code(&incoming(asset, 1, vec![free(5)]), Refusal::EligibilityExpired);
		admit(asset, 1, b'a', ALL);
		set_time(now() + MAX_AGE + 1);
		assert_code(&incoming(asset, 1, vec![free(5)]), Refusal::OracleStale);
		set_time(now() - 1);
		assert_eq!(deliver(&incoming(asset, 1, vec![free(5)])), 0);
	});
}

#[test]
fn a_lapsed_holder_comes_home_but_nowhere_else() {
	on_chain(|| {
		let home = home_asset();
		let foreign = foreign_asset(RULE_KEEP);
		for asset in [home, foreign] {
			admit(asset, 1, b'a', ALL);
		}
		set_time(NOW + 90_000);
		heartbeat();
		assert_eq!(deliver(&incoming(home, 1, vec![locked(5, 100_000)])), 0);
		assert_code(&incoming(foreign, 2, vec![free(5)]), Refusal::EligibilityExpired);
	});
}

#[test]
fn own_lots_use_all_32_places() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		let lots: Vec<_> = (1..=32).map(|n| locked(1, n)).collect();
		assert_eq!(deliver(&incoming(asset, 1, lots)), 0);
		assert_code(&incoming(asset, 2, vec![locked(1, 33)]), Refusal::TooManyLots);
		assert_eq!(deliver(&incoming(asset, 3, vec![locked(1, 32)])), 0, "equal times merge");
		assert_conserved(asset);
	});
}

#[test]
fn between_investors_the_pair_rule_decides() {
	on_chain(|| {
		let forbid = foreign(RULE_FORBID);
		assert_code(&from_another(forbid, vec![free(20)]), Refusal::ClassTransferForbidden);
		let keep = foreign(RULE_KEEP);
		let stranger = TransferOrder { from_investor: investor(3), ..incoming(keep, 1, vec![free(20)]) };
		assert_code(&stranger, Refusal::ClassTransferForbidden);
		assert_eq!(deliver(&from_another(keep, vec![free(20)])), 0);
		assert_eq!(SecurityToken::position(keep, investor(1)).0.free, 20);
	});
}

#[test]
fn a_restart_makes_one_lot_of_its_own_holding_period() {
	on_chain(|| {
		let asset = foreign(RULE_RESTART);
		assert_code(&from_another(asset, vec![free(MIN_LOT - 1)]), Refusal::LotTooSmall);
		let order = TransferOrder { nonce: 2, ..from_another(asset, vec![free(MIN_LOT)]) };
		assert_eq!(deliver(&order), 0);
		let lot = Lot { amount: MIN_LOT, acquired_at: NOW, unlocks_at: NOW + HOLDING };
		assert_eq!(SecurityToken::position(asset, investor(1)).1, vec![lot]);
	});
}

#[test]
fn others_fill_only_24_places() {
	on_chain(|| {
		let asset = foreign(RULE_RESTART);
		let own: Vec<_> = (1..=24).map(|n| locked(1, n)).collect();
		assert_eq!(deliver(&incoming(asset, 1, own)), 0);
		let order = TransferOrder { nonce: 2, ..from_another(asset, vec![free(MIN_LOT)]) };
		assert_code(&order, Refusal::TooManyLots);
	});
}

#[test]
fn a_call_must_have_one_to_twenty_orders_and_a_good_approval() {
	on_chain(|| {
		let asset = foreign(RULE_KEEP);
		let order = incoming(asset, 1, vec![free(5)]);
		let orders = vec![order.clone(); 21];
		let good = approval(&orders[..1]);
		let malformed = refused(Refusal::Malformed);
		assert_noop!(deliver_under(&[], good.clone()), malformed);
		assert_noop!(deliver_under(&orders, good.clone()), malformed);
		let one = &orders[..1];
		let empty = Approval { orders: vec![], ..good };
		assert_noop!(deliver_under(one, empty), malformed);
		let long = Approval { orders: vec![digest_order(&order); 101], expires_at: NOW + 60 };
		assert_noop!(deliver_under(one, long), malformed);
		let until = |expires_at| Approval { expires_at, ..approval(one) };
		assert_noop!(deliver_under(one, until(NOW + 3_601)), malformed);
		assert_noop!(deliver_under(one, until(NOW)), refused(Refusal::ApprovalExpired));
		assert_ok!(deliver_under(one, until(NOW + 3_600)));
	});
}

/// Delivers a fresh order under signatures that `change` spoils.
fn with_signatures(set: u64, change: impl Fn(&mut Vec<Vec<u8>>, H256)) -> Result<(), DispatchError> {
	let order = incoming(foreign(RULE_KEEP), 1, vec![free(5)]);
	let approval = approval(core::slice::from_ref(&order));
	let digest = digest_approval(&approval, Eligibility::domain());
	let mut signatures = sign(ROLE_ATTESTOR, 2, digest);
	change(&mut signatures, digest);
	Bridge::deliver(origin(ANYONE), vec![order], approval, set, signatures)
}

#[test]
fn only_a_quorum_of_attestors_delivers() {
	type Spoil = fn(&mut Vec<Vec<u8>>, H256);
	let cases: [(Spoil, Refusal); 7] = [
		(|signatures, _| signatures.truncate(1), Refusal::QuorumNotMet),
		(|signatures, _| signatures.clear(), Refusal::QuorumNotMet),
		(|signatures, _| signatures.reverse(), Refusal::SignerOrder),
		(|signatures, _| signatures[1] = signatures[0].clone(), Refusal::SignerOrder),
		(|signatures, _| signatures[1][64] -= 27, Refusal::SignatureMalformed),
		(|signatures, digest| *signatures = sign(ROLE_ORACLE, 2, digest), Refusal::SignerUnknown),
		(
			|signatures, digest| signatures.push(sign_one(&ecdsa::Pair::from_seed(&[99; 32]), digest)),
			Refusal::SignerUnknown,
		),
	];
	for (spoil, refusal) in cases {
		on_chain(|| assert_eq!(with_signatures(1, spoil), Err(refused(refusal))));
	}
	on_chain(|| assert_eq!(with_signatures(1, |_, _| ()), Ok(())));
	on_chain(|| {
		let unknown = Err(refused(Refusal::SignerSetUnknown));
		assert_eq!(with_signatures(2, |_, _| ()), unknown);
	});
}

#[test]
fn signatures_for_another_chain_are_of_strangers() {
	on_chain(|| {
		let order = incoming(foreign(RULE_KEEP), 1, vec![free(5)]);
		let approval = approval(core::slice::from_ref(&order));
		let signatures = sign(ROLE_ATTESTOR, 2, digest_approval(&approval, LANE));
		assert_noop!(
			Bridge::deliver(origin(ANYONE), vec![order], approval, 1, signatures),
			refused(Refusal::SignerUnknown)
		);
	});
}
