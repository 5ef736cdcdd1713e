"""Anthropic's Messages API, and whoever else speaks it."""
