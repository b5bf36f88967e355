"""Hypothesis profiles: the same examples in every run by default, new ones with ``--hypothesis-profile=explore``.

No deadline, since a kernel compiles at its first call. A failing example prints what replays it.

Tests run beside each other, one a processor, and most look at some dozen transfers: one thread each, since to wake a
second one takes ten times as long as the work. Tests of threads ask for more themselves.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

os.environ.setdefault("POLARS_MAX_THREADS", "1")
# Two test processes with two threads each on two processors wait for one another: a minute becomes ten.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numba
import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("explore", deadline=None, derandomize=False, print_blob=True, max_examples=200)
settings.load_profile("default")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)
