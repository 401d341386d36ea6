"""Rows that are shared out among processes give what all rows give in one."""

import os
import socket
import subprocess
import sys

import pytest
import torch

from physml.optim import sum_over_processes
from physml.optim.processes import copy_from_first, gather_rows, share_rows

PROGRAM = """
import sys
import torch
from torch import distributed, nn
from physml.optim import LevenbergMarquardt, SOAP, SSBroyden, residual_block, Block

rank, port = int(sys.argv[1]), sys.argv[2]
distributed.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
x = torch.linspace(-1, 1, 30, dtype=torch.float64)[:, None]


def losses(settings, rows):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(1, 5), nn.Tanh(), nn.Linear(5, 1)).double()
    block = residual_block(network, lambda net, x: net(x) - torch.sin(3 * x), x)
    optimizer = settings.start(network)
    return [optimizer.step([Block(block.function, x[rows], block.weights[rows])])["loss"] for _ in range(8)]


share = slice(0, 11) if rank == 0 else slice(11, 30)
kinds = [SOAP(warm_up=0), SSBroyden(), LevenbergMarquardt(), LevenbergMarquardt(solver="sketch", sketch_rows=40)]
shared = [losses(settings, share) for settings in kinds]
try:
    losses(LevenbergMarquardt(solver="woodbury"), share)
except ValueError as error:
    assert "one process" in str(error)
else:
    raise AssertionError("woodbury took rows of two processes")
distributed.destroy_process_group()
alone = [losses(settings, slice(0, 30)) for settings in kinds]
# The first steps of SOAP divide round-off in zero entries by 1e-8; the sketch of shares is another one.
for ours, theirs, error in zip(shared, alone, [1e-3, 1e-6, 1e-6, 1e-2]):
    torch.testing.assert_close(*(torch.tensor(x, dtype=torch.float64) for x in (ours, theirs)), rtol=error, atol=1e-12)
"""


def test_one_process_keeps_its_own_numbers():
    numbers = torch.tensor([1.0, 2.0])
    sum_over_processes(numbers)
    assert numbers.tolist() == [1.0, 2.0]


def test_the_share_of_one_process_is_the_rows_themselves():
    rows = torch.arange(6.0).reshape(3, 2)
    share = share_rows(rows)
    assert share.data_ptr() == rows.data_ptr() and torch.equal(share, rows) and share.is_contiguous()
    (whole,) = gather_rows([share], [3])
    assert whole is share
    copy_from_first(rows)
    assert rows.flatten().tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


@pytest.mark.slow
def test_two_processes_with_shares_of_the_rows_train_like_one_with_all():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    commands = [[sys.executable, "-c", PROGRAM, rank, port] for rank in "01"]
    running = [subprocess.Popen(c, env=environment, stderr=subprocess.PIPE, text=True) for c in commands]
    for process in running:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
