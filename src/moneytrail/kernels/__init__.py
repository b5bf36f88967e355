"""The numba kernels: arrays in, arrays out. Each file is one family and imports numpy and numba only.

Three levels and no fourth: plain Python elsewhere validates and explains; a parallel kernel splits the work by cost;
a unit kernel is the idea. No kernel file imports another, because numba's cache does not see an edit in an
imported helper and would run stale code; but for the hint in :mod:`moneytrail.prefetch`, which computes nothing.

Unit kernels that are called for every transfer are compiled with ``_nrt=False``: they allocate nothing, so no
references are counted, which would cost more than the work. Their room is made by the parallel kernel that calls them.

``moneytrail warmup`` compiles them all once (see :func:`moneytrail.scoring.warm_up`).
"""
