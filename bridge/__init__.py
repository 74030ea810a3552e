"""The protocol of Lockstep: pure functions and values, no input or output, no clock, no keys of its own.

Names are equal to those of the Rust pallets and the Solidity contracts (snake_case here). Everything that a chain
decides is decided by the chain; this package computes the same bytes and the same answers beside it.
"""
