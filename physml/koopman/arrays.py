"""The edge of the room: arrays come in as numpy or torch, are computed in double precision, and go out as they came."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse
import torch
from torch import Tensor

Array = np.ndarray | Tensor


def as_tensor(values: Any, name: str) -> Tensor:
    """A float64 or complex128 tensor with finite entries, on the device of ``values`` if it has one.

    Raises:
        TypeError: a sparse matrix.
        ValueError: entries that are not numbers, or not finite; the first bad row is named.
    """
    if scipy.sparse.issparse(values):
        raise TypeError(f"{name} is a sparse matrix; states are dense: pass {name}.toarray()")
    tensor = values.detach() if isinstance(values, Tensor) else _from_numpy(values, name)
    if tensor.dtype in (torch.float32, torch.float16, torch.bfloat16, torch.complex64):
        warnings.warn(f"{name} is {str(tensor.dtype)[6:]}; computed in double precision", stacklevel=3)
    tensor = tensor.to(torch.complex128 if tensor.is_complex() else torch.float64)
    check_finite(tensor, name)
    return tensor


def check_finite(tensor: Tensor, name: str) -> None:
    """Refuse NaN and infinities.

    Raises:
        ValueError: names the first row that has one.
    """
    if tensor.numel() and not bool(tensor.isfinite().all()):
        bad = ~tensor.isfinite().reshape(len(tensor) if tensor.ndim else 1, -1).all(1)
        row = int(bad.nonzero()[0])
        raise ValueError(f"{name} holds NaN or inf, first in row {row}; leave out or repair these samples")


def is_numpy(values: Any) -> bool:
    """Whether what is computed from values is to be numpy: everything but torch tensors, or lists of them."""
    first = values[0] if isinstance(values, Sequence) and len(values) else values
    return not isinstance(first, Tensor)


def outgoing(tensor: Tensor, numpy: bool) -> Any:
    """The tensor as it leaves the room."""
    return tensor.detach().cpu().numpy() if numpy else tensor


def _from_numpy(values: Any, name: str) -> Tensor:
    array = np.asarray(values)
    if array.dtype.kind not in "biufc":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name} holds entries that are not numbers (argument must be): {error}") from error
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    return torch.from_numpy(np.array(array, order="C"))
