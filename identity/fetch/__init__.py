"""The one way out: every address that came from outside is fetched here, or not at all."""
