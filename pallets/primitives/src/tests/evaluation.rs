use codec::{Decode, Encode};
use polkadot_sdk::sp_core::U256;

use crate::{Evaluation, Refusal, RefusalSet};

#[test]
fn refusals_are_numbered_without_gaps_and_encode_as_their_number_minus_one() {
	assert_eq!(Refusal::ALL.len(), 49);
	for (place, refusal) in Refusal::ALL.iter().enumerate() {
		assert_eq!(usize::from(refusal.number()), place + 1);
		assert_eq!(refusal.encode(), vec![place as u8]);
		assert_eq!(Refusal::decode(&mut &[place as u8][..]), Ok(*refusal));
		assert_eq!(Refusal::from_number(refusal.number()), Some(*refusal));
	}
	assert_eq!(Refusal::from_number(0), None);
	assert_eq!(Refusal::from_number(50), None);
}

#[test]
fn a_set_keeps_one_reason_per_rule_ascending_and_raises_the_lowest() {
	let mut set = RefusalSet::new();
	set.add(Refusal::NotYet.with([7.into()]));
	set.add(Refusal::Paused.with([2.into()]));
	set.add(Refusal::Paused.with([4.into()]));
	set.add_if(false, || Refusal::AmountZero.bare());

	assert_eq!(set.code(), 1);
	assert_eq!(set.first(), Some(Refusal::Paused.with([2.into()])));
	assert_eq!(set.reasons().len(), 2);
	assert_eq!(set.bits(), (U256::one() << 1) | (U256::one() << 38));
	assert_eq!(set.into_result(), Err(Refusal::Paused.with([2.into()])));
}

#[test]
fn an_empty_set_is_allowed_with_code_zero() {
	assert_eq!(RefusalSet::new().code(), 0);
	assert_eq!(RefusalSet::new().into_result(), Ok(()));
}

#[test]
fn the_abi_of_a_set_is_two_parameters_with_a_dynamic_list() {
	let set = RefusalSet::from(Refusal::TermsMismatch.with([1.into(), 2.into()]));
	let words: Vec<U256> = set.abi_encode().chunks(32).map(U256::from_big_endian).collect();
	let expected: Vec<U256> =
		[U256::one() << 39, 64.into(), 1.into(), 39.into(), 1.into(), 2.into(), 0.into()].to_vec();
	assert_eq!(words, expected);
}

#[test]
fn an_evaluation_without_plan_and_without_refusal_fails_closed() {
	let broken: Evaluation<()> = Evaluation { refused: RefusalSet::new(), plan: None };
	assert_eq!(broken.into_result(), Err(Refusal::Malformed.bare()));
	assert_eq!(Evaluation::allowed(5).into_result(), Ok(5));
	let refused: Evaluation<()> = Evaluation::refused(Refusal::Paused.bare().into());
	assert_eq!(refused.into_result(), Err(Refusal::Paused.bare()));
}
