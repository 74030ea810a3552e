"""The shapes the issuer's database had, step by step."""
