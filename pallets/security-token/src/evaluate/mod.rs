//! The rules. Each operation has one evaluation: it collects every rule that fails and, when none does, the new
//! values of every record that the operation changes. `explain` shows the failures and the call applies the values,
//! so the two can't differ.
//!
//! A plan holds absolute values: it is applied at once, before anything else touches the records.

mod arrival;
mod initiate;
mod issue;
mod register;
mod transfer;

use alloc::vec::Vec;

use lockstep_eligibility as eligibility;
use lockstep_primitives::{ids, lots, AssetTerms, Lot, Refusal, RefusalSet};
use polkadot_sdk::sp_core::{H256, U256};

use crate::{
	pallet::{Accounts, Assets, Config, Supplies},
	position::Position,
	types::{Account, Asset, Supply},
};

pub use arrival::Arrival;
pub use initiate::Departure;
pub use issue::Issue;
pub use transfer::Transfer;

/// New values of the records that an operation changes.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
	pub asset: H256,
	pub accounts: Vec<(H256, Account)>,
	pub positions: Vec<Position>,
	pub supply: Option<Supply>,
}

impl Changes {
	/// Writes the records.
	pub fn write<T: Config>(self) {
		for (account, record) in self.accounts {
			Accounts::<T>::insert(self.asset, account, record);
		}
		for position in self.positions {
			position.write::<T>();
		}
		if let Some(supply) = self.supply {
			Supplies::<T>::insert(self.asset, supply);
		}
	}
}

/// An asset with the clock it is judged by.
pub(crate) struct Scene<AccountId> {
	pub asset: Asset<AccountId>,
	pub clock: eligibility::ClockState,
	/// UTC seconds.
	pub now: u64,
}

impl<AccountId> Scene<AccountId> {
	pub fn terms(&self) -> &AssetTerms {
		&self.asset.params.terms
	}
}

/// The asset, or AssetUnknown; Paused when `pause_bit` is set for the whole chain or the asset (0: not looked at).
pub(crate) fn open_scene<T: Config>(
	refused: &mut RefusalSet,
	asset: H256,
	pause_bit: u8,
	now: u64,
) -> Option<Scene<T::AccountId>> {
	let clock = eligibility::Pallet::<T>::clock();
	let record = Assets::<T>::get(asset);
	let paused = clock.pause | record.as_ref().map_or(0, |record| record.pause);
	refused.add_if(paused & pause_bit != 0, || Refusal::Paused.with([paused.into()]));
	refused.add_if(record.is_none(), || Refusal::AssetUnknown.with([ids::to_word(asset)]));
	Some(Scene { asset: record?, clock, now })
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

/// ReceiverNotEligible, EligibilityExpired and OracleStale. `may_be_expired`: a lapsed holder coming home.
pub(crate) fn check_receiving<AccountId>(
	refused: &mut RefusalSet,
	scene: &Scene<AccountId>,
	receiver: &Position,
	may_be_expired: bool,
) {
	let word = receiver.eligibility();
	if !word.may_receive() {
		refused.add(Refusal::ReceiverNotEligible.with([word.permissions.into()]));
	} else if word.is_expired(scene.now) && !may_be_expired {
		refused.add(Refusal::EligibilityExpired.with([word.valid_until.into()]));
	}
	// The oracle may be dated ahead of this chain: its age is then 0, not an underflow.
	let age = scene.now.saturating_sub(scene.clock.at);
	let max_age = scene.terms().max_oracle_age;
	refused.add_if(age > max_age, || Refusal::OracleStale.with([age.into(), max_age.into()]));
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
	let allows = matches!(terms.default_rule, ids::RULE_KEEP | ids::RULE_RESTART);
	refused.add_if(!allows || from_class.is_none(), || {
		Refusal::ClassTransferForbidden.with([from_class.unwrap_or_default().into(), to_class.into()])
	});
	let arriving = if terms.default_rule == ids::RULE_RESTART {
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
	refused.add_if(left.is_none(), || {
		Refusal::InsufficientBalance.with([account.balance.into(), amount])
	});
	// At most the balance it was, so it fits.
	Some(Account { balance: left?.low_u128(), ..*account })
}

/// The account's record with `amount` more. An issue's total is far below 128 bits.
pub(crate) fn credit(account: &Account, amount: u128) -> Account {
	Account { balance: account.balance.saturating_add(amount), ..*account }
}
