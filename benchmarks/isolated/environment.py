"""Makes an environment with pykoopman beside current packages, and runs ``pykoopman_peer.py`` in it.

    python benchmarks/isolated/environment.py [FOLDER]

FOLDER keeps the environment for further runs; without it, there is a temporary one. Needs the internet or a mirror, and
a minute. Results go to ``runs/bench_pykoopman.json``, as those of ``physml bench``.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OLD_SETUPTOOLS = "setuptools<81"  # the last ones with pkg_resources, which pykoopman imports
BESIDE = ("pydmd", "lightning")
WITHOUT_DEPENDENCIES = ("pykoopman", "optht", "derivative")


def make(folder: Path) -> Path:
    """The Python of an environment in the folder, which is made if it is not there."""
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        pinned = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if "setuptools" not in line]
        constraints = folder / "constraints.txt"
        constraints.write_text("\n".join(pinned))
        install(python, "-c", str(constraints), "-e", str(ROOT), OLD_SETUPTOOLS, *BESIDE)
        install(python, "--no-deps", *WITHOUT_DEPENDENCIES)
    return python


def install(python: Path, *what: str) -> None:
    subprocess.run([python, "-m", "pip", "install", "--quiet", *what], check=True)


def measure(folder: Path) -> None:
    subprocess.run([make(folder), HERE / "pykoopman_peer.py", Path("runs/bench_pykoopman.json")], check=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        measure(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder))
