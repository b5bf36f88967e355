"""A hint to the processor: this memory is needed soon.

Kernels that follow accounts through a ledger know many transfers ahead what they will touch, and wait for most of it:
main memory answers after some 200 cycles. Asked early, the answers overlap with the work. It computes nothing, so it is
the one thing of ours that a kernel file may import: a kernel compiled with an older version gives the same results.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import config, types
from numba.extending import intrinsic


def _prefetch(context: Any, array: Any, index: Any) -> Any:
    """Ask for the memory of an element, `index` counted from the array's start through all its dimensions.

    The array must be contiguous. The index is not checked: nothing is read.
    """

    def lower(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        place = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        hint = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", [place.type], hint)
        # To be written, to stay in every cache, data and not code.
        builder.call(function, [place, number(1), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, index), lower


def _nothing(array: Any, index: Any) -> None:
    """What it is without compilation."""


prefetch = _nothing if config.DISABLE_JIT else intrinsic(_prefetch)
