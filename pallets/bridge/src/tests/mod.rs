//! Tests of the bridge on a chain with the real pallets.

mod deliver;
mod initiate;
mod lanes;
mod model;
mod rates;
mod reject;
mod seats;
mod settle;
mod signers;
mod two_chains;
mod views;
