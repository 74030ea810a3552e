"""What the issuers' status lists say now: kept fresh, never rolled back, never asked for while deciding."""
