"""The page in a browser: no errors, sorting, filtering, an utterance opened, on a phone too."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from small_experiment import (
    HOSTILE,
    HOSTILE_ID,
    QUOTED,
    write_audio,
    write_experiment,
    write_images,
)

from wfst_bias.report.page import ReportOptions, make_report

pytest.importorskip("selenium", reason="selenium is an optional extra: pip install wfst-bias[test]")

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
PATIENCE_SECONDS = 120  # for a machine that has much else to do
HAS_AUDIO = find_spec("lhotse") is not None and find_spec("soundfile") is not None


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no chromium and chromedriver here: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu"):
        options.add_argument(f"--{argument}")
    options.add_argument("--window-size=1200,900")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_page_load_timeout(PATIENCE_SECONDS)
    driver.set_script_timeout(PATIENCE_SECONDS)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("browser")
    exp = write_experiment(folder / "exp")
    if HAS_AUDIO:
        write_audio(exp, ["a", "b", HOSTILE_ID])
    options = ReportOptions(audio_utterances=2, image_folders=(write_images(folder / "plots"),))
    path = folder / "report.html"
    path.write_text(make_report(exp, options).html, encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """Open the page anew, and see afterwards that nothing was complained of."""
    browser.get("about:blank")
    browser.get(address)
    yield browser
    assert browser.get_log("browser") == []


def one(page: Any, selector: str) -> WebElement:
    element: WebElement = page.find_element(By.CSS_SELECTOR, selector)
    return element


def shown(page: Any, selector: str) -> list[str]:
    """Return the texts of the elements that are shown."""
    script = (
        "return [...document.querySelectorAll(arguments[0])]"
        ".filter((element) => element.offsetParent !== null).map((element) => element.textContent)"
    )
    texts: list[str] = page.execute_script(script, selector)
    return texts


def click(page: Any, selector: str, text: str = "") -> None:
    """Click on the first element with a text, wherever it is on the page."""
    for element in page.find_elements(By.CSS_SELECTOR, selector):
        if text in element.text:
            page.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
            element.click()
            return
    raise AssertionError(f"no {selector} with {text}")


def choose(page: Any, selector: str, text: str) -> None:
    Select(one(page, selector)).select_by_visible_text(text)


def entities(page: Any) -> list[str]:
    return shown(page, "#entity-table tbody th")


def test_results_are_sorted_by_a_click(page: Any) -> None:
    conditions = "#set-0 .sortable tbody tr th"
    headings = "#set-0 .sortable thead button"
    before = shown(page, conditions)[:5]
    assert before[0] == "no list"
    click(page, headings, "F1")
    assert shown(page, conditions)[0] == "adapter, list of 100"
    assert one(page, "#set-0 [aria-sort]").get_attribute("aria-sort") == "descending"
    click(page, headings, "F1")
    assert shown(page, conditions)[4] == "adapter, list of 100"
    click(page, headings, "condition")
    assert shown(page, conditions)[:5] == before


def test_entities_are_sorted_and_filtered(page: Any) -> None:
    everyone = entities(page)
    assert set(everyone) == {"Anna Kovač", "Bled", HOSTILE, QUOTED, "Ptuj", "Nob Ody"}
    click(page, "#entity-table thead button", "said")
    assert set(entities(page)[-2:]) == {"Ptuj", "Nob Ody"}
    click(page, "#entity-table thead button", "entity")
    assert entities(page) == [QUOTED, "Anna Kovač", "Bled", "Nob Ody", HOSTILE, "Ptuj"]
    one(page, "#entity-query").send_keys("kovac")
    assert entities(page) == ["Anna Kovač"]
    assert one(page, "#entity-count").text == "1 entity of 6"
    one(page, "#entity-query").clear()
    one(page, "#entity-query").send_keys("NOVAK")  # what is written in its place
    assert entities(page) == ["Anna Kovač"]
    one(page, "#entity-query").clear()
    one(page, "#entity-query").send_keys(" ")
    choose(page, "#entity-kind", "written where not said")
    assert set(entities(page)) == {"Ptuj", "Nob Ody"}
    choose(page, "#entity-kind", "of several words")
    assert set(entities(page)) == {"Anna Kovač", HOSTILE, QUOTED, "Nob Ody"}


def test_conditions_are_chosen(page: Any) -> None:
    headings = "#entity-table thead button"
    assert shown(page, headings)[2:] == [
        "no list", "list of 100", "list of 1,000", "shared list", "adapter, list of 100",
    ]  # fmt: skip
    click(page, "#entity-conditions label", "shared list")
    assert "shared list" not in shown(page, headings)
    assert len(shown(page, "#entity-table tbody tr:first-child td")) == 5


def test_an_utterance_is_opened(page: Any) -> None:
    click(page, "#list button", "Anna Kovač")
    assert shown(page, "#utterance h3") == ["a"]
    rows = shown(page, "#utterance .texts:first-of-type tr")
    assert rows[0].startswith("saidwe met")
    assert any("list of 100; adapter, list of 100" in row for row in rows)
    assert {"Anna Kovač", "Bled"} < set(shown(page, "#utterance .texts mark.found"))
    assert "Ptuj" in shown(page, "#utterance .texts mark.alarm")
    assert "novak" in shown(page, "#utterance .texts span.other")
    assert "Ptuj" in shown(page, ".timeline text.alarm")
    assert "2.0 nats behind the best path" in shown(page, "#utterance details[open] td")
    click(page, "#utterance summary", "Entities with times")
    assert "1.00 s to 1.90 s" in shown(page, "#utterance details td")
    assert page.execute_script("return location.hash") == "#0/a"


def test_sound_and_images_are_in_the_page(page: Any) -> None:
    click(page, "#list button", "Anna Kovač")
    wait = WebDriverWait(page, PATIENCE_SECONDS)
    wait.until(
        lambda p: p.execute_script("return document.querySelector('figure img').naturalWidth")
    )
    alt = one(page, "#utterance figure img").get_attribute("alt")
    assert alt == "What the adapter attends to: a"
    for is_large in ("true", "false"):
        click(page, "#utterance .zoom")
        assert one(page, "#utterance .zoom").get_attribute("aria-pressed") == is_large
    if not HAS_AUDIO:
        pytest.skip("audio is an optional extra: pip install wfst-bias[audio]")
    length = "return document.querySelector('audio').duration"
    wait.until(lambda p: (p.execute_script(length) or 0) > 0)
    assert page.execute_script(length) == pytest.approx(3.0, abs=0.05)
    assert page.execute_script(
        "return performance.getEntriesByType('resource').every((e) => e.name.startsWith('data:'))"
    )


def test_names_are_shown_as_they_are(page: Any) -> None:
    click(page, "#list button", HOSTILE)
    assert HOSTILE in shown(page, "#utterance .texts mark.found")
    assert QUOTED in shown(page, "#utterance .texts mark.found")
    assert page.find_elements(By.CSS_SELECTOR, "main b") == []
    click(page, "#utterance summary", "n-best")
    assert f"then {HOSTILE} joined {QUOTED} there" in shown(page, "#utterance details td")


def test_an_entity_leads_to_its_utterances(page: Any) -> None:
    click(page, "#entity-table .link", "Nob Ody")
    assert shown(page, "#utterance h3") == [HOSTILE_ID]
    assert len(shown(page, "#list button")) == 1
    click(page, "#utterance-clear")
    assert len(shown(page, "#list button")) == 3


def test_utterances_are_filtered(page: Any) -> None:
    choose(page, "#utterance-kind", "an entity made up")
    choose(page, "#utterance-condition", "list of 1,000")
    assert len(shown(page, "#list button")) == 2
    choose(page, "#utterance-kind", "with images")
    assert len(shown(page, "#list button")) == 2
    choose(page, "#utterance-kind", "all utterances")
    one(page, "#utterance-query").send_keys("anna kovac")
    assert one(page, "#utterance-count").text == "1 utterance of 3"


def test_the_other_set_and_an_address_of_an_utterance(page: Any, address: str) -> None:
    choose(page, "#set", "second")
    assert "shared list" not in shown(page, "#entity-table thead button")
    click(page, "#list button", "nobody said")
    named = page.execute_script("return location.hash")
    page.get("about:blank")
    page.get(address + named)
    assert shown(page, "#utterance h3") == [HOSTILE_ID]
    assert Select(one(page, "#set")).first_selected_option.text == "second"


@pytest.mark.parametrize("width", [360, 800])
def test_nothing_is_wider_than_the_screen(page: Any, width: int) -> None:
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    click(page, "#list button", "Anna Kovač")
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_everything_that_is_worked_has_a_name(page: Any) -> None:
    click(page, "#list button", "Anna Kovač")
    nameless = page.execute_script(
        "return [...document.querySelectorAll('button, input, select, svg[role=img], img, "
        "[role=region]')].filter((e) => e.offsetParent !== null || e instanceof SVGElement)"
        ".filter((e) => !(e.getAttribute('aria-label') || e.alt || e.textContent.trim() "
        "|| e.closest('label'))).map((e) => e.outerHTML)"
    )
    assert nameless == []
