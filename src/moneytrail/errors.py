"""Every error that moneytrail raises on purpose, in one tree.

::

    MoneytrailError
    ├── InputError              a file or a table is not what it says it is
    │   ├── UnknownLayoutError  no layout fits the header, and no mapping was given
    │   └── MappingError        a mapping file is wrong
    ├── ParameterError          a typology parameter, option or setting is out of its range
    ├── MissingRateError        a currency has no exchange rate to the reference currency
    ├── ArtifactError           a model folder is incomplete, altered or of another version
    └── StoreError              the store cannot be opened, or is of another version
        ├── NotFoundError       no such alert, run or key
        └── ConflictError       the store holds something else under that name

The command line prints ``str(error)`` on one line and exits with status 2. The service turns each class into one
response (see ``moneytrail_api.problems``). Rows that are wrong are not errors: they are rejected and counted
(see :mod:`moneytrail.readers`).
"""

from __future__ import annotations


class MoneytrailError(Exception):
    """The root: catch this to catch everything that moneytrail raises on purpose."""


class InputError(MoneytrailError):
    """A file or a table is not what it says it is."""


class UnknownLayoutError(InputError):
    """No layout fits the header, and no mapping was given."""


class MappingError(InputError):
    """A mapping file is wrong: an unknown key, a missing column, a value that is not allowed."""


class ParameterError(MoneytrailError):
    """A typology parameter, option or setting is out of its range."""


class MissingRateError(MoneytrailError):
    """A currency has no exchange rate to the reference currency."""


class ArtifactError(MoneytrailError):
    """A model folder is incomplete, altered or of another version."""


class StoreError(MoneytrailError):
    """The store cannot be opened, or is of another version."""


class NotFoundError(StoreError):
    """No such alert, run or key."""


class ConflictError(StoreError):
    """The store holds something else under that name."""
