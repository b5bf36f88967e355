"""One hypothesis profile for every test: no deadline, since a kernel compiles at its first call."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("default", deadline=None, derandomize=False, print_blob=True)
settings.load_profile("default")
