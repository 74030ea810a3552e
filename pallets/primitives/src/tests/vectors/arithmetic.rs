//! Lots and eligibility words.

use polkadot_sdk::sp_core::U256;

use super::cases;
use crate::{
	lots::{credit, fold, take, Taken},
	EligibilityWord, Refusal,
};

#[test]
fn folding_agrees() {
	for case in cases("lots", "fold") {
		let folded = fold(case.amount("free"), &case.lots("lot"), case.number("now"));
		assert_eq!(folded, (case.new_holding(), case.amount("folded")), "{}", case.name());
	}
}

#[test]
fn taking_agrees_in_what_is_taken_and_in_what_is_refused() {
	for case in cases("lots", "take") {
		let (free, lots, wanted) = (case.amount("free"), case.lots("lot"), case.lots("wanted"));
		let taken = take(free, &lots, &wanted, case.number("now"));
		let expected = match Refusal::from_number(case.number("code")) {
			Some(refusal) => Err(refusal.with([case.wide("a"), case.wide("b"), case.wide("c")])),
			None => Ok(Taken { rest: case.new_holding(), taken: case.lots("taken") }),
		};
		assert_eq!(taken, expected, "{}", case.name());
	}
}

#[test]
fn crediting_agrees() {
	for case in cases("lots", "credit") {
		let (free, lots, arriving) = (case.amount("free"), case.lots("lot"), case.lots("arriving"));
		let holding = credit(free, &lots, &arriving, case.number("now"));
		assert_eq!(holding, case.new_holding(), "{}", case.name());
	}
}

#[test]
fn places_agree() {
	for case in cases("lots", "places") {
		let now = case.number("now");
		let reserved: usize = case.number("reserved");
		let (folded, _) = fold(0, &case.lots("lot"), now);
		let holding = credit(0, &folded.lots, &case.lots("arriving"), now);
		let before = folded.lots.len() + reserved;
		let places = holding.lots.len() + reserved;
		assert_eq!(places, case.number::<usize>("places"), "{}", case.name());
		let refused = places > before.max(case.number("max"));
		assert_eq!(if refused { 15 } else { 0 }, case.number::<u16>("code"), "{}", case.name());
	}
}

#[test]
fn words_agree() {
	for case in cases("words", "word") {
		let word = EligibilityWord {
			valid_until: case.number("validUntil"),
			class: case.number("class"),
			permissions: case.number("permissions"),
			sequence: case.number("sequence"),
			limit: case.number("limit"),
		};
		let packed = U256::from_big_endian(&case.bytes("word"));
		assert_eq!(word.pack(), packed, "{}", case.name());
		assert_eq!(EligibilityWord::unpack(packed), word, "{}", case.name());
	}
}
