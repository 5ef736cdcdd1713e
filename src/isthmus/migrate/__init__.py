"""Configurations of other programs, read and never touched."""
