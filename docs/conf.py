"""Sphinx configuration; `make docs` builds the pages."""

import subprocess
import sys
from importlib.metadata import version as installed_version
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent

project = "physml"
author = "The physml developers"
release = version = installed_version("physml")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx.ext.mathjax",
    "sphinxcontrib.bibtex",
]
exclude_patterns = ["_build", "**.ipynb_checkpoints"]

html_theme = "furo"
html_title = f"physml {release}"
html_show_copyright = False
highlight_language = "none"

myst_enable_extensions = ["amsmath", "dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3

nb_execution_mode = "cache"
nb_execution_timeout = 600
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "description"

bibtex_bibfiles = ["../problems/references.bib"]
bibtex_default_style = "unsrt"


def generate_pages(app: Sphinx) -> None:
    """Write docs/_generated (problem cards, scoreboard) before Sphinx looks for pages."""
    script = HERE / "generate.py"
    if script.exists():
        subprocess.run([sys.executable, str(script)], check=True)


def setup(app: Sphinx) -> None:
    """Run the page generator at the start of every build."""
    app.connect("builder-inited", generate_pages)
