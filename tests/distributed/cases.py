"""What one process and two do alike; ``torchrun --nproc-per-node 2 cases.py FOLDER`` writes what each of them found."""

import contextlib
import dataclasses
import io
import os
import signal
import sys
from pathlib import Path

import torch

import physml
from physml.cli import main
from physml.nets import MLP
from physml.optim import SOAP, Adam, LevenbergMarquardt, SSBroyden
from physml.optim.processes import gather_rows, process_rank, share_rows
from physml.pinn import PINN, CausalPINN
from physml.pinn.balancing import GradientNorm, NeuralTangentKernel
from physml.pinn.process import PINNProcess
from physml.pinn.sampling import Sampling
from physml.train import train
from physml.train.processes import in_any, of_first, several_processes

STEPS = 20
SAMPLING = Sampling(count=101, condition_count=15, period=5, candidates=3)  # odd numbers, so that shares differ
SMALL = {"network": MLP(width=6, depth=2), "modes": 2, "series_modes": 16, "sampling": SAMPLING}
PHASES = {
    "Adam": Adam(steps=STEPS),
    # Bases of the null space of the first gradient are round-off; here no matrix with a basis has such a space.
    "SOAP": SOAP(steps=STEPS, warm_up=0, largest_basis=2),
    "SSBroyden": SSBroyden(steps=STEPS),
    # The less damping, the more round-off of a sum in another order grows from step to step.
    "LevenbergMarquardt": LevenbergMarquardt(steps=STEPS, solver="normal", damping=1.0, decrease=2.0),
}
RUN = ("--quiet", "--budget", "1h", "--phases.0.steps", "8", "--network.width", "6", "--sampling.count", "201")


def methods() -> dict[str, PINN]:
    """Each optimiser, hard and soft, with causal weights and without; then balancing, one start point for all."""
    found: dict[str, PINN] = {}
    for name in ("Adam", "SOAP", "SSBroyden", "LevenbergMarquardt"):
        network = MLP(width=2, depth=2) if name == "SOAP" else SMALL["network"]
        for initial in ("hard", "soft"):
            for kind in (PINN, CausalPINN):
                settings = SMALL | {"network": network, "initial": initial, "phases": (PHASES[name],)}
                found[f"{name} {initial} {kind.__name__}"] = kind(**settings)
    alone = dataclasses.replace(SAMPLING, condition_count=1)
    soft = SMALL | {"initial": "soft", "sampling": alone}
    kernel, norm = NeuralTangentKernel(period=4), GradientNorm(period=4)
    found["kernel"] = CausalPINN(**soft, phases=(PHASES["Adam"],), balancing=kernel)
    causal = soft | {"sampling": dataclasses.replace(alone, causal=True, points="uniform")}
    found["gradient norm"] = CausalPINN(**causal, phases=(PHASES["Adam"],), balancing=norm)
    return found


def start(method: PINN) -> PINNProcess:
    return method.start(physml.load("heat"), seed=0, device=torch.device("cpu"), dtype=torch.float64)


def trained(process: PINNProcess) -> dict[str, torch.Tensor]:
    """The losses and other values of each step, what was remembered of the slices, and the weights in the end."""
    losses, values = [], []
    while not process.finished:
        step = process.step()
        losses.append(list(step.losses.values()))
        values.extend(step.values.values())
    return {
        "losses": torch.tensor(losses, dtype=torch.float64),
        "values": torch.tensor(values, dtype=torch.float64),
        "slices": torch.cat([snapshot["slices"].flatten() for snapshot in process.gate.snapshots]),
        "weights": torch.cat([p.detach().flatten() for p in process.ansatz.parameters()]),
    }


def interrupted(folder: Path) -> dict[str, object]:
    """Ctrl-C in the last process only, then the rest of the run."""
    method = PINN(**SMALL, phases=(Adam(steps=4), LevenbergMarquardt(steps=8)))
    process = start(method)
    step = process.step

    def stop():
        done = step()
        if process.done == 7 and process_rank() == 1:
            signal.raise_signal(signal.SIGINT)
        return done

    process.step = stop  # type: ignore[method-assign]
    first, again = train(process, folder=folder), start(method)
    second = train(again, folder=folder, resume=True)
    weights = [torch.cat([p.detach().flatten() for p in p.ansatz.parameters()]) for p in (again, process)]
    process.step = step  # type: ignore[method-assign]
    whole = trained(start(method))["weights"]
    rows = [row["step"] for row in second.history]
    reasons = [first.reason, first.steps, second.reason, second.steps]
    return {"reasons": reasons, "rows": rows, "resumed": weights[0], "whole": whole}


def spent(folder: Path) -> list[object]:
    """A budget that is spent at once, by whichever clock."""
    outcome = train(start(methods()["Adam hard CausalPINN"]), folder=folder, seconds=0.0)
    return [outcome.reason, outcome.steps]


def refused(method: PINN) -> str:
    try:
        start(method).step()
    except ValueError as error:
        return str(error)
    return ""


def called(*arguments: str) -> tuple[int, str, str]:
    """Status, output and errors of a command."""
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.redirect_stderr(io.StringIO()) as errors:
        status = main(list(arguments))
    return status, output.getvalue(), errors.getvalue()


def found(folder: Path) -> dict[str, object]:
    """Everything that the tests ask of one of two processes."""
    os.chdir(folder)
    rank, rows = process_rank(), torch.arange(10.0).reshape(5, 2)
    few = PINN(**SMALL | {"sampling": Sampling(count=1, candidates=1)}, phases=(PHASES["Adam"],))
    woodbury = PINN(**SMALL, phases=(LevenbergMarquardt(solver="woodbury"),))
    return {
        "runs": {name: trained(start(method)) for name, method in methods().items()},
        "gathered": gather_rows([share_rows(rows), share_rows(rows[:1])], [5, 1]),
        "agreed": [in_any(rank == 1, False, rank == 0), of_first(f"of {rank}")],
        "interrupted": interrupted(folder / "interrupted"),
        "spent": spent(folder / "spent"),
        "refused": [refused(woodbury), refused(few)],
        "list": called("list"),
        "run": called("run", "heat", *RUN),
        "resume": called("resume", "runs/heat", "--quiet"),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    with several_processes():
        results = found(Path(sys.argv[1]))
        torch.save(results, Path(sys.argv[1]) / f"found_{process_rank()}.pt")
