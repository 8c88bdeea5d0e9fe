"""What may be done with an object of the program's, when the tests ask for it."""

from __future__ import annotations

import builtins
import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

globals()["__builtins__"] = dict(vars(builtins))


def _leave(value: Any, name: str) -> Any:
    """Leave a `with` block, which has raised an exception of this builtin class, if there is a name."""
    if not name:
        return type(value).__exit__(value, None, None, None)
    try:
        error = getattr(builtins, name)()
    except TypeError:  # one that cannot be without arguments
        error = Exception()
    return type(value).__exit__(value, type(error), error, None)


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda value, other: function(other, value)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda function, *positional, **named: function(*positional, **named),
    "name": lambda value: value,
    "get": getattr,
    "set": setattr,
    "del": delattr,
    "iter": iter,
    "next": next,
    "len": len,
    "bool": bool,
    "item": operator.getitem,
    "set item": operator.setitem,
    "del item": operator.delitem,
    "isinstance": lambda cls, value: isinstance(value, cls),
    "issubclass": lambda cls, value: issubclass(value, cls),
    "enter": lambda value: type(value).__enter__(value),
    "leave": _leave,
    "reversed": reversed,
    "hash": hash,
    "float": float,
    "int": int,
    "index": operator.index,
    "str": str,
    **{
        name: getattr(operator, name)
        for name in (
            *("eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"),
            *("and_", "or_", "xor", "neg", "pos", "abs", "invert"),
        )
    },
    **{
        "r" + name: _reflected(getattr(operator, name))
        for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor")
    },
}
