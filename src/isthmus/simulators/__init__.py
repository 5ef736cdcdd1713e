"""Upstreams to try the gateway against without an account: real servers on a loopback port, as strict as the services they stand for.

They import nothing of the gateway, for they are judges of it.
"""
