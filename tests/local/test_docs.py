"""The pages tell the truth: links, programs, flags, options, lists and figures are as they say.

That their commands and their Python run is in test_docs_run.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from doc_pages import (
    PAGES,
    PROGRAM,
    ROOT,
    Block,
    blocks,
    check_command,
    check_flags,
    every_flag,
    prose,
    read_page,
    spans,
)

from wfst_bias.decode.options import DecodeOptions
from wfst_bias.entities.entity_list import read_entity_list, write_report
from wfst_bias.entities.list_file import read_list
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.tokens import TokenTable

LANGUAGES = {"sh", "python", "toml", "text"}  # of `text` nothing can be run

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


def table_of(page: str, header: str) -> str:
    """Return the rows of the table that begins with a header."""
    return read_page(ROOT / page).split(header)[1].split("\n\n")[0]


def anchors(page: Path) -> set[str]:
    """Return what links within a page may name: its headings, as they are made anchors."""
    headings = re.findall(r"^#+ (.*)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
            for heading in headings}  # fmt: skip


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if "://" not in link and (
            not target.exists() or (anchor and anchor not in anchors(target))
        ):
            broken.append(link)
    assert broken == []


def test_every_page_of_docs_is_in_the_index() -> None:
    linked = set(re.findall(r"\]\(docs/(\w+\.md)\)", read_page(ROOT / "README.md")))
    assert linked == {path.name for path in ROOT.glob("docs/*.md")}


@each_page
def test_commands_stand_in_blocks_of_their_language(page: Path) -> None:
    rest = prose(page)
    assert "```" not in rest
    other = [b for b in blocks() if ROOT / b.page == page and b.language != "sh"]
    assert {block.language for block in other} <= LANGUAGES
    lines = [line for text in (rest, *(b.text for b in other)) for line in text.splitlines()]
    assert [line for line in lines if PROGRAM.match(line.strip().removeprefix("$ "))] == []


@pytest.mark.parametrize("block", blocks("sh"), ids=str)
def test_commands_are_taken_by_their_programs(block: Block) -> None:
    assert block.commands()
    check_block(block)


def check_block(block: Block) -> None:
    for command in block.commands():
        check_command(command.words)


@each_page
def test_flags_in_the_text_exist(page: Path) -> None:
    for span in spans(page):
        if span.startswith("--"):
            assert span.split()[0].partition("=")[0] in every_flag(), span
        elif PROGRAM.match(span):
            check_flags(span.removeprefix(".venv/bin/").split())


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_options_in_toml_are_options(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "options.toml"
    path.write_text(block.text, encoding="utf-8")
    assert DecodeOptions.read(path)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("wfst-bias decode --log-prob x --out y", "no such flags"),
        ("wfst-bias lm --text x --out y --order two", "not a valid integer"),
        ("wfst-bias lm --text x", "Missing parameter: out"),
        ("wfst-bias decod --out y", "decod"),
        ("python -m local.voxpopuli.prepare FOLDER --annotation x", "no such flags"),
        ("./run.sh --datasets planted", "no such flags"),
        ("dask worker --schedular-file x", "no such flags"),
        ("local/nothing.sh", "nothing.sh"),
        ('pip install -e ".[everything]"', "no extra everything"),
        ("wfst-bias lm --text x --out y | head", "more than one"),
    ],
)
def test_what_a_program_would_refuse_is_found(line: str, fault: str) -> None:
    with pytest.raises(Exception, match=re.escape(fault)):
        check_block(Block("page.md", 1, "sh", line))


def test_the_figures_are_those_of_the_results() -> None:
    figures: dict[tuple[str, str], list[str]] = {}
    for section in read_page(ROOT / "RESULTS.md").split("\n### ")[1:]:
        name = section.partition("\n")[0]
        for condition, row in re.findall(r"^\| ((?:no|list|shared)\b[^|]*) \|(.*)", section, re.M):
            figures.setdefault((name, condition), []).extend(re.findall(r"\*\*([\d.]+)\*\*", row))
    rows = table_of("README.md", "| --- | --- | --- | --- | --- | --- |\n").splitlines()
    shown = [tuple(row.strip("| ").split(" | ")) for row in rows]
    assert len(shown) == 9
    expected = [
        (name, condition, *(figures[name, condition][i] for i in (0, 1, 2, 5)))
        for name, condition, *_ in shown
    ]
    assert shown == expected


def test_list_and_report(tmp_path: Path, planted: Path) -> None:
    lines, shown = (b.text for b in blocks("text") if "ketozolam 20 mg" in b.text)
    path, report = tmp_path / "names.txt", tmp_path / "report.tsv"
    path.write_text(lines, encoding="utf-8")
    normalizer = Normalizer(TokenTable.read(planted / "tokens.txt"))
    write_report(read_entity_list(path, normalizer).report, report)
    assert shown.split() == report.read_text(encoding="utf-8").split()


def test_every_form_of_a_line_is_read(tmp_path: Path) -> None:
    table = table_of("docs/lists.md", "| line | means |")
    path = tmp_path / "names.txt"
    entities = []
    for form in re.findall(r"^\| `(.*?)` \|", table, flags=re.MULTILINE):
        path.write_text(form.replace("<TAB>", "\t"), encoding="utf-8")
        entities.append([line.written for line in read_list(path)])
    assert entities == [
        ["Łucja Wręgowska"],
        ["Knysbridge"],
        ["QX-19"],
        ["Sankt Wolfhelm"],
        ["Knysbridge"],
        ["Szépvölgy"],
        ["Knysbridge", "Łucja Wręgowska"],
        ["Knysbridge"],
        ["Łukasz Kohut"],
        [],
    ]


def test_the_map_of_folders_is_whole() -> None:
    table = table_of("docs/layout.md", "| folder | what it does |")
    named = re.findall(r"(?:^\| |, )`([\w/.]+)`", table, flags=re.MULTILINE)
    assert [name for name in named if not (ROOT / name).exists()] == []
    rooms = {path.parent.name for path in ROOT.glob("wfst_bias/*/__init__.py")}
    assert {f"wfst_bias/{room}" for room in rooms} <= set(named)


def test_options_that_are_named_exist() -> None:
    options = DecodeOptions()
    table = table_of("docs/decoding.md", "| option | what it does |")
    named = re.findall(r"`(\w+)\.(\w+)`", table)
    assert len(named) >= 5
    assert [f"{s}.{o}" for s, o in named if not hasattr(getattr(options, s), o)] == []
