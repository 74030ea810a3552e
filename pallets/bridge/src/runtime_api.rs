//! How clients reach the views.

use alloc::vec::Vec;

use polkadot_sdk::sp_api;

sp_api::decl_runtime_apis! {
	/// Everything that can be read of Lockstep on this chain, in the words of the EVM side.
	pub trait LockstepApi {
		/// Answers a call of `ILockstepViews`: `data` is Solidity call data (selector and arguments), the answer is the
		/// ABI of the return values. None for an unknown selector or malformed arguments.
		fn view(data: Vec<u8>) -> Option<Vec<u8>>;
	}
}
