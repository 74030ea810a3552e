//! The pallets whose weights can be measured here.

use polkadot_sdk::frame_benchmarking;

frame_benchmarking::define_benchmarks!(
	[lockstep_eligibility, Eligibility]
	[lockstep_security_token, SecurityToken]
	[lockstep_bridge, Bridge]
);
