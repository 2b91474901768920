"""Measurements, each a ratio against a named reference in one run."""
