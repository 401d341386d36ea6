"""Sums over the processes of a distributed run, each of which holds a share of the rows."""

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
