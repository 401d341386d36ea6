"""The catalog: problems found by name, or loaded from a file of one's own."""

import builtins
import difflib
import importlib.util
import sys
import tomllib
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from physml.problem import Problem


class CatalogError(ValueError):
    """A problem that cannot be found or whose file cannot be loaded."""


def shipped(name: str) -> Path:
    """A folder that physml is shipped with: inside the package, or beside it in a checkout."""
    package = Path(__file__).parent
    packaged = package / f"_{name}"
    return packaged if packaged.is_dir() else package.parent / name


def folder() -> Path:
    """Where the catalog's files are."""
    return shipped("problems")


def names() -> builtins.list[str]:
    """Names of all problems in the catalog."""
    return sorted(path.stem for path in folder().glob("*.py") if not path.stem.startswith("_"))


def list() -> builtins.list[Problem]:
    """All problems in the catalog, loaded."""
    return [load(name) for name in names()]


def find(name: str | Path) -> Path:
    """The file of a problem, by name or by path.

    Raises:
        CatalogError: no such problem or file, with near names.
    """
    text = str(name)
    if text.endswith(".py") or "/" in text or "\\" in text:
        path = Path(text)
        if not path.is_file():
            raise CatalogError(
                f"no file {text}; expected a Python file that defines `problem`, such as `problem = PDE(...)`"
            )
        return path.resolve()
    path = folder() / f"{text}.py"
    if not path.is_file():
        near = difflib.get_close_matches(text, names(), n=1)
        hint = f"did you mean {near[0]}?" if near else f"the catalog has {', '.join(names())}."
        raise CatalogError(
            f"no problem named {text!r}; {hint} A file of your own is given by its path, as in ./{text}.py"
        )
    return path


def load(name: str | Path) -> Problem:
    """Load a problem, by name from the catalog or by path from a file of one's own. Each call gives a new value.

    Args:
        name: such as ``"allen_cahn"`` or ``"my_problem.py"``.

    Returns:
        The file's ``problem``, with the module's docstring as its card.

    Raises:
        CatalogError: not found, or the file fails or defines no ``problem``.

    Example:
        >>> load("allen_cahn").fields
        ('u',)
    """
    path = find(name)
    module = run_file(path)
    problem = getattr(module, "problem", None)
    if not isinstance(problem, Problem):
        given = (
            "nothing of that name"
            if problem is None
            else "a class"
            if isinstance(problem, type)
            else f"a {type(problem).__name__}"
        )
        raise CatalogError(f"{path.name}: expected a module-level `problem`, such as PDE(...), found {given}")
    return problem.replace(card=problem.card or (module.__doc__ or "").strip(), source=str(path))


def run_file(path: Path) -> ModuleType:
    """Execute a file as a fresh module that no import can find.

    Raises:
        CatalogError: it fails; with the line.
    """
    name = f"_physml_file_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == path]
        if isinstance(error, SyntaxError) and error.filename == str(path):
            lines.append(error.lineno)
        line = lines[-1] if lines else "?"
        raise CatalogError(f"{path.name}, line {line}: {type(error).__name__}: {error}") from error
    finally:
        del sys.modules[name]
    return module


def recipe(problem: Problem, budget: str, method: str = "") -> tuple[str, dict[str, Any]]:
    """What the TOML file beside a problem's file recommends for a budget.

    The file says ``recommended = "causal_pinn"`` and holds tables such as ``[causal_pinn.short]``.

    Args:
        problem: one that was loaded from a file.
        budget: ``smoke``, ``short`` or ``paper``.
        method: for which method; the recommended one by default.

    Returns:
        The method's name and its settings; an empty name where nothing is recommended, empty settings for defaults.

    Raises:
        CatalogError: the TOML file cannot be read.
    """
    path = Path(problem.source).with_suffix(".toml") if problem.source else None
    if path is None or not path.is_file():
        return method, {}
    try:
        table = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"{path.name}: {error}") from error
    method = method or table.get("recommended", "")
    try:
        return str(method), dict(table.get(method, {}).get(budget, {}))
    except (AttributeError, TypeError, ValueError):
        raise CatalogError(f"{path.name}: expected tables of settings, such as [{method}.{budget}]") from None


def bibliography() -> str:
    """The catalog's BibTeX file."""
    return (folder() / "references.bib").read_text()
