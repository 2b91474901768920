"""Platforms on loopback: the real client libraries talk to them over real sockets."""
