"""What holds for every test: no outside, the same examples every time under CI, nothing skipped there, nothing unread."""

import os

from hypothesis import HealthCheck, settings

import outside

pytest_plugins = ["ci_skips", "wire_files", "databases", "fresh_loggers", "garbage"]

outside.cut_off()

# A deadline would measure the machine; laws that start a server are slow for a good reason.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "local")
