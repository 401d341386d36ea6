"""Functions of parameters and data, compiled; eager where that fails."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._pytree import tree_flatten, tree_unflatten

from physml.diff.products import product

Function = Callable[[Mapping[str, Tensor], Any], Tensor]

_DECOMPOSITIONS = {torch.ops.aten.mm.default: product}


class Compiled:
    """``function(parameters, data)``, compiled for each new set of shapes.

    The function is run once on the given numbers and its tensor operations are recorded; what is compiled is that
    record, a pure function of tensors with static shapes, so any Python in it is fine that does not look at values.
    Gradients with respect to parameters and data work as in eager mode. If the compiler fails, or there is none, the
    function stays as it is, with one warning.

    Args:
        function: parameters by name, and data in nested dicts, lists and tuples, to a tensor.

    Example:
        >>> double = Compiled(lambda parameters, data: 2 * parameters["a"] * data)
        >>> double({"a": torch.ones(2)}, torch.arange(2.0))                       # doctest: +SKIP
        tensor([0., 2.])
    """

    def __init__(self, function: Function) -> None:
        self.function = function
        self._kept: dict[Any, Callable[..., Tensor]] = {}

    def __call__(self, parameters: Mapping[str, Tensor], data: Any) -> Tensor:
        leaves, structure = tree_flatten((dict(parameters), data))
        key = (structure, tuple((leaf.shape, leaf.stride(), leaf.dtype, leaf.device) for leaf in leaves))
        if key not in self._kept:
            self._kept[key] = self._compile(leaves, structure)
        return self._kept[key](*leaves)

    def _compile(self, leaves: list[Tensor], structure: Any) -> Callable[..., Tensor]:
        def flat(*values: Tensor) -> Tensor:
            return self.function(*tree_unflatten(list(values), structure))

        try:
            example = [leaf.detach() for leaf in leaves]
            compiled = torch.compile(make_fx(flat, _DECOMPOSITIONS)(*example), dynamic=False, fullgraph=True)
            compiled(*leaves)
        except Exception as error:  # the compiler is foreign code: whatever it raises, eager mode goes on
            reason = f"{type(error).__name__}: {error}".strip().splitlines()[0]
            warnings.warn(f"not compiled, so several times slower a step: {reason}", stacklevel=4)
            return flat
        return compiled
