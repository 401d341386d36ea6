"""The jet rules of torch operations, found by the operation's name."""

from physml.diff.rules import arithmetic as arithmetic
from physml.diff.rules import composite as composite
from physml.diff.rules import structural as structural
from physml.diff.rules.elementwise import elementwise as elementwise
