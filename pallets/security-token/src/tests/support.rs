//! Orders and shorthands that several test files need.

use lockstep_primitives::{Evaluation, InitiateRequest, Lot, RefusalSet, TransferOrder};
use polkadot_sdk::{frame_support::dispatch::DispatchResult, sp_core::H256};

use crate::{mock::*, Departure};

pub const REMOTE: H256 = H256([0xee; 32]);

pub fn keep(test: impl FnOnce(H256)) {
	with_asset(lockstep_primitives::ids::RULE_KEEP, test);
}

pub fn codes(refused: &RefusalSet) -> Vec<u16> {
	refused.reasons().iter().map(|reason| reason.refusal.number()).collect()
}

pub fn evaluate_leaving(asset: H256, from: u8, to: H256, lots: Vec<Lot>) -> Evaluation<Departure> {
	let request = InitiateRequest {
		asset,
		destination: REMOTE,
		to_investor: to,
		recipient: H256::from_low_u64_be(1),
		lots,
		deadline: Eligibility::now() + 1_000,
	};
	SecurityToken::evaluate_initiate([from; 32], &request, Eligibility::now())
}

/// Sends an order off and returns it as the bridge would store it.
pub fn depart(asset: H256, from: u8, to: H256, lots: Vec<Lot>) -> TransferOrder {
	let departure = evaluate_leaving(asset, from, to, lots).into_result().expect("allowed");
	let order = TransferOrder {
		source: Eligibility::domain(),
		destination: REMOTE,
		nonce: 1,
		asset,
		terms: departure.terms,
		from_investor: departure.from_investor,
		to_investor: to,
		sender: named(from),
		recipient: H256::from_low_u64_be(1),
		lots: departure.order_lots.clone(),
		seat: departure.seat,
		initiated_at: Eligibility::now(),
		deadline: Eligibility::now() + 1_000,
	};
	SecurityToken::depart(departure);
	check_all(asset);
	order
}

/// An order from elsewhere, of investor `from` to investor `n` with account `to`.
pub fn incoming(asset: H256, from: H256, to: u8, n: u8, lots: Vec<Lot>) -> TransferOrder {
	TransferOrder {
		source: REMOTE,
		destination: Eligibility::domain(),
		nonce: 1,
		asset,
		terms: 1,
		from_investor: from,
		to_investor: investor(n),
		sender: H256::from_low_u64_be(1),
		recipient: named(to),
		lots,
		seat: 0,
		initiated_at: START,
		deadline: START + 1_000,
	}
}

/// Numbers of all rules that an order from elsewhere fails now.
pub fn explain_arrival(order: &TransferOrder) -> Vec<u16> {
	codes(&SecurityToken::evaluate_arrival(order, Eligibility::now()).refused)
}

/// Delivers an order from elsewhere, or gives the number of the first failed rule.
pub fn deliver(order: &TransferOrder) -> Result<(), u16> {
	let found = SecurityToken::evaluate_arrival(order, Eligibility::now()).into_result();
	SecurityToken::arrive(found.map_err(|reason| reason.refusal.number())?);
	check_all(order.asset);
	Ok(())
}

pub fn force(asset: H256, from: u8, to: u8, amount: u128) -> DispatchResult {
	SecurityToken::force_transfer(signed(controller()), asset, account(from), account(to), amount, action())
}

pub fn recover(asset: H256, from: u8, to: u8) -> DispatchResult {
	SecurityToken::recover(signed(controller()), asset, account(from), account(to), action())
}

pub fn replace(asset: H256, retired: u8, successor: u8) -> DispatchResult {
	let (retired, successor) = (investor(retired), investor(successor));
	SecurityToken::replace_investor(signed(controller()), asset, retired, successor, action())
}

pub fn freeze_amount_of(asset: H256, n: u8, amount: u128) -> DispatchResult {
	SecurityToken::freeze_amount(signed(controller()), asset, investor(n), amount, action())
}

/// Limit, used and room of investor `n`.
pub fn limit(asset: H256, n: u8) -> (i128, u128, i128) {
	SecurityToken::limit(asset, investor(n))
}

/// Quota and holders of a class.
pub fn class(asset: H256, class: u16) -> (i64, u64) {
	let count = SecurityToken::quota(asset, class);
	(count.quota, count.holders)
}
