"""The chat widget `flowise-embed` from npm in headless Chromium, on a page of another origin.

Pictures of what a visitor sees go to the folder that FLOWISECTL_SCREENSHOTS names.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: the widget is not tried in a browser")
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver")
SECONDS = 30

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="no Chromium here: apt-get install chromium chromium-driver"),
]

FULL = """<!DOCTYPE html><html><body style="margin:0"><flowise-fullchatbot style="height:100vh;display:block"></flowise-fullchatbot>
<script type="module">import Chatbot from "./web.js"; Chatbot.initFull({given});</script></body></html>"""
BUBBLE = """<!DOCTYPE html><html><body><h1>A shop</h1>
<script type="module">import Chatbot from "./web.js"; Chatbot.init({given});</script></body></html>"""

# Everything of the widget lies in the shadow tree of its element.
ROOT = "const root = document.querySelector('flowise-fullchatbot, flowise-chatbot').shadowRoot;"


class Widget:
    """What a visitor does with the widget on an open page."""

    def __init__(self, browser: Any, folder: Path | None) -> None:
        self.browser = browser
        self._folder = folder

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(ROOT + script, *arguments)

    def wait(self, script: str, *arguments: Any) -> Any:
        return WebDriverWait(self.browser, SECONDS).until(lambda _: self.run(script, *arguments), f"{script} did not come true")

    def text(self) -> str:
        return str(self.run("return [...root.children].filter((e) => e.tagName !== 'STYLE').map((e) => e.innerText).join('\\n')"))

    def wait_for(self, text: str) -> None:
        WebDriverWait(self.browser, SECONDS).until(lambda _: text in self.text(), f"{text!r} did not come")

    def find(self, selector: str) -> Any:
        """The first element that shows and can be used."""

        def found(_: Any) -> Any:
            host = self.browser.find_element("css selector", "flowise-fullchatbot, flowise-chatbot")
            shown = [item for item in host.shadow_root.find_elements("css selector", selector) if item.is_displayed()]
            return next((item for item in shown if item.is_enabled()), None)

        return WebDriverWait(self.browser, SECONDS).until(found, f"{selector} did not show")

    def ask(self, question: str) -> None:
        self.find("textarea").send_keys(question + "\n")

    def fill(self, selector: str, value: str) -> None:
        self.find(selector).send_keys(value)

    def click(self, selector: str) -> None:
        self.find(selector).click()

    def picture(self, name: str) -> None:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self.browser.save_screenshot(str(self._folder / f"{name}.png"))


@pytest.fixture
def browser() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=900,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(CHROMEDRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def open_widget(stack: Any, npm_folder: Path, serve_page: Callable[..., str], browser: Any) -> Callable[..., Widget]:
    def open_page(flow_id: str, page: str = FULL, **given: Any) -> Widget:
        settings = json.dumps({"chatflowid": flow_id, "apiHost": stack.url, **given})
        script = (npm_folder / "node_modules" / "flowise-embed" / "dist" / "web.js").read_bytes()
        url = serve_page({"index.html": page.replace("{given}", settings), "web.js": script})
        browser.get(url + "/index.html")
        folder = os.environ.get("FLOWISECTL_SCREENSHOTS")
        return Widget(browser, Path(folder) if folder else None)

    return open_page


def test_full_page_asks_and_shows_the_streamed_answer(stack: Any, open_widget: Callable[..., Widget]) -> None:
    flow_id = stack.make_flow()
    widget = open_widget(flow_id)

    widget.ask("Count for me")
    widget.wait_for("one two three")
    widget.picture("full-page-answer")

    assert "Count for me" in widget.text()
    assert [message["content"] for message in stack.messages(flow_id)] == ["Count for me", "one two three"]


def test_agent_steps_are_shown(stack: Any, open_widget: Callable[..., Widget]) -> None:
    widget = open_widget(stack.make_flow(), theme={"chatWindow": {"showAgentMessages": True}})

    widget.ask("Count")
    widget.wait_for("one two three")
    widget.wait_for("Traces")
    widget.run("[...root.querySelectorAll('button')].find((e) => e.innerText.includes('Traces')).click()")
    widget.wait_for("Process Flow")
    widget.wait_for("Answer")
    widget.picture("agent-steps")


def test_the_first_word_shows_before_the_rest_and_stop_ends_the_run(stack: Any, open_widget: Callable[..., Widget]) -> None:
    flow_id = stack.make_flow()
    widget = open_widget(flow_id)
    before = aborted_jobs(stack)
    stack.model.gate.clear()
    try:
        widget.ask("Count slowly")
        widget.wait_for("one")
        widget.picture("streaming")
        assert "three" not in widget.text()
        widget.run("[...root.querySelectorAll('button')].at(-1).click()")
        WebDriverWait(widget.browser, SECONDS).until(lambda _: aborted_jobs(stack) > before)
        widget.picture("stopped")
    finally:
        stack.model.gate.set()

    assert "three" not in widget.text()
    widget.ask("And again")
    widget.wait_for("one two three")


def aborted_jobs(stack: Any) -> int:
    return len(json.loads(stack.program.run("jobs", "list", "--state", "aborted", "--json").stdout))


def test_an_attached_file_goes_with_the_question(stack: Any, open_widget: Callable[..., Widget], tmp_path: Path) -> None:
    offer = {"fullFileUpload": {"status": True, "allowedUploadFileTypes": "text/plain"}}
    flow_id = stack.make_flow(chatbotConfig=json.dumps(offer))
    note = tmp_path / "note.txt"
    note.write_text("the secret word is heron")
    widget = open_widget(flow_id)
    widget.wait("return !!root.querySelector(\"input[type='file']\")")

    host = widget.browser.find_element("css selector", "flowise-fullchatbot")
    host.shadow_root.find_element("css selector", "input[type='file']").send_keys(str(note))
    widget.wait_for("note.txt")
    widget.ask("What is in it?")
    widget.wait_for("one two three")
    widget.picture("attached-file")

    question = next(message for message in stack.messages(flow_id) if message["role"] == "userMessage")
    assert [(item["type"], item["name"]) for item in question["fileUploads"]] == [("stored-file:full", "note.txt")]


def test_the_bubble_opens_and_answers(stack: Any, open_widget: Callable[..., Widget]) -> None:
    widget = open_widget(stack.make_flow(), BUBBLE)

    widget.click("button[part='button']")
    widget.ask("Count")
    widget.wait_for("one two three")
    widget.picture("bubble")


def test_a_rating_reaches_the_server(stack: Any, open_widget: Callable[..., Widget]) -> None:
    flow_id = stack.make_flow(chatbotConfig=json.dumps({"chatFeedback": {"status": True}}))
    widget = open_widget(flow_id)
    widget.ask("Count")
    widget.wait_for("one two three")

    widget.click("button[title='Thumbs Up']")
    WebDriverWait(widget.browser, SECONDS).until(lambda _: any(message.get("feedback") for message in stack.messages(flow_id)))
    widget.picture("feedback")

    assert any(message["feedback"]["rating"].startswith("THUMBS_") for message in stack.messages(flow_id) if message.get("feedback"))


def test_the_lead_form_is_asked_and_kept(stack: Any, open_widget: Callable[..., Widget]) -> None:
    leads = {"status": True, "title": "Who are you?", "name": True, "email": True, "successMessage": "Welcome aboard"}
    flow_id = stack.make_flow(chatbotConfig=json.dumps({"leads": leads}))
    widget = open_widget(flow_id)
    widget.wait_for("Who are you?")
    widget.picture("lead-form")

    widget.fill("input[name='name']", "Ada")
    widget.fill("input[name='email']", "ada@example.com\n")
    widget.wait_for("Welcome aboard")

    found = stack.owner.get(f"/api/v1/leads/{flow_id}").json()
    assert [(lead["name"], lead["email"]) for lead in found] == [("Ada", "ada@example.com")]


def test_source_documents_are_shown(stack: Any, side_model: Any, open_widget: Callable[..., Widget]) -> None:
    widget = open_widget(stack.make_library(side_model.url), returnSourceDocuments=True, theme={"chatWindow": {"sourceDocsTitle": "From:"}})

    widget.ask("Who stands in the river?")
    widget.wait_for("one two three")
    widget.wait_for("A heron")
    widget.picture("source-documents")
    widget.run("[...root.querySelectorAll('*')].filter((e) => e.children.length === 0 && e.textContent.includes('A heron')).at(-1).click()")
    widget.wait("return document.body.innerText.includes('pageContent') || root.textContent.includes('pageContent')")
    widget.picture("source-document-open")


def test_follow_up_prompts_are_offered_and_asked(stack: Any, side_model: Any, open_widget: Callable[..., Widget]) -> None:
    chosen = {"modelName": "scripted", "basepath": side_model.url, "openAIApiKey": "sk-test", "prompt": "What comes after {history}?"}
    follow_up = {"status": True, "selectedProvider": "chatOpenAI", "chatOpenAI": chosen}
    offered = json.dumps({"followUpPrompts": {"status": True}})
    flow_id = stack.make_flow(chatbotConfig=offered, followUpPrompts=json.dumps(follow_up))
    widget = open_widget(flow_id)

    widget.ask("Count")
    widget.wait_for("And backwards?")
    widget.picture("follow-up-prompts")
    widget.run("[...root.querySelectorAll('*')].filter((e) => e.textContent === 'And backwards?').at(-1).click()")
    WebDriverWait(widget.browser, SECONDS).until(lambda _: len(stack.messages(flow_id)) == 4)

    assert [item["content"] for item in stack.messages(flow_id) if item["role"] == "userMessage"] == ["Count", "And backwards?"]


def test_the_bubble_streams_stops_takes_files_and_ratings(stack: Any, open_widget: Callable[..., Widget], tmp_path: Path) -> None:
    offer = {"fullFileUpload": {"status": True, "allowedUploadFileTypes": "text/plain"}, "chatFeedback": {"status": True}}
    flow_id = stack.make_flow(chatbotConfig=json.dumps(offer))
    note = tmp_path / "bubble-note.txt"
    note.write_text("heron")
    widget = open_widget(flow_id, BUBBLE)
    widget.click("button[part='button']")

    before = aborted_jobs(stack)
    stack.model.gate.clear()
    try:
        widget.ask("Count slowly")
        widget.wait_for("one")
        assert "three" not in widget.text()
        widget.picture("bubble-streaming")
        stop = "const area = root.querySelector('textarea').closest('form, div[data-testid], div').parentElement;"
        widget.run(stop + "[...area.querySelectorAll('button')].at(-1).click()")
        WebDriverWait(widget.browser, SECONDS).until(lambda _: aborted_jobs(stack) > before)
    finally:
        stack.model.gate.set()
    host = widget.browser.find_element("css selector", "flowise-chatbot")
    host.shadow_root.find_element("css selector", "input[type='file']").send_keys(str(note))
    widget.wait_for("bubble-note.txt")
    widget.ask("What is in it?")
    widget.wait_for("one two three")
    widget.click("button[title='Thumbs Down']")
    WebDriverWait(widget.browser, SECONDS).until(lambda _: any(message.get("feedback") for message in stack.messages(flow_id)))
    widget.picture("bubble-file-and-rating")

    question = next(message for message in stack.messages(flow_id) if message["content"] == "What is in it?")
    assert [item["name"] for item in question["fileUploads"]] == ["bubble-note.txt"]


def test_starter_prompts_are_offered(stack: Any, open_widget: Callable[..., Widget]) -> None:
    widget = open_widget(stack.make_flow(chatbotConfig=json.dumps({"starterPrompts": {"0": {"prompt": "Count to three"}}})))

    widget.wait_for("Count to three")
    widget.run("[...root.querySelectorAll('*')].filter((e) => e.textContent === 'Count to three').at(-1).click()")
    widget.wait_for("one two three")
    widget.picture("starter-prompt")


def test_an_error_is_told_to_the_visitor(stack: Any, open_widget: Callable[..., Widget]) -> None:
    made = stack.owner.post("/api/v1/apikey", json={"keyName": "widget", "permissions": ["chatflows:view"]}).json()
    row = next(item for item in made if item["keyName"] == "widget")
    widget = open_widget(stack.make_flow(apikeyid=row["id"]))

    widget.ask("Count")
    widget.wait_for("Unauthorized")
    widget.picture("refused")
