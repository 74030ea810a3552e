//! What the calls do once every rule has passed, and what the bridge does with positions.

use alloc::vec::Vec;

use lockstep_eligibility as eligibility;
use lockstep_primitives::{ids, lots, shape, AssetParams, Lot, Reason, Refusal, RefusalSet, TransferOrder};
use polkadot_sdk::{
	frame_system::pallet_prelude::OriginFor,
	sp_core::{H256, U256},
	sp_runtime::DispatchError,
};

use crate::{
	evaluate::{credit, signed, Arrival, Changes, Departure},
	follow::End,
	pallet::{Assets, Config, Error, Event, Pallet, Supplies},
	position::{count, Position},
	types::{Asset, Supply, Velocity},
};

/// The calls.
impl<T: Config> Pallet<T> {
	/// A refusal as this pallet's error.
	pub fn refuse(reason: Reason) -> DispatchError {
		Error::<T>::Refused(reason.refusal).into()
	}

	pub(crate) fn do_register(
		origin: OriginFor<T>,
		params: AssetParams,
		controller: T::AccountId,
	) -> Result<(), Reason> {
		let mut refused = Self::check_params(&params);
		if let Err(reason) = eligibility::Pallet::<T>::ensure_admin(origin) {
			refused.add(reason);
		}
		refused.into_result()?;
		let asset = params.asset_id();
		Assets::<T>::insert(asset, Asset { params, controller, pause: 0, velocity: Velocity::default() });
		Self::deposit_event(Event::AssetRegistered { asset, token: H256::zero() });
		Ok(())
	}

	pub(crate) fn do_issue(
		caller: &T::AccountId,
		asset: H256,
		account: [u8; 32],
		lots: Vec<Lot>,
	) -> Result<(), Reason> {
		let now = eligibility::Pallet::<T>::now();
		let issue = Self::evaluate_issue(caller, asset, account, lots, now).into_result()?;
		issue.changes.write::<T>();
		Self::deposit_event(Event::Issued {
			asset: issue.asset,
			investor: issue.investor,
			account: issue.account,
			lots: issue.lots,
		});
		Ok(())
	}

	pub(crate) fn do_transfer(from: [u8; 32], asset: H256, to: [u8; 32], amount: U256) -> Result<(), Reason> {
		let now = eligibility::Pallet::<T>::now();
		let transfer = Self::evaluate_transfer(asset, from, to, amount, now).into_result()?;
		transfer.changes.write::<T>();
		Self::deposit_event(Event::Transferred {
			asset: transfer.asset,
			from: transfer.from,
			to: transfer.to,
			amount: transfer.amount,
		});
		Ok(())
	}

	pub(crate) fn do_pause_asset(origin: OriginFor<T>, asset: H256, bits: u8) -> Result<(), Reason> {
		let allowed = eligibility::Pallet::<T>::ensure_guardian_or_admin(origin).and(shape::check_pause_bits(bits));
		Self::change_pause(allowed, asset, |pause| pause | bits)?;
		Self::deposit_event(Event::Paused { scope: asset, bits });
		Ok(())
	}

	pub(crate) fn do_resume_asset(origin: OriginFor<T>, asset: H256, bits: u8) -> Result<(), Reason> {
		let allowed = eligibility::Pallet::<T>::ensure_admin(origin).and(shape::check_pause_bits(bits));
		Self::change_pause(allowed, asset, |pause| pause & !bits)?;
		Self::deposit_event(Event::Resumed { scope: asset, bits });
		Ok(())
	}

	fn change_pause(allowed: Result<(), Reason>, asset: H256, change: impl FnOnce(u8) -> u8) -> Result<(), Reason> {
		let mut refused = RefusalSet::new();
		let record = Assets::<T>::get(asset);
		refused.add_if(record.is_none(), || Refusal::AssetUnknown.with([ids::to_word(asset)]));
		if let Err(reason) = allowed {
			refused.add(reason);
		}
		refused.into_result()?;
		if let Some(record) = record {
			let pause = change(record.pause);
			Assets::<T>::insert(asset, Asset { pause, ..record });
		}
		Ok(())
	}
}

/// Crossings. The bridge checks lane, time and signatures, keeps the orders, and tells the events.
impl<T: Config> Pallet<T> {
	/// Takes a departure's lots out of the sender's hands and counts them as in flight.
	pub fn depart(departure: Departure) {
		departure.changes.write::<T>();
	}

	/// Gives an arrival to its recipient.
	pub fn arrive(arrival: Arrival) {
		arrival.changes.write::<T>();
	}

	/// Ends the flight of an order from here that was delivered. The room of an order to oneself went along, and its seat.
	pub fn settle_delivered(order: &TransferOrder) {
		let mut position = Position::follow::<T>(order.asset, order.from_investor);
		Self::land(&mut position, order);
		if order.from_investor == order.to_investor {
			let sum = signed(lots::sum(&order.lots));
			position.holder.move_limit(|limit| limit.saturating_sub(sum));
		}
		let seat = (order.seat != 0).then_some((order.seat, -1));
		Changes { positions: alloc::vec![position], seat, ..Changes::none(order.asset) }.write::<T>();
	}

	/// Ends the flight of an order from here that was rejected or expired: its very lots come back to the sender, or to
	/// what became of its account and its investor.
	///
	/// No rule is asked: a refund always lands, frozen if the investor is frozen. Lots that came due in flight come back
	/// free; should places have been filled meanwhile, the nearest lots merge.
	pub fn refund(order: &TransferOrder) {
		let sum = lots::sum(&order.lots).low_u128();
		let End { address, account, position, recorded } = End::follow::<T>(order.asset, order.sender);
		let mut position = if recorded == order.from_investor {
			position
		} else {
			Position::follow::<T>(order.asset, order.from_investor)
		};
		Self::land(&mut position, order);
		position.credit::<T>(&order.lots, eligibility::Pallet::<T>::now());
		position.make_fit();
		let supply = Supplies::<T>::get(order.asset);
		Changes {
			accounts: alloc::vec![(address, credit(&account, sum))],
			positions: alloc::vec![position],
			supply: Some(Supply { supply: supply.supply.saturating_add(sum), ..supply }),
			..Changes::none(order.asset)
		}
		.write::<T>();
	}

	/// Gives back what an order in flight held: its sum, its places and its number among the orders.
	fn land(position: &mut Position, order: &TransferOrder) {
		let sum = lots::sum(&order.lots).low_u128();
		let places = count(lots::locked_count(&order.lots) as usize);
		let holder = &mut position.holder;
		holder.in_flight = holder.in_flight.saturating_sub(sum);
		holder.reserved = holder.reserved.saturating_sub(places);
		holder.orders = holder.orders.saturating_sub(1);
	}
}
