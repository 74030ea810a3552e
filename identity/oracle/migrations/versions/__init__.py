"""The shapes the oracle's database had, step by step."""
