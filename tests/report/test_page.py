"""The page as text: everything in one file, nothing of it taken for markup, colours that show."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from small_experiment import HOSTILE, HOSTILE_ID, REFERENCES, write_images

import wfst_bias.report
from wfst_bias.errors import InputError
from wfst_bias.report.page import ReportOptions, make_report

TEMPLATES = Path(wfst_bias.report.__file__).parent / "templates"
LEAST_CONTRAST, LEAST_CONTRAST_OF_MARKS = 4.5, 3.0  # WCAG 2, level AA
VOID = {"meta", "link", "br", "input", "img", "hr"}


class Page(HTMLParser):
    """A page in pieces: its tags, its texts, its scripts; complains of what is not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        else:
            self.text += data


@pytest.fixture(scope="module")
def html(exp: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    images = write_images(tmp_path_factory.mktemp("images") / "plots")
    report = make_report(exp, ReportOptions(image_folders=(images,)))
    assert [path.name for path in report.images_left_out] == ["nobody.png"]
    assert (report.n_utterances, report.n_with_audio) == (6, 0)
    return report.html


def test_names_are_no_markup(html: str) -> None:
    page = Page(html)
    assert page.open == []
    assert not [tag for tag, _ in page.tags if tag in ("b", "one", "trees", "morning")]
    assert "Birds & <trees>: recognition with and without lists" in page.text
    assert "Said in the <morning>" in page.text


def test_notes_say_that_the_speech_is_synthetic(html: str) -> None:
    assert (
        "<strong>The speech is synthetic</strong>: made by <code>nobody</code> &amp; no &lt;one&gt;"
        in html
    )


def test_the_script_has_every_name_as_it_is(html: str) -> None:
    page = Page(html)
    first, second, _ = page.scripts
    data = json.loads(first)
    assert [utterance["id"] for utterance in data["utterances"]] == list(REFERENCES)
    assert HOSTILE in [entity[0] for entity in data["entities"]]
    assert data["media"][HOSTILE_ID]["images"][0][0] == "plots"
    assert json.loads(second)["name"] == "second"


def test_nothing_lies_outside_of_the_page(html: str) -> None:
    for tag, attributes in Page(html).tags:
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith(("data:", "#")), tag
    rest = html.replace("http://www.w3.org/2000/svg", "")  # a name, not an address
    assert not re.search(r"https?://|@import|url\(", rest)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy.startswith("default-src 'none'")


def test_results_stand_in_the_page_without_the_script(html: str) -> None:
    text = " ".join(Page(html).text.split())
    assert "adapter, list of 100" in text
    assert re.search(r"list of 100 [\d.]+ to [\d.]+ of 18", text)
    assert "1 in 0.50 h" in text


def test_causes_of_misses_have_their_names_and_meanings(html: str) -> None:
    first, second = html.split('id="set-1"')
    for shown in ("<dt>outranked</dt>", "<dd>no tokens of the model spell it</dd>"):
        assert (shown in first) == (shown == "<dt>outranked</dt>")
    assert "Why entities are missed</h3>" not in second.split("<noscript>")[0]
    text = " ".join(Page(html).text.split())
    columns = "condition missed outranked in the lattice pruned not heard unknown"
    assert f"{columns} list of 100 5 120.0 % 1" in text
    assert "some of its words other words nothing" in text


def test_what_was_not_scored_is_said(own_exp: Path) -> None:
    (own_exp / "score/first.list100.json").unlink()
    html = make_report(own_exp).html
    assert "decoded, but not scored" in html
    assert Page(html).open == []


def test_options() -> None:
    with pytest.raises(InputError, match="at least 0"):
        ReportOptions(audio_utterances=-1)


def colours() -> list[dict[str, str]]:
    """Return the colours of the light and of the dark theme by name."""
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    for name in ("page.css", "charts.css"):
        css = (TEMPLATES / name).read_text(encoding="utf-8")
        first, second = re.findall(r":root \{(.*?)\}", css, flags=re.DOTALL)
        light |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", first))
        dark |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", second))
    return [light, dark]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", colours(), ids=["light", "dark"])
def test_what_is_written_can_be_read(theme: dict[str, str]) -> None:
    on_background = ["text", "muted", "accent", "right", "wrong", "alarm"]
    pairs = [(name, "background") for name in on_background]
    pairs += [(name, "surface") for name in on_background]
    pairs += [(name, f"{name}-back") for name in ("right", "wrong", "alarm")]
    pairs += [("text", "note-back"), ("accent", "note-back")]
    faint = [
        (one, other) for one, other in pairs if contrast(theme[one], theme[other]) < LEAST_CONTRAST
    ]
    assert faint == []
    marks = [name for name in theme if name.startswith("style-")]
    assert len(marks) == 8
    assert all(
        contrast(theme[name], theme["background"]) >= LEAST_CONTRAST_OF_MARKS for name in marks
    )


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
