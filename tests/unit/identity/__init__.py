"""The identity side."""
