"""Voices: implementations of the port `core.engine.Engine`. They know tokens, not stories."""
