"""Who an investor is: credentials in, eligibility out."""
