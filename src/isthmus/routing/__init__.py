"""Decisions only: which provider and which model a request goes to. No sockets, no clock."""
