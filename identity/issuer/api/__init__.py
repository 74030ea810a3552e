"""The issuer over HTTP: the protocol for wallets, what is published, and the desk of the staff."""
