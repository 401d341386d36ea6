"""Activations, normalisations and attention that are made of simpler operations."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from physml.diff.jet import JetError, rule


@rule("silu")
def silu(u: Any, inplace: bool = False) -> Any:
    return u * u.sigmoid()


@rule("gelu")
def gelu(u: Any, approximate: str = "none") -> Any:
    if approximate == "tanh":
        return 0.5 * u * (1 + torch.tanh(math.sqrt(2 / math.pi) * (u + 0.044715 * u**3)))
    return 0.5 * u * (1 + torch.erf(u * math.sqrt(0.5)))


@rule("mish")
def mish(u: Any, inplace: bool = False) -> Any:
    return u * torch.tanh(functional.softplus(u))


@rule("tan")
def tan(u: Any) -> Any:
    return torch.sin(u) / torch.cos(u)


@rule("softmax")
def softmax(u: Any, dim: int = -1, _stacklevel: int = 3, dtype: torch.dtype | None = None) -> Any:
    weights = torch.exp(u - u.primal.amax(dim, keepdim=True).detach())
    return weights / weights.sum(dim, keepdim=True)


@rule("logsumexp")
def logsumexp(u: Any, dim: int, keepdim: bool = False) -> Any:
    largest = u.primal.amax(dim, keepdim=True).detach()
    total = torch.log(torch.exp(u - largest).sum(dim, keepdim=True)) + largest
    return total if keepdim else total.squeeze(dim)


@rule("log_softmax")
def log_softmax(u: Any, dim: int = -1, _stacklevel: int = 3, dtype: torch.dtype | None = None) -> Any:
    return u - u.logsumexp(dim, keepdim=True)


@rule("layer_norm")
def layer_norm(u: Any, normalized_shape: Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    dims = tuple(range(-len(normalized_shape), 0))
    centred = u - u.mean(dims, keepdim=True)
    result = centred * torch.rsqrt((centred * centred).mean(dims, keepdim=True) + eps)
    result = result if weight is None else result * weight
    return result if bias is None else result + bias


@rule("rms_norm")
def rms_norm(u: Any, normalized_shape: Sequence[int], weight: Any = None, eps: float | None = None) -> Any:
    dims = tuple(range(-len(normalized_shape), 0))
    small = torch.finfo(u.dtype).eps if eps is None else eps
    result = u * torch.rsqrt((u * u).mean(dims, keepdim=True) + small)
    return result if weight is None else result * weight


@rule("scaled_dot_product_attention")
def attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    if attn_mask is not None or dropout_p or is_causal or enable_gqa:
        raise JetError("attention goes through jets without masks, dropout and grouped queries only")
    scores = query @ key.transpose(-2, -1) * (scale or query.shape[-1] ** -0.5)
    return torch.softmax(scores, dim=-1) @ value
