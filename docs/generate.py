"""Write the pages that follow from the code and from saved runs: problem cards, scoreboard, papers, API."""

import importlib
import inspect
import json
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import physml
from physml.bench.benchmark import benchmarks_folder
from physml.numerics.files import atomic_write
from physml.paper import load_paper, markdown_table, paper_names, papers_folder
from physml.paper.reproduce import RESULTS
from physml.problem import Problem
from physml.problem.facts import facts, published
from physml.result.cite import bibtex_entries
from physml.result.scoreboard import HEADERS, scoreboard

ROOMS = {
    "catalog": "The catalog",
    "solving": "Solving",
    "comparing": "Comparing methods",
    "sweeping": "Many runs",
    "bench": "Benchmarks",
    "interop.deepxde": "DeepXDE",
    "interop.pykoopman": "pykoopman and PyDMD",
    "problem": "Problems: what is to be solved",
    "pinn": "Physics-informed neural networks",
    "bridge": "Bridges between snapshots",
    "koopman": "Koopman operators",
    "dynamics": "Families of drifts",
    "nets": "Networks, embeddings, hard conditions",
    "optim": "Optimisers",
    "train": "The training loop",
    "result": "Results",
    "diff": "Derivatives",
    "numerics": "Classical numerics",
    "viz": "Pictures",
    "paper": "Papers",
}

# What scikit-learn adds to each estimator, documented there.
ROUTING = [f"set_{method}_request" for method in ("fit", "predict", "score", "transform")]

OUTPUT = Path(__file__).parent / "_generated"


def main() -> None:
    """Write all pages into ``_generated``; files that no longer belong there go."""
    pages = {"scoreboard.md": scoreboard_page()}
    problems = physml.catalog.list()
    pages |= {f"problems/{problem.name}.md": problem_page(problem) for problem in problems}
    pages["problems/index.md"] = problem_index(problems)
    pages |= {f"papers/{name}.md": paper_page(name) for name in paper_names()}
    pages["papers/index.md"] = paper_index(paper_names())
    pages |= {f"benchmarks/{path.stem}.md": benchmark_tables(path) for path in benchmark_results()}
    pages |= {f"api/{room}.md": api_page(room, title) for room, title in ROOMS.items()}
    images = {f"papers/{name}/{image.name}": image for name in paper_names() for image in images_of(name)}
    for name, text in pages.items():
        write(OUTPUT / name, text.encode())
    for name, image in images.items():
        write(OUTPUT / name, image.read_bytes())
    for path in [path for path in OUTPUT.rglob("*") if path.is_file()]:
        if path.relative_to(OUTPUT).as_posix() not in pages.keys() | images.keys():
            path.unlink()
    for folder in [path for path in (OUTPUT / "papers").iterdir() if path.is_dir() and path.name not in paper_names()]:
        shutil.rmtree(folder)


def write(path: Path, content: bytes) -> None:
    """Write what has changed only, so that Sphinx reads no more than that again."""
    if not path.is_file() or path.read_bytes() != content:
        atomic_write(path, content)


def blocks(*parts: str) -> str:
    """Paragraphs, tables and directives with an empty line between; empty ones are left out."""
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table without the columns that are empty in every row; nothing without rows."""
    rows = [tuple(cell.replace("|", "\\|") if isinstance(cell, str) else cell for cell in row) for row in rows]
    kept = [i for i in range(len(headers)) if any(row[i] not in ("", None) for row in rows)]
    lines = ([row[i] for i in kept] for row in rows)
    return markdown_table([headers[i] for i in kept], lines) if kept else ""


def toctree(*names: str) -> str:
    return blocks("```{toctree}\n:maxdepth: 1\n:hidden:\n\n" + "\n".join(names) + "\n```")


# -- problems --------------------------------------------------------------------------------------------------------


def problem_page(problem: Problem) -> str:
    """The card of a problem."""
    headers, numbers = published(problem)
    source = headers.index("source")
    cited = [(*row[:source], cite(row[source]), *row[source + 1 :]) for row in numbers]
    return blocks(
        f"# {problem.title}",
        f"```{{math}}\n{problem.equation}\n```",
        problem.card,
        *(f":::{{warning}}\n{notice}\n:::" for notice in problem.notices),
        "## What is to be solved",
        *(table(*known) for known in facts(problem)),
        "## Published numbers" if numbers else "",
        table(headers, cited),
        "## In use",
        f'```python\nimport physml\n\nproblem = physml.load("{problem.name}")\nresult = physml.solve(problem)\n```',
        f"```\nphysml run {problem.name}\n```",
        f"Cite as {cite(*problem.citations)}." if problem.citations else "",
    )


def problem_index(problems: Sequence[Problem]) -> str:
    rows = [(f"[`{p.name}`]({p.name}.md)", p.title, f"${p.equation}$", first_sentence(p.card)) for p in problems]
    return blocks(
        "# Problems",
        "The catalog. Each page is made from the problem's file, as `physml show` is.",
        table(("name", "", "equation", "what it is"), rows),
        toctree(*(p.name for p in problems)),
    )


def first_sentence(text: str) -> str:
    """The first sentence of a docstring, on one line."""
    return " ".join(text.partition(".\n")[0].split()).rstrip(".")


def cite(*keys: str) -> str:
    return f"{{cite}}`{','.join(keys)}`" if any(keys) else ""


# -- numbers ---------------------------------------------------------------------------------------------------------


def scoreboard_page() -> str:
    """Every published number that runs of physml have answered."""
    rows = scoreboard(papers_folder())
    return blocks(
        "# Scoreboard",
        "Published numbers beside ours. Lower is better. `better` and `missed` mean by more than 5 %, `reached` means "
        "within it. A row is written by runs only, with `physml figures PAPER --run`; a number that is missed stays. "
        "Ours is the median over the seeds. The same table in a terminal: `physml scoreboard`.",
        table(HEADERS, rows) or "There are no rows yet.",
    )


# -- papers ----------------------------------------------------------------------------------------------------------


def paper_index(names: Sequence[str]) -> str:
    rows = [(f"[`{name}`]({name}.md)", title_of(load_paper(name).key), cite(load_paper(name).key)) for name in names]
    return blocks(
        "# Papers",
        "Figures and tables of papers, drawn from our own runs.",
        table(("name", "title", ""), rows),
        toctree(*names),
    )


def paper_page(name: str) -> str:
    """The cases of a paper, and what has been drawn of its tables and figures."""
    paper, folder = load_paper(name), papers_folder() / name
    cases = [(c.name, Path(c.problem).stem, c.answers, len(c.seeds), c.budget, c.dtype) for c in paper.cases]
    tables = [folder / "tables" / f"{title}.md" for title in paper.tables]
    drawn = [path for path in tables if path.is_file()]
    missing = not (drawn or images_of(name)) and f"Nothing has been drawn yet: `physml figures {name} --run` does it."
    return blocks(
        f"# {title_of(paper.key)}",
        f"From {cite(paper.key)}. The cases, figures and tables are defined in `paper_figures/{name}/figures.py`; the "
        f"numbers are in `paper_figures/{name}/{RESULTS}`.",
        "## Cases",
        table(("case", "problem", "answers", "seeds", "budget", "precision"), cases),
        missing or "",
        *(f"## {heading(path.stem)}\n\n{path.read_text()}" for path in drawn),
        *(f"## {heading(image.stem)}\n\n![{heading(image.stem)}]({name}/{image.name})" for image in images_of(name)),
    )


def title_of(key: str) -> str:
    """The title of a bibliography's entry."""
    entry = bibtex_entries(physml.catalog.bibliography(), [key])
    found = re.search(r"^\s*title = \{(.*)\},$", entry, re.MULTILINE)
    return found.group(1) if found else key


def images_of(name: str) -> list[Path]:
    """The figures that have been drawn, in the paper's order."""
    paths = [papers_folder() / name / "figures" / f"{title}.png" for title in load_paper(name).figures]
    return [path for path in paths if path.is_file()]


def heading(stem: str) -> str:
    """A file's name as a heading: ``figure_01_plain_solution`` as "Figure 1: plain solution"."""
    kind, number, *rest = [*stem.split("_"), ""]
    if kind in ("figure", "table") and number.isdigit():
        words = " ".join(rest).strip()
        return f"{kind.capitalize()} {int(number)}" + (f": {words}" if words else "")
    return stem.replace("_", " ").capitalize()


# -- benchmarks --------------------------------------------------------------------------------------------------------


def benchmark_results() -> list[Path]:
    """What ``physml bench`` has written to be shown here."""
    return sorted((benchmarks_folder() / "results").glob("*.json"))


def benchmark_tables(path: Path) -> str:
    """What was measured, in one table if all ratios refer to the same alternative; and where the numbers are from."""
    measured = json.loads(path.read_text())
    machine, by_work = measured["machine"], {}
    for row in measured["rows"]:
        by_work.setdefault(row["work"], {})[row["alternative"]] = row
    alike = len({next(iter(rows)) for rows in by_work.values()}) == 1
    return blocks(
        *([ratios_table(by_work)] if alike else [times_table(work, rows) for work, rows in by_work.items()]),
        f"Measured on {machine['device']}, {machine['threads']} threads, at commit {machine['commit']}; "
        f"`benchmarks/results/{path.name}` has the milliseconds and the versions.",
    )


def ratios_table(by_work: dict[str, dict[str, dict[str, Any]]]) -> str:
    """A row for each work, a column for each alternative."""
    first, *others = dict.fromkeys(name for rows in by_work.values() for name in rows)
    rows = [[work, *(rows.get(name, {}).get("ratio") for name in others)] for work, rows in by_work.items()]
    return table(("relative to " + first, *others), rows)


def times_table(work: str, rows: dict[str, dict[str, Any]]) -> str:
    """A row for each alternative."""
    return table((work, "ms", "ratio"), [(name, row["milliseconds"], row["ratio"]) for name, row in rows.items()])


# -- API -------------------------------------------------------------------------------------------------------------


def api_page(room: str, title: str) -> str:
    """What a room makes public, under the names by which it is imported."""
    module = importlib.import_module(f"physml.{room}")
    directives = [f".. automodule:: physml.{room}", *(directive(f"physml.{room}.{n}") for n in public_names(module))]
    return blocks(f"# {title}", f"`physml.{room}`", "```{eval-rst}\n" + "\n\n".join(directives) + "\n```")


def public_names(module: ModuleType) -> list[str]:
    """Its classes and functions, without those that it takes from other rooms."""
    found = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    documented = {name: value for name, value in found.items() if inspect.isroutine(value) or inspect.isclass(value)}
    return [name for name, value in documented.items() if value.__module__.startswith(module.__name__)]


def directive(name: str) -> str:
    module, _, attribute = name.rpartition(".")
    if not inspect.isclass(getattr(importlib.import_module(module), attribute)):
        return f".. autofunction:: {name}"
    return f".. autoclass:: {name}\n   :members:\n   :exclude-members: {', '.join(ROUTING)}"


if __name__ == "__main__":
    main()
