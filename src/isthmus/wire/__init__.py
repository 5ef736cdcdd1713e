"""Framings: bytes to frames and back. Knows no vendor and nothing else of ours."""
