"""Sums over the processes of a distributed run, each of which holds a share of the rows."""

from collections.abc import Sequence

import torch.distributed
from torch import Tensor


def process_count() -> int:
    """How many processes take part: 1 unless ``torch.distributed`` is initialised."""
    ready = torch.distributed.is_available() and torch.distributed.is_initialized()
    return torch.distributed.get_world_size() if ready else 1


def process_rank() -> int:
    """Which of them this is."""
    return torch.distributed.get_rank() if process_count() > 1 else 0


def sum_over_processes(*tensors: Tensor) -> None:
    """Replace each tensor by its sum over all processes, in place; all processes must call it alike."""
    if process_count() > 1:
        for tensor in tensors:
            torch.distributed.all_reduce(tensor)


def copy_from_first(*tensors: Tensor) -> None:
    """Replace each tensor by that of the first process, in place; all processes must call it alike."""
    if process_count() > 1:
        for tensor in tensors:
            torch.distributed.broadcast(tensor, src=0)


def share_rows(rows: Tensor) -> Tensor:
    """This process' share of the rows, a view: of P processes, each takes every P-th row."""
    return rows[process_rank() :: process_count()]


def gather_rows(shares: Sequence[Tensor], counts: Sequence[int]) -> list[Tensor]:
    """All rows of each tensor, on every process, from the shares of each: the inverse of :func:`share_rows`.

    Args:
        shares: this process' rows of each tensor, without a graph; returned as they are if it is alone.
        counts: the rows that each has on all processes together.
    """
    if process_count() == 1:
        return list(shares)
    whole = [share.new_zeros(count, *share.shape[1:]) for share, count in zip(shares, counts, strict=True)]
    for rows, share in zip(whole, shares, strict=True):
        share_rows(rows).copy_(share)
    flat = torch.cat([rows.flatten() for rows in whole])  # all in one message
    sum_over_processes(flat)
    pieces = flat.split([rows.numel() for rows in whole])
    return [piece.view_as(rows) for piece, rows in zip(pieces, whole, strict=True)]
