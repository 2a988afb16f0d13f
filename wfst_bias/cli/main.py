"""The entry point: runs a command, and turns what goes wrong into one line and an exit status."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import click
from tqdm import tqdm

from wfst_bias.cli.attention import attention_command
from wfst_bias.cli.boost_plot import boost_plot_command
from wfst_bias.cli.compile import compile_command
from wfst_bias.cli.decode import decode_command
from wfst_bias.cli.encode import encode_command
from wfst_bias.cli.learn import learn_rules_command
from wfst_bias.cli.lm import lm_command
from wfst_bias.cli.misses import misses_command
from wfst_bias.cli.phone_costs import phone_costs_command
from wfst_bias.cli.phones import phones_command
from wfst_bias.cli.report import report_command
from wfst_bias.cli.rescore import rescore_command
from wfst_bias.cli.score import score_command
from wfst_bias.cli.subwords import subwords_command
from wfst_bias.cli.train import train_command
from wfst_bias.cli.train_adapter import train_adapter_command
from wfst_bias.cli.transcribe import transcribe_command
from wfst_bias.cli.tune import tune_command
from wfst_bias.cli.variants import variants_command
from wfst_bias.decode.workers import WorkerError
from wfst_bias.errors import InputError

PROGRAM = "wfst-bias"
FAILED, INTERRUPTED = 2, 130

# The extra of this package that brings a package.
EXTRAS = {"pynini": "lists", "pywrapfst": "lists", "sentencepiece": "lists"}
EXTRAS |= {"k2": "decode", "_k2": "decode", "torch": "decode"}
EXTRAS |= {"lhotse": "audio", "soundfile": "audio", "scipy": "audio", "tensorboard": "train"}
EXTRAS |= {"phonemizer": "g2p", "espeakng_loader": "g2p", "optuna": "tune"}
EXTRAS |= {"dask": "dask", "distributed": "dask", "dask_jobqueue": "cluster"}
EXTRAS |= {"matplotlib": "plots", "jinja2": "report", "markupsafe": "report"}


class _InOrder(click.Group):
    """A group that lists its commands in the order in which they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"max_content_width": 100}, no_args_is_help=False)
@click.version_option(package_name=PROGRAM, prog_name=PROGRAM)
def commands() -> None:
    """Make a CTC speech recognizer write the names on a list, by WFST decoding.

    Every command explains itself and its files: wfst-bias COMMAND --help. Files appear under
    their names only when they are complete. An error is one line on stderr. Exit status: 0 when
    all is well, 1 when some utterances could not be decoded, 2 when the input cannot be used, 130
    when interrupted.
    """


IN_ORDER = (
    transcribe_command,
    lm_command,
    compile_command,
    encode_command,
    decode_command,
    rescore_command,
    score_command,
    misses_command,
    report_command,
    tune_command,
    variants_command,
    learn_rules_command,
    subwords_command,
    phones_command,
    phone_costs_command,
    train_command,
    train_adapter_command,
    attention_command,
    boost_plot_command,
)
for command in IN_ORDER:
    commands.add_command(command)


def main() -> None:
    """Run the program."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], command: click.Command = commands, program: str = PROGRAM) -> int:
    """Run a command; return the exit status."""
    _show_warnings()
    try:
        status = command.main(list(arguments), prog_name=program, standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        _report("interrupted")
        return INTERRUPTED
    except (InputError, WorkerError) as error:
        _report(str(error))
    except click.ClickException as error:
        _report(_usage(error))
    except ImportError as error:
        _report(_missing_package(error))
    except OSError as error:
        _report(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    else:
        return int(status or 0)
    return FAILED


def _usage(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    advice = f"; see {context.command_path} --help" if context is not None else ""
    return error.format_message().rstrip(".") + advice


def _missing_package(error: ImportError) -> str:
    """Say which extra to install; what is not optional is a bug and raises again."""
    package = (error.name or "").partition(".")[0]
    if package not in EXTRAS:
        raise error
    return f"{package} is needed ({error}): pip install '{PROGRAM}[{EXTRAS[package]}]'"


def _report(message: str) -> None:
    click.echo(f"{PROGRAM}: {' '.join(message.splitlines())}", err=True)


class _OneLine(logging.Handler):
    """Show warnings of the library as the program's, above a progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        line = " ".join(record.getMessage().splitlines())
        tqdm.write(f"{PROGRAM}: {record.levelname.lower()}: {line}", file=sys.stderr)


def _show_warnings() -> None:
    logger = logging.getLogger("wfst_bias")
    if not any(isinstance(handler, _OneLine) for handler in logger.handlers):
        logger.addHandler(_OneLine())
        logger.propagate = False
