use polkadot_sdk::sp_core::{H256, U256};

use crate::{
	ids::{ACCOUNT_EVM, ACCOUNT_ID32, MAX_AMOUNT},
	shape::{check_order, check_recipient, check_request, is_account, is_investor, malformed, AT_INVESTOR, AT_LOTS},
	InitiateRequest, Lot, Refusal, TransferOrder,
};

fn id(low: u64) -> H256 {
	H256::from_low_u64_be(low)
}

fn lot(amount: u128, acquired_at: u64, unlocks_at: u64) -> Lot {
	Lot { amount, acquired_at, unlocks_at }
}

fn order(lots: Vec<Lot>) -> TransferOrder {
	TransferOrder {
		source: id(1),
		destination: id(2),
		nonce: 1,
		asset: id(3),
		terms: 1,
		from_investor: id(4),
		to_investor: id(5),
		sender: id(6),
		recipient: id(7),
		lots,
		seat: 0,
		initiated_at: 10,
		deadline: 20,
	}
}

fn request(lots: Vec<Lot>) -> InitiateRequest {
	InitiateRequest { asset: id(3), destination: id(2), to_investor: id(5), recipient: id(7), lots, deadline: 20 }
}

#[test]
fn an_investor_is_sixteen_bytes_that_are_not_all_zero() {
	assert!(is_investor(&id(1)));
	assert!(is_investor(&H256(core::array::from_fn(|i| u8::from(i == 16)))));
	assert!(!is_investor(&H256(core::array::from_fn(|i| u8::from(i >= 15)))));
	assert!(!is_investor(&H256::zero()));
}

#[test]
fn accounts_are_shaped_by_the_kind_of_their_chain() {
	let evm = id(9);
	let long = H256([1; 32]);
	assert!(is_account(ACCOUNT_EVM, &evm) && !is_account(ACCOUNT_EVM, &long));
	assert!(is_account(ACCOUNT_ID32, &evm) && is_account(ACCOUNT_ID32, &long));
	assert!(!is_account(ACCOUNT_EVM, &H256::zero()) && !is_account(ACCOUNT_ID32, &H256::zero()));
	assert!(!is_account(3, &evm), "an unknown kind fits nothing");
	assert_eq!(
		check_recipient(ACCOUNT_EVM, &long).first(),
		Some(Refusal::RecipientMalformed.with([U256::from_big_endian(&[1; 32])]))
	);
}

#[test]
fn an_order_may_carry_locked_lots_only_to_the_same_investor() {
	assert_eq!(check_order(&order(vec![lot(1, 0, 0)])).code(), 0);
	assert_eq!(check_order(&order(vec![lot(1, 5, 9)])).first(), Some(malformed(AT_LOTS)));
	let home = TransferOrder { to_investor: id(4), ..order(vec![lot(1, 5, 9)]) };
	assert_eq!(check_order(&home).code(), 0);
}

#[test]
fn investors_of_an_order_must_be_shaped_right() {
	let bad = TransferOrder { from_investor: H256::zero(), ..order(vec![lot(1, 0, 0)]) };
	assert_eq!(check_order(&bad).first(), Some(malformed(AT_INVESTOR)));
	let bad = TransferOrder { to_investor: H256([1; 32]), ..order(vec![lot(1, 0, 0)]) };
	assert_eq!(check_order(&bad).first(), Some(malformed(AT_INVESTOR)));
}

#[test]
fn amounts_are_bounded_by_the_largest_issue_also_in_sum() {
	assert_eq!(check_request(&request(vec![lot(MAX_AMOUNT, 0, 0)])).code(), 0);
	let two = vec![lot(MAX_AMOUNT, 0, 0), lot(1, 1, 1)];
	let sum = U256::from(MAX_AMOUNT) + 1;
	assert_eq!(check_request(&request(two)).first(), Some(Refusal::AmountTooLarge.with([sum, MAX_AMOUNT.into()])));
}

#[test]
fn a_request_names_at_most_32_locked_lots_besides_the_free_part() {
	let lots = |locked: u64| {
		let mut lots = vec![lot(1, 0, 0)];
		lots.extend((1..=locked).map(|at| lot(1, 1, at)));
		lots
	};
	assert_eq!(check_request(&request(lots(32))).code(), 0);
	assert_eq!(check_request(&request(lots(33))).first(), Some(Refusal::TooManyLots.with([33.into(), 32.into()])));
}

#[test]
fn several_faults_are_all_told() {
	let refused = check_request(&InitiateRequest { to_investor: H256::zero(), ..request(vec![]) });
	let codes: Vec<u16> = refused.reasons().iter().map(|r| r.refusal.number()).collect();
	assert_eq!(codes, [12, 48]);
}
