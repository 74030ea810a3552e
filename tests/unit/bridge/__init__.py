"""The pure core of the protocol."""
