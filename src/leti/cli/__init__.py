"""The commands: names and help. Imports nothing heavy, so that `leti --help` answers at once."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated

import typer

from leti.cli import check, compare, export, learn, report, sample, score, show, verify, view
from leti.cli.stopping import STOPPED, Stopped, listen
from leti.errors import LetiError, UserError

__all__ = ["app", "main"]

app = typer.Typer(
    name="leti",
    help="Fine-tune a code language model on its own programs and on what the interpreter says about them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
COMMANDS = (
    learn.learn,
    check.check,
    sample.sample,
    verify.verify,
    score.score,
    show.show,
    report.report,
    view.view,
    compare.compare,
    export.export,
)
for command in COMMANDS:
    app.command()(command)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"leti {version('leti')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Before any command."""
    del version  # its callback has answered


def _tell(message: Warning | str, *_: object, **__: object) -> None:
    print(f"leti: {message}", file=sys.stderr)  # noqa: T201 - in our words, without a path and a line of source


def main() -> None:
    """Runs the command line. Exit codes: 0 done, 1 the work failed, 2 the words were off, 130 stopped by the user."""
    listen()
    warnings.showwarning = _tell
    try:
        app()
    except LetiError as error:
        print(f"leti: {error}", file=sys.stderr)  # noqa: T201 - an error is told on stderr
        sys.exit(2 if isinstance(error, UserError) else 1)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        print(f"leti: {error.strerror or error}{where}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except Stopped:
        print("leti: stopped. For a run: the same command goes on from here.", file=sys.stderr)  # noqa: T201
        sys.exit(STOPPED)
