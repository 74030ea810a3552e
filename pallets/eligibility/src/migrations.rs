//! Ways from what older versions of the pallet stored.

use core::marker::PhantomData;

use frame_support::{
	migrations::VersionedMigration,
	traits::{Get, UncheckedOnRuntimeUpgrade},
	weights::Weight,
};
use polkadot_sdk::{frame_support, frame_system};

use crate::{
	pallet::{Config, Pallet, Timings},
	DEFAULT_TIMING,
};

/// From version 0, which knew no changes of signer sets, to 1: names the times that such changes take.
pub type ToVersion1<T> =
	VersionedMigration<0, 1, NameTiming<T>, Pallet<T>, <T as frame_system::Config>::DbWeight>;

/// Writes the times of [`DEFAULT_TIMING`].
pub struct NameTiming<T>(PhantomData<T>);

impl<T: Config> UncheckedOnRuntimeUpgrade for NameTiming<T> {
	fn on_runtime_upgrade() -> Weight {
		Timings::<T>::put(DEFAULT_TIMING);
		T::DbWeight::get().writes(1)
	}
}
