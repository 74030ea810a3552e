"""The chains: what one is to everyone else, and an adapter for each kind."""
