"""Data-parallel training on several processes, one thread each (wang2024causal, figure 14).

Strong scaling shares a number of collocation points out among the processes; weak scaling gives that number to each.
A step is one of Adam on the Kuramoto-Sivashinsky equation with a network of 4 x 128 in float32, all-reduced gradient
included. ``torchrun --nproc-per-node N scaling.py POINTS`` says the seconds of a step of any number of processes.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch

from physml.bench import Benchmark
from physml.catalog import load
from physml.optim.processes import process_rank
from physml.pinn import MLP, PINN, Adam, Sampling
from physml.train.processes import several_processes

POINTS = 8192
WARM_UP, STEPS = 2, 8


def counts() -> Iterator[int]:
    """1, 2, 4, ... processes, as many as there are cores."""
    count = 1
    while count <= (os.cpu_count() or 1):
        yield count
        count *= 2


def name(count: int) -> str:
    return f"{count} process" + ("es" if count > 1 else "")


@dataclass(frozen=True)
class Scaling:
    """The same training by more and more processes, in turn; ``points`` says how many all of them have together."""

    name: str
    points: Callable[[int], int]
    rounds: int = 5

    def measure(self) -> Mapping[str, list[float]]:
        times: dict[str, list[float]] = {name(count): [] for count in counts()}
        for _ in range(self.rounds):
            for count in counts():
                times[name(count)].append(launch(count, self.points(count)))
        return times


def launch(count: int, points: int) -> float:
    """Seconds of a step, by as many new processes."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run([*torchrun, __file__, str(points)], env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(ended.stdout)


def seconds_of_a_step(points: int) -> float:
    """The median step of this process, which waits for the others at each."""
    method = PINN(
        network=MLP(width=128, depth=4),
        phases=(Adam(steps=WARM_UP + STEPS),),
        sampling=Sampling(count=points, candidates=1, period=0),
        initial="soft",
        compiled="never",
    )
    problem = load("kuramoto_sivashinsky_regular")
    process = method.start(problem, seed=0, device=torch.device("cpu"), dtype=torch.float32)
    seconds = []
    for _ in range(WARM_UP + STEPS - 1):  # the last step is followed by the error on the grid
        started = time.perf_counter()
        process.step()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[WARM_UP:])


def main() -> None:
    """What each process does; the first says the seconds."""
    torch.set_num_threads(1)
    with several_processes():
        step = seconds_of_a_step(int(sys.argv[1]))
        if process_rank() == 0:
            print(step)


benchmark = Benchmark(
    "Data-parallel Adam on Kuramoto-Sivashinsky, 4 x 128 tanh, one thread a process",
    (
        Scaling(f"strong scaling, {POINTS} points", lambda count: POINTS),
        Scaling(f"weak scaling, {POINTS} points a process", lambda count: POINTS * count),
    ),
)

if __name__ == "__main__":
    main()
