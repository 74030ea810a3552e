"""Measurements of the services, each with a load generator in a process of its own."""
