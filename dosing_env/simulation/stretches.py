"""A stretch of a row, without the checks of a slice: compiled code makes dozens of them in every decision."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core.cgutils import pack_array, unpack_tuple
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array


@intrinsic
def stretch(context: Any, row: Any, first: Any, end: Any) -> Any:
    """row[first:end] of a one-dimensional array, where 0 <= first <= end <= len(row)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind, whole = signature.return_type, make_array(signature.args[0])(context, builder, arguments[0])
        out = make_array(kind)(context, builder)
        populate_array(
            out,
            data=builder.gep(whole.data, [arguments[1]]),
            shape=pack_array(builder, [builder.sub(arguments[2], arguments[1], flags=["nsw"])]),
            strides=pack_array(builder, unpack_tuple(builder, whole.strides)),
            itemsize=whole.itemsize,
            meminfo=None,
            parent=None,
        )
        return out._getvalue()

    made = types.Array(row.dtype, 1, "C", readonly=not row.mutable)
    return made(row, types.int64, types.int64), generate
