"""What the web interfaces of the identity services share."""
