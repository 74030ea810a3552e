"""The credential issuer: a case is checked by two people, a wallet fetches the credential, its status is kept."""
