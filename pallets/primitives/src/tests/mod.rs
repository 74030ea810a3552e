//! Tests of the protocol's words.

mod bucket;
mod evaluation;
mod lots;
mod quorum;
mod shape;
mod vectors;
mod word;
