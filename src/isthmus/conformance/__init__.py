"""Judges a running gateway, or an upstream itself, by named cases. Black box: bytes over HTTP, in and out."""
