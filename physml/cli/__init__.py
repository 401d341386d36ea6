"""The command line: ``list``, ``show``, ``check``, ``run``, ``resume``, ``figures``, ``scoreboard``, ``cite``."""

import os
import sys
import traceback
import warnings
from collections.abc import Sequence

from physml.cli.commands import app
from physml.cli.output import say, say_error
from physml.cli.run import run_command

DESCRIPTION = (
    "Scientific machine learning for physics. `physml run NAME_OR_FILE` solves a problem; "
    "--debug before or after any command shows the traceback of an error."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status: 0; 1 if a run met a number that is not finite; 2 for what could not be done; 130 on Ctrl-C.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    arguments = [a for a in arguments if a != "--debug"]
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: say(f"warning: {message}", "yellow")
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
        known = isinstance(error, ValueError | OSError | KeyError | RuntimeError)
        text = error.args[0] if isinstance(error, KeyError) and error.args else error
        say_error(str(text) if known else f"{type(error).__name__}: {text} (physml --debug shows where)")
        return 2
