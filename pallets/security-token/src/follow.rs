//! Where tokens of an account that was recovered, or of an investor that was replaced, are to be found.
//!
//! Orders name accounts and investors of the time when they were made; whatever became of these since, what arrives and
//! what comes back must land. Forwarding is one hop: when A leads to B, all that led to A leads to B.

use polkadot_sdk::{frame_system, sp_core::H256};

use crate::{
	pallet::{Accounts, Config, MovedFrom, MovedTo, Pallet, Predecessors, Successors},
	position::Position,
	types::{Account, Forwards, MAX_FORWARDS},
};

/// An account with its investor's position: one end of a movement.
#[derive(Clone, Debug)]
pub(crate) struct End {
	/// Where tokens are.
	pub address: H256,
	/// Its record; the investor is the one that stands for it today.
	pub account: Account,
	/// The investor's position; nobody's (empty) for an unbound account.
	pub position: Position,
	/// The investor by the account's record, before a successor is looked for.
	pub recorded: H256,
}

impl End {
	/// The end at `address`.
	pub fn open<T: Config>(asset: H256, address: H256) -> Self {
		let record = Accounts::<T>::get(asset, address).unwrap_or_default();
		let position = Position::follow::<T>(asset, record.investor);
		let account = Account { investor: position.investor, ..record };
		Self { address, account, position, recorded: record.investor }
	}

	/// The end at `address`, or where it was moved to if nobody owns it any more.
	pub fn follow<T: Config>(asset: H256, address: H256) -> Self {
		let mut end = Self::open::<T>(asset, address);
		// One hop but for a chain longer than its list: then hop by hop, or a refund would land on nobody.
		for _ in 0..MAX_FORWARDS {
			if end.account.is_bound() {
				break;
			}
			match MovedTo::<T>::get(asset, end.address) {
				Some(moved) => end = Self::open::<T>(asset, moved),
				None => break,
			}
		}
		end
	}
}

impl Position {
	/// The position of an investor, or of its successor if it was replaced.
	pub fn follow<T: Config>(asset: H256, investor: H256) -> Self {
		let mut position = Self::open::<T>(asset, investor);
		for _ in 0..MAX_FORWARDS {
			if !position.holder.is_retired() {
				break;
			}
			match Successors::<T>::get(asset, position.investor) {
				Some(successor) => position = Self::open::<T>(asset, successor),
				None => break,
			}
		}
		position
	}
}

impl<T: Config> Pallet<T> {
	/// Takes a system account of its own for an account of which nothing is known yet, whatever its native balance: one
	/// reaped below the deposit would start again with nonce 0, and old extrinsics could be replayed. For the same reason
	/// the reference is never given back.
	pub(crate) fn know_account(asset: H256, account: H256) {
		if !Accounts::<T>::contains_key(asset, account) {
			frame_system::Pallet::<T>::inc_sufficients(&T::AccountId::from(account.0));
		}
	}

	/// The investor whose order in flight may still come back to `account`, with what is in flight: the account was moved,
	/// nobody owns it, and the investor has orders in flight from here. None when there is none.
	pub(crate) fn expected_at(asset: H256, account: H256) -> Option<Position> {
		let end = End::follow::<T>(asset, account);
		let moved = end.address != account && end.account.is_bound();
		(moved && end.position.holder.orders > 0).then_some(end.position)
	}

	/// Records that what is meant for the account `from` goes to the account `to`.
	pub(crate) fn forward_account(asset: H256, from: H256, to: H256) {
		let mut incoming = MovedFrom::<T>::get(asset, to);
		for earlier in MovedFrom::<T>::take(asset, from) {
			// Stale entries (bound again, or moved elsewhere since) are left alone.
			if earlier != to && MovedTo::<T>::get(asset, earlier) == Some(from) {
				MovedTo::<T>::insert(asset, earlier, to);
				remember(&mut incoming, earlier);
			}
		}
		MovedTo::<T>::insert(asset, from, to);
		remember(&mut incoming, from);
		MovedFrom::<T>::insert(asset, to, incoming);
		MovedTo::<T>::remove(asset, to);
	}

	/// Records that `successor` stands for the investor `retired`.
	pub(crate) fn forward_investor(asset: H256, retired: H256, successor: H256) {
		let mut incoming = Predecessors::<T>::get(asset, successor);
		for earlier in Predecessors::<T>::take(asset, retired) {
			if Successors::<T>::get(asset, earlier) == Some(retired) {
				Successors::<T>::insert(asset, earlier, successor);
				remember(&mut incoming, earlier);
			}
		}
		Successors::<T>::insert(asset, retired, successor);
		remember(&mut incoming, retired);
		Predecessors::<T>::insert(asset, successor, incoming);
	}
}

/// Adds a name once; drops the oldest when the list is full.
fn remember(forwards: &mut Forwards, name: H256) {
	if forwards.contains(&name) {
		return;
	}
	if forwards.is_full() {
		forwards.remove(0);
	}
	// There is a place now.
	let _ = forwards.try_push(name);
}
