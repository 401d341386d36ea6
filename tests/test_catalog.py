"""Problems by name and by path, and what is said of files with mistakes."""

import sys

import pytest

from physml import catalog
from physml.catalog import CatalogError
from physml.methods import MethodError
from physml.problem import PDE, Budget
from physml.solving import recommend

GOOD = """\"\"\"A card.\"\"\"
from physml.problem import PDE, Axis, Domain
problem = PDE(
    name="line", title="Line", equation="u_x = 1", domain=Domain((Axis("x", 0.0, 1.0),)),
    residual=lambda u, p: {"line": u.x - 1},
)
"""


@pytest.fixture
def file(tmp_path):
    """``file(text)``: the path of a problem file that holds it."""

    def write(text: str, name: str = "mine.py"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def said(error: pytest.ExceptionInfo) -> str:
    """The message, which must be one line."""
    (line,) = str(error.value).splitlines()
    return line


def test_every_name_of_the_catalog_is_that_of_its_problem():
    assert catalog.names() == [problem.name for problem in catalog.list()]
    assert {"allen_cahn", "heat"} <= set(catalog.names())


def test_a_file_is_found_by_name_and_by_path_alike():
    by_name = catalog.load("heat")
    by_path = catalog.load(by_name.source)
    assert by_path.source == by_name.source
    assert (by_path.card, by_path.params.diffusivity) == (by_name.card, by_name.params.diffusivity)


@pytest.mark.parametrize(("given", "meant"), [("alen_cahn", "allen_cahn"), ("Heat", "heat"), ("heet", "heat")])
def test_a_near_name_is_offered(given, meant):
    with pytest.raises(CatalogError, match=rf"no problem named '{given}'; did you mean {meant}\?") as error:
        catalog.load(given)
    assert f"./{given}.py" in said(error)


def test_a_name_like_no_other_gets_the_whole_list():
    with pytest.raises(CatalogError, match=r"no problem named 'zzz'; the catalog has .*allen_cahn, .*heat"):
        catalog.load("zzz")


@pytest.mark.parametrize("given", ["./nowhere.py", "nowhere.py", "some/where", "some\\where"])
def test_a_path_without_a_file_is_refused_by_the_path(given):
    with pytest.raises(CatalogError) as error:
        catalog.load(given)
    expected = "a Python file that defines `problem`, such as `problem = PDE(...)`"
    assert said(error) == f"no file {given}; expected {expected}"


def test_a_folder_is_no_problem_file(tmp_path):
    with pytest.raises(CatalogError, match="no file"):
        catalog.load(f"{tmp_path}/")


def test_the_docstring_is_the_card_unless_the_problem_has_one(file):
    assert catalog.load(file(GOOD)).card == "A card."
    assert catalog.load(file(GOOD.replace("- 1},", '- 1}, card="Another.",'))).card == "Another."


MISTAKES = {
    "syntax": ("x = 1\ny = (\n", r"mine\.py, line 2: SyntaxError: '\(' was never closed"),
    "undefined name": ("x = 1\n\ny = z\n", r"mine\.py, line 3: NameError: name 'z' is not defined"),
    "missing module": ("import no_such_module\n", r"mine\.py, line 1: ModuleNotFoundError: No module named 'no_such"),
    "deep inside": (
        "def f(x):\n    return 1 / x\n\nproblem = f(0)\n",
        r"mine\.py, line 2: ZeroDivisionError: division by zero",
    ),
    "inside physml": (
        "from physml.problem import Axis\n\nx = Axis('x', 1.0, 0.0)\n",
        r"mine\.py, line 3: ValueError: axis 'x': expected low < high",
    ),
    "no problem": (
        "x = 1\n",
        r"mine\.py: expected a module-level `problem`, such as PDE\(\.\.\.\), found nothing of that name",
    ),
    "an empty file": ("", r"mine\.py: expected .* found nothing of that name"),
    "another type": ("problem = 5\n", r"mine\.py: expected .*, found a int"),
    "the class itself": ("from physml.problem import PDE\nproblem = PDE\n", r"mine\.py: expected .*, found a class"),
    "two lines": ("raise ValueError('one\\ntwo')\n", r"mine\.py, line 1: ValueError: one"),
    "a line of another text": (
        "import json\n\n\njson.loads('nonsense')\n",
        r"mine\.py, line 4: JSONDecodeError: Expecting value",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_file_is_named_with_its_line(mistake, file):
    text, message = MISTAKES[mistake]
    with pytest.raises(CatalogError, match=message):
        catalog.load(file(text))


def test_a_broken_module_beside_the_file_is_blamed_on_the_import(file, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    file("x = 1\n\n\n\ny = (\n", "broken_helper.py")
    with pytest.raises(CatalogError, match=r"mine\.py, line 2: SyntaxError"):
        catalog.load(file("x = 1\nimport broken_helper\n"))


def test_a_file_that_fails_leaves_no_module_behind(file):
    before = set(sys.modules)
    with pytest.raises(CatalogError):
        catalog.load(file("1 / 0\n"))
    catalog.load(file(GOOD))
    assert not {name for name in set(sys.modules) - before if "mine" in name}


def test_a_changed_file_is_read_anew(file):
    path = file(GOOD)
    assert catalog.load(path).title == "Line"
    file(GOOD.replace('"Line"', '"Changed line"'))
    assert catalog.load(path).title == "Changed line"


def test_the_recipe_of_a_budget_is_that_of_the_file_beside(tiny_file):
    problem = catalog.load(tiny_file)
    method, settings = catalog.recipe(problem, "smoke")
    assert (method, settings["network"], settings["modes"]) == ("pinn", {"width": 4, "depth": 1}, 1)
    assert catalog.recipe(problem, "paper") == ("pinn", {})
    assert catalog.recipe(problem, "smoke", "causal_pinn") == ("causal_pinn", {})
    assert recommend(problem, "smoke").network.width == 4


def test_without_a_recipe_nothing_is_recommended(file, tiny_file):
    assert catalog.recipe(catalog.load(file(GOOD)), "short") == ("", {})
    in_python = catalog.load(tiny_file).replace(source="")
    assert catalog.recipe(in_python, "short", "pinn") == ("pinn", {})


def test_a_broken_recipe_is_named_with_its_line(tiny_file):
    tiny_file.with_suffix(".toml").write_text('recommended = "pinn"\n[pinn.smoke\n')
    with pytest.raises(CatalogError, match=r"tiny\.toml: .*line 2") as error:
        catalog.recipe(catalog.load(tiny_file), "smoke")
    said(error)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ('recommended = "pin"', "no method 'pin'; there are pinn, causal_pinn"),
        ("[causal_pinn.smoke]\nwidth = 3", "causal_pinn has no setting 'width'; "),
        ("[causal_pinn.smoke]\nnetwork.widht = 3", r"causal_pinn\.network has no setting 'widht'; did you mean width"),
    ],
)
def test_a_recipe_for_what_does_not_exist_is_refused_by_name(tiny_file, recipe, message):
    tiny_file.with_suffix(".toml").write_text(recipe)
    with pytest.raises(MethodError, match=message) as error:
        recommend(catalog.load(tiny_file), "smoke", "" if "recommended" in recipe else "causal_pinn")
    said(error)


@pytest.mark.parametrize("recipe", ["pinn = 3", "[pinn]\nsmoke = 3", "recommended = 5"])
def test_a_recipe_of_another_shape_is_refused(tiny_file, recipe):
    tiny_file.with_suffix(".toml").write_text(recipe)
    with pytest.raises((CatalogError, MethodError)):
        recommend(catalog.load(tiny_file), "smoke", "" if "recommended" in recipe else "pinn")


def test_a_wall_time_takes_the_recipe_of_the_next_larger_budget(tiny_file):
    toml = tiny_file.with_suffix(".toml")
    toml.write_text("[pinn.smoke]\nmodes = 1\n[pinn.short]\nmodes = 2\n[pinn.paper]\nmodes = 3\n")
    budgets = {"smoke": Budget(10.0), "short": Budget(60.0), "paper": Budget(600.0)}
    problem = catalog.load(tiny_file).replace(budgets=budgets)
    chosen = {text: recommend(problem, text, "pinn").modes for text in ("1s", "10s", "59s", "1min", "9min", "1h")}
    assert chosen == {"1s": 1, "10s": 1, "59s": 2, "1min": 2, "9min": 3, "1h": 3}


def test_a_steady_problem_is_given_a_plain_method(file):
    problem = catalog.load(file(GOOD))
    assert isinstance(problem, PDE)
    assert type(recommend(problem)).__name__ == "PINN"
