"""A run of several processes: its start and end, and what all of them must agree on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import distributed

from physml.optim.processes import process_count, sum_over_processes

Value = TypeVar("Value")


@contextmanager
def several_processes() -> Iterator[None]:
    """Take part in the run that ``torchrun`` has started this process for; alone, nothing happens.

    Each process of a machine takes a GPU of its own as ``"cuda"``, if there is one; a GPU that is shared cannot be used
    by NCCL, so messages then go by way of the CPU.

    Example:
        >>> with several_processes():
        ...     process_count()
        1
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or distributed.is_initialized():
        yield
        return
    gpus = torch.cuda.device_count()
    if gpus:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % gpus)
    own = 0 < int(os.environ.get("LOCAL_WORLD_SIZE", "1")) <= gpus
    distributed.init_process_group("cpu:gloo,cuda:nccl" if own else "gloo")
    try:
        yield
    finally:
        distributed.destroy_process_group()


def of_first(value: Value) -> Value:
    """The value of the first process, on all of them; all must call it alike."""
    if process_count() == 1:
        return value
    values = [value]
    distributed.broadcast_object_list(values, src=0, device=torch.device("cpu"))
    return values[0]


def in_any(*flags: bool) -> list[bool]:
    """For each flag, whether it is set in any process; all must call it alike."""
    counts = torch.tensor(flags, dtype=torch.int32)
    sum_over_processes(counts)
    return [count > 0 for count in counts.tolist()]
