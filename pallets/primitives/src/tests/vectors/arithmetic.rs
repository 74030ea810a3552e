//! Lots and eligibility words.

use polkadot_sdk::sp_core::U256;

use super::cases;
use crate::{
	bucket::{Bucket, Overflow},
	lots::{credit, fold, merge_lots, merge_nearest, take, take_any, Taken},
	shape::{check_order, check_pairs, malformed, AT_PAIRS, AT_SEAT},
	AssetParams, AssetTerms, EligibilityWord, Lot, PairRule, Refusal, TransferOrder,
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

#[test]
fn taking_without_names_agrees() {
	for case in cases("merging", "takeAny") {
		let taken = take_any(case.amount("free"), &case.lots("lot"), case.amount("amount"), case.number("now"));
		let expected = Taken { rest: case.new_holding(), taken: case.lots("taken") };
		assert_eq!(taken, expected, "{}", case.name());
	}
}

#[test]
fn merging_the_nearest_agrees() {
	for case in cases("merging", "mergeNearest") {
		assert_eq!(merge_nearest(&case.lots("lot")), case.lots("newLot"), "{}", case.name());
	}
}

#[test]
fn merging_by_name_agrees_in_what_comes_out_and_in_what_is_refused() {
	for case in cases("merging", "mergeLots") {
		let merged = merge_lots(&case.lots("lot"), &case.lots("named"), case.number("now"));
		let expected = match Refusal::from_number(case.number("code")) {
			Some(refusal) => Err(refusal.with([case.wide("a"), case.wide("b"), case.wide("c")])),
			None => Ok((case.lots("newLot"), case.lots("into")[0])),
		};
		assert_eq!(merged, expected, "{}", case.name());
	}
}

#[test]
fn buckets_agree() {
	for case in cases("buckets", "ask") {
		let bucket = Bucket {
			spent: case.amount("spent"),
			at: case.number("at"),
			capacity: case.amount("capacity"),
			rate: case.amount("rate"),
			divisor: case.number("divisor"),
		};
		let now = case.number("now");
		assert_eq!(bucket.spent_now(now), case.amount("spentNow"), "{}", case.name());
		assert_eq!(bucket.available(now), case.amount("available"), "{}", case.name());
		let expected = if case.flag("ok") {
			Ok(case.amount("newSpent"))
		} else {
			Err(Overflow { wait: case.wide("wait").low_u64(), available: case.amount("available") })
		};
		assert_eq!(bucket.check(case.amount("amount"), now), expected, "{}", case.name());
	}
}

fn pairs(case: &super::Case) -> Vec<PairRule> {
	let classes = |name: &str| case.list(name, super::number::<u16>);
	let rules = case.list("rules", super::number::<u8>);
	classes("fromClasses")
		.into_iter()
		.zip(classes("toClasses"))
		.zip(rules)
		.map(|((from_class, to_class), rule)| PairRule { from_class, to_class, rule })
		.collect()
}

#[test]
fn the_form_of_pair_rules_agrees() {
	for case in cases("shape", "pairs") {
		let found = check_pairs(&pairs(&case), case.number("holdingPeriod"));
		let expected = match case.number::<u8>("malformed") {
			0 => None,
			at => Some(malformed(at)),
		};
		assert_eq!(found.first(), expected, "{}", case.name());
		assert!(expected.is_none() || expected == Some(malformed(AT_PAIRS)));
	}
}

#[test]
fn the_rule_of_a_pair_agrees() {
	for case in cases("shape", "rule") {
		let terms = AssetTerms {
			terms: 1,
			decimals: 0,
			default_rule: case.number("defaultRule"),
			holding_period: 1,
			max_oracle_age: 0,
			min_lot: 0,
			authorised_issue: 1,
			document: Default::default(),
		};
		let params = AssetParams {
			home_domain: Default::default(),
			issuer: Default::default(),
			salt: Default::default(),
			terms,
			pairs: pairs(&case),
			name: vec![],
			symbol: vec![],
		};
		let rule = params.rule(case.number("fromClass"), case.number("toClass"));
		assert_eq!(rule, case.number::<u8>("rule"), "{}", case.name());
	}
}

#[test]
fn the_form_of_a_seat_agrees() {
	for case in cases("shape", "seat") {
		let order = TransferOrder {
			source: Default::default(),
			destination: Default::default(),
			nonce: 1,
			asset: Default::default(),
			terms: 1,
			from_investor: case.hash("fromInvestor"),
			to_investor: case.hash("toInvestor"),
			sender: Default::default(),
			recipient: Default::default(),
			lots: vec![Lot { amount: 1, ..Default::default() }],
			seat: case.number("seat"),
			initiated_at: 0,
			deadline: 1,
		};
		let expected = match case.number::<u8>("malformed") {
			0 => None,
			at => Some(malformed(at)),
		};
		assert_eq!(check_order(&order).first(), expected, "{}", case.name());
		assert!(expected.is_none() || expected == Some(malformed(AT_SEAT)));
	}
}
