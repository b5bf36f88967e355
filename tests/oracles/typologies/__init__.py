"""Each typology by its definition, in plain Python: a module an id, with ``instances(world, values)``."""
