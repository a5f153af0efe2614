"""How many bytes of memory values hold: all that can be reached from them, each object once."""

from __future__ import annotations

import gc
import sys
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType

from migrate.bundle.spool import Spool
from migrate.plan.model import Plan

_ELSEWHERE = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType, CodeType, Spool, Plan)
"""What belongs to the program, lies on disk, or is there once a run."""


def held(*values: object) -> int:
    """The bytes that these values hold together, but for what is there however many documents there are."""
    seen: dict[int, object] = {}  # an object that is kept cannot give its id to another
    todo, total = list(values), 0
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, _ELSEWHERE):
            continue
        seen[id(one)] = one
        total += sys.getsizeof(one)
        todo.extend(gc.get_referents(one))
    return total
