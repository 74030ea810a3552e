//! Rules that several operations ask.

use alloc::vec::Vec;

use lockstep_primitives::{
	ids::{self, signed_to_word},
	lots, AssetTerms, Lot, Refusal, RefusalSet,
};
use polkadot_sdk::sp_core::{H256, U256};

use super::{note, Scene};
use crate::{
	pallet::{Classes, Config},
	position::Position,
	types::Account,
};

/// True for an amount that a rule about amounts can be asked of: 1 to 2^96 - 1.
pub(crate) fn is_amount(amount: U256) -> bool {
	!amount.is_zero() && amount <= ids::MAX_AMOUNT.into()
}

/// AmountZero and AmountTooLarge.
pub(crate) fn check_amount(refused: &mut RefusalSet, amount: U256) {
	refused.add_if(amount.is_zero(), || Refusal::AmountZero.bare());
	refused.add_if(amount > ids::MAX_AMOUNT.into(), || Refusal::AmountTooLarge.with([amount, ids::MAX_AMOUNT.into()]));
}

/// SenderUnbound; true when the account belongs to an investor.
pub(crate) fn check_sender_bound(refused: &mut RefusalSet, account: &Account, address: H256) -> bool {
	refused.add_if(!account.is_bound(), || Refusal::SenderUnbound.with([ids::to_word(address)]));
	account.is_bound()
}

/// ReceiverUnbound; true when the account belongs to an investor.
pub(crate) fn check_receiver_bound(refused: &mut RefusalSet, account: &Account, address: H256) -> bool {
	refused.add_if(!account.is_bound(), || Refusal::ReceiverUnbound.with([ids::to_word(address)]));
	account.is_bound()
}

/// SenderFrozen.
pub(crate) fn check_sender_frozen(refused: &mut RefusalSet, account: &Account, sender: &Position) {
	refused.add_if(account.is_frozen() || sender.holder.is_frozen(), || Refusal::SenderFrozen.bare());
}

/// SenderBlocked.
pub(crate) fn check_may_send(refused: &mut RefusalSet, sender: &Position) {
	let word = sender.eligibility();
	refused.add_if(!word.may_send(), || Refusal::SenderBlocked.with([word.permissions.into()]));
}

/// ReceiverFrozen.
pub(crate) fn check_receiver_frozen(refused: &mut RefusalSet, account: &Account, receiver: &Position) {
	refused.add_if(account.is_frozen() || receiver.holder.is_frozen(), || Refusal::ReceiverFrozen.bare());
}

/// ReceiverNotEligible; true when the receiver's record allows receiving.
pub(crate) fn check_may_receive(refused: &mut RefusalSet, receiver: &Position) -> bool {
	let word = receiver.eligibility();
	refused.add_if(!word.may_receive(), || Refusal::ReceiverNotEligible.with([word.permissions.into()]));
	word.may_receive()
}

/// ReceiverNotEligible, EligibilityExpired and OracleStale. `may_be_expired`: a lapsed holder coming home.
pub(crate) fn check_receiving<AccountId>(
	refused: &mut RefusalSet,
	scene: &Scene<AccountId>,
	receiver: &Position,
	may_be_expired: bool,
) {
	let word = receiver.eligibility();
	if check_may_receive(refused, receiver) && word.is_expired(scene.now) && !may_be_expired {
		refused.add(Refusal::EligibilityExpired.with([word.valid_until.into()]));
	}
	// The oracle may be dated ahead of this chain: its age is then 0, not an underflow.
	let age = scene.now.saturating_sub(scene.clock.at);
	let max_age = scene.terms().max_oracle_age;
	refused.add_if(age > max_age, || Refusal::OracleStale.with([age.into(), max_age.into()]));
}

/// LimitExceeded and HolderCapReached, of a receiver with a record and of an amount that can be one. `leaver` is the class
/// that stops counting the sender by the same movement: its seat is free before the receiver takes one.
pub(crate) fn check_caps<T: Config>(refused: &mut RefusalSet, receiver: &Position, amount: U256, leaver: Option<u16>) {
	let word = receiver.eligibility();
	if word.is_absent() || !is_amount(amount) {
		return;
	}
	let would_be = amount.saturating_add(receiver.holder.used().into());
	let within = u128::try_from(word.limit).is_ok_and(|limit| would_be <= limit.into());
	refused.add_if(!within, || Refusal::LimitExceeded.with([signed_to_word(word.limit), would_be]));
	check_seat::<T>(refused, receiver, leaver);
}

/// HolderCapReached when a class that doesn't count the receiver yet has no seat left.
pub(crate) fn check_seat<T: Config>(refused: &mut RefusalSet, receiver: &Position, leaver: Option<u16>) {
	let word = receiver.eligibility();
	if word.is_absent() || receiver.holder.used() > 0 {
		return;
	}
	let count = Classes::<T>::get(receiver.asset, word.class);
	let leaves = u64::from(leaver == Some(word.class));
	let holders = count.holders.saturating_sub(leaves);
	refused.add_if(i128::from(holders) >= i128::from(count.quota), || {
		Refusal::HolderCapReached.with([word.class.into(), signed_to_word(count.quota.into())])
	});
}

/// FrozenAmount; true when what isn't frozen covers the amount. `sender` as it is before anything is taken.
pub(crate) fn check_frozen_amount(refused: &mut RefusalSet, sender: &Position, amount: U256) -> bool {
	let holder = &sender.holder;
	let movable = holder.total().saturating_sub(holder.frozen);
	let fails = holder.frozen > 0 && is_amount(amount) && amount > movable.into();
	refused.add_if(fails, || Refusal::FrozenAmount.with([holder.frozen.into()]));
	!fails
}

/// VelocityExceeded; else the sender's bucket holds the amount. Asked of what goes to other investors.
pub(crate) fn check_velocity<AccountId>(
	refused: &mut RefusalSet,
	scene: &Scene<AccountId>,
	sender: &mut Position,
	amount: U256,
) {
	let velocity = scene.asset.velocity;
	if velocity.capacity == 0 || !is_amount(amount) {
		return;
	}
	match sender.holder.bucket(&velocity).check(amount.low_u128(), scene.now) {
		Ok(spent) => {
			sender.holder.spent = spent;
			sender.holder.spent_at = scene.now;
		},
		Err(overflow) => refused.add(Refusal::VelocityExceeded.with([overflow.wait.into()])),
	}
}

/// The pair rule for free tokens that move to another investor: ClassTransferForbidden; on Restart LotTooSmall and
/// TooManyLots. Returns the receiver's position afterwards. `from_class` is None when the sender has no record here.
pub(crate) fn check_pair<T: Config>(
	refused: &mut RefusalSet,
	scene: &Scene<T::AccountId>,
	from_class: Option<u16>,
	receiver: Position,
	amount: u128,
) -> Position {
	let terms = scene.terms();
	let to_class = receiver.eligibility().class;
	let rule = scene.asset.params.rule(from_class.unwrap_or_default(), to_class);
	let allows = matches!(rule, ids::RULE_KEEP | ids::RULE_RESTART);
	refused.add_if(!allows || from_class.is_none(), || {
		Refusal::ClassTransferForbidden.with([from_class.unwrap_or_default().into(), to_class.into()])
	});
	let arriving = if rule == ids::RULE_RESTART {
		refused.add_if(amount < terms.min_lot, || Refusal::LotTooSmall.with([terms.min_lot.into()]));
		let unlocks_at = scene.now.saturating_add(terms.holding_period);
		Lot { amount, acquired_at: scene.now, unlocks_at }
	} else {
		Lot { amount, acquired_at: 0, unlocks_at: 0 }
	};
	// A position that others filled with dust could no longer receive: the last places are its owner's.
	credit_within::<T>(refused, receiver, &[arriving], ids::MAX_FOREIGN_LOTS, scene.now)
}

/// TooManyLots when `arriving` would put more than `max` places to use. Returns the position afterwards. What needs no
/// place of its own (free tokens, a lot that merges) is never too many.
pub(crate) fn credit_within<T: Config>(
	refused: &mut RefusalSet,
	mut position: Position,
	arriving: &[Lot],
	max: u32,
	now: u64,
) -> Position {
	// Due lots are out of their places before anything arrives, or they would lend theirs to a lot of someone else.
	if !arriving.iter().all(lots::is_free) {
		position.fold::<T>(now);
	}
	let places = position.places();
	position.credit::<T>(arriving, now);
	refused.add_if(position.places() > places.max(max), || {
		Refusal::TooManyLots.with([position.places().into(), max.into()])
	});
	position
}

/// LotsLocked, else LotUnknown. Takes named lots, locked ones too, out of a folded position and returns them in the form
/// of an order; None when one of the two failed.
pub(crate) fn take_named<T: Config>(
	refused: &mut RefusalSet,
	position: &mut Position,
	wanted: &[Lot],
	now: u64,
) -> Option<Vec<Lot>> {
	let free = position.holder.free;
	let names_locked = wanted.iter().any(|lot| !lots::is_due(lot, now));
	// Reading lots costs: only when some are named, or the next unlock must be told.
	let short = lots::sum(wanted) > free.into();
	let held = if names_locked || short { position.lots::<T>().to_vec() } else { Vec::new() };
	let taken = note(refused, lots::take(free, &held, wanted, now))?;
	if names_locked {
		position.set_holding(taken.rest);
	} else {
		position.holder.free = taken.rest.free;
	}
	Some(taken.taken)
}

/// OverAuthorisedIssue when `total` plus `sum` passes what the terms authorise.
pub(crate) fn check_authorised(refused: &mut RefusalSet, terms: &AssetTerms, total: u128, sum: U256) {
	let would_be = sum.saturating_add(total.into());
	refused.add_if(would_be > terms.authorised_issue.into(), || {
		Refusal::OverAuthorisedIssue.with([terms.authorised_issue.into(), would_be])
	});
}

/// InsufficientBalance; the account's record with `amount` less.
pub(crate) fn debit(refused: &mut RefusalSet, account: &Account, amount: U256) -> Option<Account> {
	let left = U256::from(account.balance).checked_sub(amount);
	refused.add_if(left.is_none(), || Refusal::InsufficientBalance.with([account.balance.into(), amount]));
	// At most the balance it was, so it fits.
	Some(Account { balance: left?.low_u128(), ..*account })
}

/// The account's record with `amount` more. An issue's total is far below 128 bits.
pub(crate) fn credit(account: &Account, amount: u128) -> Account {
	Account { balance: account.balance.saturating_add(amount), ..*account }
}
