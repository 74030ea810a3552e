//! Ways from what older versions of the pallet stored.

use core::marker::PhantomData;

use codec::{Decode, Encode};
use frame_support::{
	migrations::VersionedMigration,
	traits::{Get, UncheckedOnRuntimeUpgrade},
	weights::Weight,
};
use polkadot_sdk::{frame_support, frame_system};

use crate::{types::Flow, Config, Flows, Pallet};

/// From version 0, which knew no rate limits, to 1.
pub type ToVersion1<T> = VersionedMigration<0, 1, AddLimits<T>, Pallet<T>, <T as frame_system::Config>::DbWeight>;

/// A flow of version 0.
#[derive(Clone, Copy, Debug, Encode, Decode)]
pub struct FlowV0 {
	/// Sent from here to the lane.
	pub sent: u128,
	/// Come back because the remote chain rejected.
	pub refunded: u128,
	/// Arrived here from the lane.
	pub arrived: u128,
}

/// Gives every flow limits that are not set.
pub struct AddLimits<T>(PhantomData<T>);

impl<T: Config> UncheckedOnRuntimeUpgrade for AddLimits<T> {
	fn on_runtime_upgrade() -> Weight {
		let mut changed: u64 = 0;
		Flows::<T>::translate_values(|FlowV0 { sent, refunded, arrived }| {
			changed = changed.saturating_add(1);
			Some(Flow { sent, refunded, arrived, ..Flow::default() })
		});
		T::DbWeight::get().reads_writes(changed, changed)
	}
}
