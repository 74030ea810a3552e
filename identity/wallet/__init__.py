"""A development wallet: receives credentials by OpenID4VCI, keeps them in a folder, shows them bound to a challenge."""
