"""The command line: ``list``, ``show``, ``check``, ``run``, ``resume``, ``compare``, ``figures``, and so on."""

import os
import sys
import traceback
import warnings
from collections.abc import Sequence

from physml.cli.commands import app
from physml.cli.output import say, say_error
from physml.cli.run import run_command
from physml.optim.processes import process_count
from physml.train.processes import several_processes

DESCRIPTION = (
    "Scientific machine learning for physics. `physml run NAME_OR_FILE` solves a problem; "
    "--debug before or after any command shows the traceback of an error."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status: 0; 1 if a run met a number that is not finite; 2 for what could not be done; 130 on Ctrl-C.
    """
    with several_processes():
        return _main(list(sys.argv[1:] if arguments is None else arguments))


def _main(arguments: list[str]) -> int:
    debug = "--debug" in arguments
    arguments = [a for a in arguments if a != "--debug"]
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: say(f"warning: {message}", "yellow")
            if process_count() > 1 and arguments[:1] not in (["run"], ["resume"]):
                raise ValueError(
                    f"run and resume share their work among processes; start {' '.join(arguments[:1]) or 'others'} "
                    f"without torchrun, given {process_count()} processes"
                )
            if arguments[:1] == ["run"]:
                return run_command(arguments[1:])
            return app.cli(args=arguments, prog="physml", description=DESCRIPTION) or 0
    except BrokenPipeError:  # whoever read the output has seen enough, as in `physml list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        say_error("interrupted")
        return 130
    except Exception as error:
        if debug:
            traceback.print_exc()
        known = isinstance(error, ValueError | OSError | KeyError | RuntimeError | ModuleNotFoundError)
        text = error.args[0] if isinstance(error, KeyError) and error.args else error
        say_error(str(text) if known else f"{type(error).__name__}: {text} (physml --debug shows where)")
        return 2
