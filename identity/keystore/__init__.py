"""Where secret keys live: an encrypted file now, a hardware module behind the same port."""
