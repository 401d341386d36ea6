"""Numbers that others have published, and the budgets that runs are given."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One published number.

    Args:
        method: the method as its authors call it.
        metric: name of the metric, as in ``PDE.metrics``.
        value: the number; lower is better for every metric physml has so far.
        source: citation key in ``references.bib``.
        where: table or figure.
        budget: what it took: iterations, hardware.
        reproduced_by: the physml method (``causal_pinn`` ...) that answers this row, if any.
    """

    method: str
    metric: str
    value: float
    source: str
    where: str = ""
    budget: str = ""
    reproduced_by: str = ""


@dataclass(frozen=True)
class Budget:
    """How long a run may take: ``seconds`` of wall time on two CPU cores, after which it stops and saves."""

    seconds: float

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise ValueError(f"a budget needs seconds > 0, given {self.seconds}")

    @staticmethod
    def parse(text: str) -> Budget:
        """Read ``"90s"``, ``"2min"`` or ``"1h"``.

        Raises:
            ValueError: any other form.
        """
        for suffix, scale in (("min", 60.0), ("s", 1.0), ("h", 3600.0)):
            number = text.removesuffix(suffix)
            if number != text and number.replace(".", "", 1).isdigit():
                return Budget(float(number) * scale)
        raise ValueError(f"budget {text!r} is neither a budget of the problem nor a time such as 90s, 2min, 1h")
