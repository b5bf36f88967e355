"""The numba kernels: arrays in, arrays out. Each file is one family and imports numpy and numba only.

Three levels and no fourth: plain Python elsewhere validates and explains; a parallel kernel splits the work by cost;
a unit kernel is the idea. No kernel file imports another, because numba's cache does not see an edit in an
imported helper and would run stale code.

``moneytrail warmup`` compiles them all once (see :func:`moneytrail.scoring.warm_up`).
"""
