"""Hypothesis profiles: the same examples in every run by default, new ones with ``--hypothesis-profile=explore``.

No deadline, since a kernel compiles at its first call. A failing example prints what replays it.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("default", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("explore", deadline=None, derandomize=False, print_blob=True, max_examples=500)
settings.load_profile("default")
