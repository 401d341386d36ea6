"""Matrix products as compiled code takes them: the narrow ones as sums, the tall ones by oneDNN."""

from typing import Any

import torch
from torch import Tensor

_NARROW = 4
_WORTH_A_CALL = 2**25  # multiplications: below it the call costs more than is won


def product(left: Tensor, right: Tensor) -> Any:
    """How two matrices are multiplied in compiled code, forward and backward; NotImplemented for ``torch.mm``.

    Products with very narrow matrices become sums, which the compiler fuses with what is around them. A tall matrix in
    float32 times a small one goes to oneDNN, which has kernels for that shape: where torch's own BLAS does without
    AVX-512 (MKL on AMD processors), it takes three quarters of the time.
    """
    if left.shape[1] <= _NARROW:
        return sum(left[:, i, None] * right[i] for i in range(left.shape[1]))
    if right.shape[1] == 1:
        return (left * right[:, 0]).sum(1, keepdim=True)
    if _for_onednn(left, right):
        return tall_product(left, right)
    return NotImplemented


def _for_onednn(left: Tensor, right: Tensor) -> bool:
    here = left.device.type == "cpu" and torch.backends.mkldnn.is_available()
    big = left.shape[0] > left.shape[1] and left.numel() * right.shape[1] >= _WORTH_A_CALL
    return here and big and left.dtype == right.dtype == torch.float32


@torch.library.custom_op("physml::tall_product", mutates_args=())
def tall_product(left: Tensor, right: Tensor) -> Tensor:
    """By oneDNN, in float32 on the CPU."""
    return torch.ops.mkldnn._linear_pointwise(left, right.mT.contiguous(), None, "none", [], "")


@tall_product.register_fake
def _(left: Tensor, right: Tensor) -> Tensor:
    return left.new_empty(left.shape[0], right.shape[1])


def _remember(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
    ctx.save_for_backward(*inputs)


def _gradients(ctx: Any, slope: Tensor) -> tuple[Tensor, Tensor]:
    left, right = ctx.saved_tensors
    return tall_product(slope, right.mT), left.mT @ slope


tall_product.register_autograd(_gradients, setup_context=_remember)
