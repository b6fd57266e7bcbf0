"""Values of fields as JSON has them."""

from __future__ import annotations

from typing import Any

import simplejson


def plain(value: Any) -> Any:
    """Return a value as it will be when it has been stored and read again.

    Blocks expect of it what the platform's library makes of theirs: a named tuple (the score of a
    problem) becomes an object, where Python's own would make a list of it.

    Raises:
        TypeError, ValueError: It can not be stored.
    """
    return simplejson.loads(simplejson.dumps(value))
