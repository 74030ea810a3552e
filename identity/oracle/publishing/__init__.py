"""Brings what the oracle decided onto the chains: batches, their signatures, and the parts of the caps."""
