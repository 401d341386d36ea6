"""Papers: the runs that answer a paper's numbers, and the figures and tables drawn from what they saved."""

from physml.paper.paper import Case as Case
from physml.paper.paper import Paper as Paper
from physml.paper.paper import load_paper as load_paper
from physml.paper.paper import paper_names as paper_names
from physml.paper.paper import papers_folder as papers_folder
from physml.paper.paper import writable_folder as writable_folder
from physml.paper.reproduce import best_values as best_values
from physml.paper.reproduce import draw as draw
from physml.paper.reproduce import run_case as run_case
from physml.paper.saved import Saved as Saved
from physml.paper.tables import markdown_table as markdown_table
from physml.paper.tables import published_beside_ours as published_beside_ours
