"""Sections of the settings that are a subject of their own; `isthmus.config.settings` puts the whole together."""
