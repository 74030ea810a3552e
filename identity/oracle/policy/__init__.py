"""What an asset asks of its holders, and whether somebody meets it. Pure: no clock, no store, no network."""
