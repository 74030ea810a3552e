"""TLS for the identity services: a development authority for localhost, and no plain http outside development."""
