"""The compliance oracle: it decides, signs, and publishes eligibility to the chains."""
