//! Whether an object could be right at all, before any state is looked at.
//!
//! `Malformed(at)` tells where, with these values.

use polkadot_sdk::sp_core::H256;

use crate::{
	evaluation::{Reason, RefusalSet},
	ids::{to_word, ACCOUNT_EVM, ACCOUNT_ID32, MAX_AMOUNT, MAX_LOTS, PAUSE_ALL, RULE_RESTART},
	lots,
	messages::{Action, InitiateRequest, Lot, PairRule, TransferOrder},
	refusal::Refusal,
};

/// `Malformed`: an investor id is not 16 zero bytes followed by 16 bytes that are not all zero.
pub const AT_INVESTOR: u8 = 1;
/// `Malformed`: lots are not in the form of an order, or locked where only free ones may be.
pub const AT_LOTS: u8 = 2;
/// `Malformed`: an approval or a permit expires more than an hour ahead.
pub const AT_EXPIRES_AT: u8 = 3;
/// `Malformed`: the reason of a rejection is no refusal's number.
pub const AT_REASON: u8 = 4;
/// `Malformed`: the outcome of a receipt is not 1, 2 or 3.
pub const AT_OUTCOME: u8 = 5;
/// `Malformed`: a batch is dated before the one that came before it.
pub const AT_ISSUED_AT: u8 = 6;
/// `Malformed`: the asset is registered already; the release is proposed already, or unknown.
pub const AT_REGISTERED: u8 = 7;
/// `Malformed`: name or symbol are empty, longer than 64 bytes or no UTF-8.
pub const AT_TEXT: u8 = 8;
/// `Malformed`: a number of the terms is outside its range, or home domain or issuer are missing.
pub const AT_TERMS: u8 = 9;
/// `Malformed`: the bits of a pause name nothing, or something that doesn't exist.
pub const AT_PAUSE_BITS: u8 = 10;
/// `Malformed`: an action without a reason or a document.
pub const AT_ACTION: u8 = 11;
/// `Malformed`: a document without name, address or hash, one too many, or one that isn't there.
pub const AT_DOCUMENT: u8 = 12;
/// `Malformed`: a capacity or a rate is outside its range, or given without the other.
pub const AT_RATE: u8 = 13;
/// `Malformed`: pair rules are too many, not ascending, of an unknown kind, or restart without a holding period.
pub const AT_PAIRS: u8 = 14;
/// `Malformed`: an order to another investor carries a seat.
pub const AT_SEAT: u8 = 15;
/// `Malformed`: more accounts or investors would lead to one than its list can hold.
pub const AT_FORWARDS: u8 = 16;

/// Exceptions from an asset's default rule.
pub const MAX_PAIRS: usize = 32;

/// `Malformed` at one of the places above.
pub fn malformed(at: u8) -> Reason {
	Refusal::Malformed.with([at.into()])
}

/// Malformed for pause bits outside 1 to 15: bits that stop nothing would stay behind when all is resumed.
pub fn check_pause_bits(bits: u8) -> Result<(), Reason> {
	if bits == 0 || bits > PAUSE_ALL {
		return Err(malformed(AT_PAUSE_BITS));
	}
	Ok(())
}

/// True for 16 zero bytes followed by 16 bytes that are not all zero.
pub fn is_investor(id: &H256) -> bool {
	id.as_bytes()[..16].iter().all(|byte| *byte == 0) && !id.is_zero()
}

/// True when `account` can be an account of that kind of chain.
pub fn is_account(kind: u8, account: &H256) -> bool {
	match kind {
		ACCOUNT_EVM => account.as_bytes()[..12].iter().all(|byte| *byte == 0) && !account.is_zero(),
		ACCOUNT_ID32 => !account.is_zero(),
		_ => false,
	}
}

/// Form and sizes of a list of lots: AmountZero, Malformed(AT_LOTS), AmountTooLarge(sum, max).
pub fn check_lots(lots: &[Lot]) -> RefusalSet {
	let mut refused = RefusalSet::new();
	if let Err(reason) = lots::check_form(lots) {
		refused.add(reason);
	}
	let sum = lots::sum(lots);
	refused.add_if(sum > MAX_AMOUNT.into(), || Refusal::AmountTooLarge.with([sum, MAX_AMOUNT.into()]));
	refused
}

/// What a request refuses by itself: AmountZero, TooManyLots above 32 locked lots, AmountTooLarge, Malformed.
///
/// The recipient is not looked at: its shape depends on the lane.
pub fn check_request(request: &InitiateRequest) -> RefusalSet {
	let mut refused = RefusalSet::new();
	refused.add_if(!is_investor(&request.to_investor), || malformed(AT_INVESTOR));
	refused.merge(check_lots(&request.lots));
	let named = request.lots.iter().filter(|lot| !lots::is_free(lot)).count();
	refused.add_if(named > MAX_LOTS as usize, || Refusal::TooManyLots.with([named.into(), MAX_LOTS.into()]));
	refused
}

/// What an order refuses by itself: AmountZero, AmountTooLarge, Malformed (a locked lot or a seat to another investor
/// included).
pub fn check_order(order: &TransferOrder) -> RefusalSet {
	let mut refused = RefusalSet::new();
	refused.add_if(!is_investor(&order.from_investor) || !is_investor(&order.to_investor), || malformed(AT_INVESTOR));
	refused.merge(check_lots(&order.lots));
	let locked_to_another =
		order.from_investor != order.to_investor && order.lots.iter().any(|lot| !lots::is_free(lot));
	refused.add_if(locked_to_another, || malformed(AT_LOTS));
	// To another investor no room travels, and no seat.
	refused.add_if(order.seat != 0 && order.from_investor != order.to_investor, || malformed(AT_SEAT));
	refused
}

/// Form and sizes of a list of locked lots by name: as [`check_lots`], and Malformed(AT_LOTS) for a free part or fewer
/// than `least`.
pub fn check_locked_lots(lots: &[Lot], least: usize) -> RefusalSet {
	let mut refused = check_lots(lots);
	refused.add_if(lots.len() < least || lots.iter().any(lots::is_free), || malformed(AT_LOTS));
	refused
}

/// Malformed(AT_ACTION) for an action without a reason or a document.
pub fn check_action(action: &Action) -> RefusalSet {
	let mut refused = RefusalSet::new();
	refused.add_if(action.reason == 0 || action.document.is_zero(), || malformed(AT_ACTION));
	refused
}

/// Malformed(AT_PAIRS) unless there are at most 32 pairs, strictly ascending by (from_class, to_class), of known rules,
/// and none restarts a holding period that the terms don't have.
pub fn check_pairs(pairs: &[PairRule], holding_period: u64) -> RefusalSet {
	let key = |pair: &PairRule| (pair.from_class, pair.to_class);
	let ascending = pairs.windows(2).all(|two| key(&two[0]) < key(&two[1]));
	let sound = |pair: &PairRule| pair.rule <= RULE_RESTART && (pair.rule != RULE_RESTART || holding_period > 0);
	let mut refused = RefusalSet::new();
	refused.add_if(pairs.len() > MAX_PAIRS || !ascending || !pairs.iter().all(sound), || malformed(AT_PAIRS));
	refused
}

/// RecipientMalformed(recipient) when `recipient` can not be an account of that kind of chain.
pub fn check_recipient(kind: u8, recipient: &H256) -> RefusalSet {
	let mut refused = RefusalSet::new();
	refused.add_if(!is_account(kind, recipient), || Refusal::RecipientMalformed.with([to_word(*recipient)]));
	refused
}
