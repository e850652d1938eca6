"""Functions that compiled code calls by address: which, only who runs it knows.

They come as a named tuple of addresses, plain numbers: numba takes a millisecond to look at functions in an argument.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def functions_at(context: Any, addresses: Any) -> Any:
    """The functions, in a named tuple like that of the addresses; its class gives their types as `signatures()`."""
    kind = addresses.instance_class
    functions = [types.FunctionType(signature) for signature in kind.signatures()]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        numbers = cgutils.unpack_tuple(builder, arguments[0])
        made = [_function(context, builder, *pair) for pair in zip(functions, numbers, strict=True)]
        return context.make_tuple(builder, signature.return_type, made)

    return types.NamedTuple(functions, kind)(addresses), generate


def _function(context: Any, builder: Any, kind: Any, number: Any) -> Any:
    """Numba's idea of a function of which nothing but the address is known."""
    function = cgutils.create_struct_proxy(kind)(context, builder)
    nothing = context.get_constant_null(types.voidptr)
    function.c_addr = builder.inttoptr(number, nothing.type)
    function.py_addr = function.jit_addr = nothing
    return function._getvalue()
