"""The page: an experiment read, compared, and put into one HTML file without anything outside it.

- ReportOptions: what is embedded.
- Report, make_report: the page, and what was left out of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from wfst_bias.errors import InputError
from wfst_bias.misses.causes import MEANINGS, Cause
from wfst_bias.report.charts import Chart, f1_by_list_size, precision_and_recall
from wfst_bias.report.experiment import DecodedSet, Experiment
from wfst_bias.report.figures import Figure
from wfst_bias.report.media import Image, embed_audio, find_images
from wfst_bias.report.outcomes import INSTEAD
from wfst_bias.report.page_data import most_telling, nbest_rows, set_data
from wfst_bias.report.summary import Analysed, analyse, count_instead

SCRIPTS = ("page.js", "entities.js", "timeline.js", "utterances.js", "start.js")
STYLES = ("page.css", "charts.css")

CountRow = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class ReportOptions:
    """Say what is embedded in a report."""

    audio_utterances: int = 20  # of each set
    image_folders: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if self.audio_utterances < 0:
            raise InputError("audio_utterances must be at least 0", value=self.audio_utterances)


DEFAULTS = ReportOptions()


@dataclass(frozen=True)
class Report:
    """Hold a page.

    Attributes:
      html: all of it.
      n_utterances: that it shows.
      n_with_audio: utterances whose audio is embedded.
      images_left_out: images that belong to no utterance.
    """

    html: str
    n_utterances: int
    n_with_audio: int
    images_left_out: tuple[Path, ...]


@dataclass(frozen=True)
class SetSection:
    """Hold what the template shows of a set, and what the script does.

    Attributes:
      decoded_set: the set.
      headline: what a list changes, in one sentence; empty where that is not known.
      charts: of its figures.
      causes: that any miss has whose cause is known.
      cause_rows: how many misses each of them has, by condition.
      instead_rows: how many misses each of INSTEAD stands in the place of, by condition.
      script_data: for the script.
    """

    decoded_set: DecodedSet
    headline: str
    charts: tuple[Chart, ...]
    causes: tuple[Cause, ...]
    cause_rows: tuple[CountRow, ...]
    instead_rows: tuple[CountRow, ...]
    script_data: dict[str, Any]


def make_report(folder: Path | str, options: ReportOptions = DEFAULTS) -> Report:
    """Make the report of an experiment's folder.

    Raises:
      InputError: the experiment cannot be read, or audio or an image is missing or broken.
    """
    experiment = Experiment.read(folder)
    ids = [name for each in experiment.sets for name in each.references]
    images = find_images(options.image_folders, frozenset(ids))
    sections = [_section(each, options, images.by_utterance) for each in experiment.sets]
    media = [found for section in sections for found in section.script_data["media"].values()]
    return Report(
        html=_render(experiment, sections),
        n_utterances=len(ids),
        n_with_audio=sum("audio" in each for each in media),
        images_left_out=images.left_out,
    )


def _section(
    decoded_set: DecodedSet, options: ReportOptions, images: Mapping[str, Sequence[Image]]
) -> SetSection:
    analysed = analyse(decoded_set)
    data = set_data(decoded_set, analysed)
    data["media"] = _media(decoded_set, analysed, options, images)
    labels = [each.condition.label for each in decoded_set.decoded]
    explained = [
        (label, each.misses.counts)
        for label, each in zip(labels, decoded_set.decoded, strict=True)
        if each.misses is not None
    ]
    causes = tuple(cause for cause in Cause if any(counts[cause] for _, counts in explained))
    charts = (f1_by_list_size(decoded_set), *precision_and_recall(decoded_set))
    return SetSection(
        decoded_set,
        _headline(decoded_set),
        tuple(chart for chart in charts if chart is not None),
        causes,
        tuple((label, tuple(counts[cause] for cause in causes)) for label, counts in explained),
        tuple(
            (label, tuple(count_instead(each.values()).values()))
            for label, each in zip(labels, analysed, strict=True)
        ),
        data,
    )


def _headline(decoded_set: DecodedSet) -> str:
    """Say what the first list of the plain decoder, or else of any system, changes."""
    scored = [each for each in decoded_set.decoded if each.figures is not None]
    before = next((each for each in scored if not each.condition.list_name), None)
    after = next((each for each in scored if each.condition.list_name), None)
    if before is None or after is None or not before.figures or not after.figures:
        return ""
    changes = [
        f"{what} {_percent(before.figures[name].rate)} → {_percent(after.figures[name].rate)}"
        for name, what in (
            ("F1", "F1 of entities"),
            ("WER", "WER"),
            ("U-WER", "WER on other words"),
        )
    ]
    return f"From {before.condition.label} to {after.condition.label}, in %: {', '.join(changes)}."


def _media(
    decoded_set: DecodedSet,
    analysed: Sequence[Mapping[str, Analysed]],
    options: ReportOptions,
    images: Mapping[str, Sequence[Image]],
) -> dict[str, dict[str, Any]]:
    """Return audio, images and n-best lists of the utterances that are shown with them."""
    telling = most_telling(analysed, options.audio_utterances)
    audio = embed_audio(decoded_set.cuts, telling) if decoded_set.cuts is not None else {}
    media: dict[str, dict[str, Any]] = {}
    for name in decoded_set.references:
        if name in telling or name in images:
            media[name] = {
                **({"audio": audio[name]} if name in audio else {}),
                "images": [[image.caption, image.uri] for image in images.get(name, ())],
                "nbest": nbest_rows(decoded_set.decoded, name),
            }
    return media


def _render(experiment: Experiment, sections: Sequence[SetSection]) -> str:
    environment = Environment(
        loader=PackageLoader("wfst_bias.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    environment.filters |= {"percent": _percent, "interval": _interval, "emphasized": _emphasized}
    return environment.get_template("report.html.j2").render(
        experiment=experiment,
        sections=sections,
        meanings=MEANINGS,
        instead_names=INSTEAD,
        styles=Markup("\n".join(_source(environment, name) for name in STYLES)),
        scripts=Markup("\n".join(_source(environment, name) for name in SCRIPTS)),
    )


def _source(environment: Environment, name: str) -> str:
    """Return a file of the template folder as it stands."""
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f}"


def _interval(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{_percent(figure.low)} to {_percent(figure.high)}"


def _emphasized(text: str) -> Markup:
    """Escape a note and show its `**strong**` words and its code."""
    strong = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text)))
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", strong))
