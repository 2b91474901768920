"""Filters for the gate that need no model: words and short patterns.

They give evidence quickly and offline; they do not understand text, and they keep and log nothing of it.
"""
