"""The queue's page in a real browser: log in, look at queues and jobs, stop one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from acceptance_program import Program, function_flow, model_flow

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: the page is not tried in a browser")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver")
SECONDS = 30

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="all-in-one needs a queue server"),
    pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="no Chromium here: apt-get install chromium chromium-driver"),
]


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Iterator[Any]:
    """BROWSER_PICTURES names a folder for a picture of the last page of each test."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1400,2400"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(CHROMEDRIVER))
    yield driver
    if folder := os.environ.get("BROWSER_PICTURES"):
        driver.save_screenshot(f"{folder}/{request.node.name}.png")
    driver.quit()


def wait_for(browser: Any, text: str) -> None:
    WebDriverWait(browser, SECONDS).until(lambda driver: text in driver.find_element(By.TAG_NAME, "body").text, f"{text!r} did not come")


def log_in(browser: Any, program: Program) -> None:
    browser.get(f"http://127.0.0.1:{program.port}/admin/queues")
    browser.find_element(By.NAME, "email").send_keys("ada@example.com")
    browser.find_element(By.NAME, "password").send_keys("Right-horse-9")
    browser.find_element(By.TAG_NAME, "button").click()
    wait_for(browser, "Queues")


def open_queue(browser: Any) -> None:
    wait_for(browser, "flowise-queue:prediction")
    browser.find_element(By.PARTIAL_LINK_TEXT, "flowise-queue:prediction").click()
    wait_for(browser, "Uptime")


def open_job(browser: Any, job_id: str) -> None:
    wait_for(browser, job_id)
    browser.find_element(By.PARTIAL_LINK_TEXT, job_id).click()
    wait_for(browser, "Attempts")


@pytest.fixture
def stack(all_in_one) -> Program:
    program: Program = all_in_one(ENABLE_BULLMQ_DASHBOARD="true")
    assert program.run("user", "create", "--email", "ada@example.com", "--password", "Right-horse-9").returncode == 0
    return program


def make_member(program: Program) -> None:
    """Take the rights of an owner away from the one account there is; no route does that to the last owner."""
    with contextlib.closing(sqlite3.connect(program.data_dir / "database.sqlite")) as database, database:
        member = "(SELECT id FROM role WHERE name = 'member')"
        database.execute(f"UPDATE organization_user SET roleId = {member}")
        database.execute(f"UPDATE workspace_user SET roleId = {member}")


def ids_of(program: Program, state: str) -> list[str]:
    return [job["id"] for job in json.loads(program.run("jobs", "list", "--state", state, "--json").stdout)]


def test_a_person_logs_in_and_looks_at_finished_and_failed_jobs(stack: Program, browser) -> None:
    flow = stack.import_flow(function_flow(), "greet")
    broken = function_flow()
    broken["nodes"][0]["data"]["inputs"]["javascriptFunction"] = "throw new Error('no luck today')"
    stack.ask(flow, "Leonardo")
    stack.ask(stack.import_flow(broken, "broken"), "x")
    [done], [failed] = ids_of(stack, "done"), ids_of(stack, "failed")

    log_in(browser, stack)
    open_queue(browser)
    listed = browser.find_element(By.TAG_NAME, "body").text
    open_job(browser, done)
    wait_for(browser, "hello Leonardo")
    browser.back()
    open_job(browser, failed)
    wait_for(browser, "no luck today")

    assert "complete" in listed and "failed" in listed
    refused = [entry["message"] for entry in browser.get_log("browser") if "Content Security Policy" in entry["message"]]
    assert refused == []


def test_a_usual_window_shows_the_states_of_the_jobs_without_scrolling_aside(stack: Program, browser) -> None:
    stack.ask(stack.import_flow(function_flow(), "greet"), "Leonardo")
    browser.set_window_size(1280, 900)
    log_in(browser, stack)

    open_queue(browser)

    broad, window = browser.execute_script("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    state = browser.find_element(By.XPATH, "//td[text()='complete']").rect
    assert broad <= window
    assert state["x"] + state["width"] <= window
    heads = [head.size["height"] for head in browser.find_elements(By.XPATH, "//tr[th='Function']/*")]
    assert len(heads) == 7 and len(set(heads)) == 1 and heads[0] < 60, "no heading is broken into two lines"


def test_every_queue_has_its_page_and_a_job_leads_back_to_its_queue(stack: Program, browser) -> None:
    # given
    stack.ask(stack.import_flow(function_flow(), "greet"), "Leonardo")
    [done] = ids_of(stack, "done")
    root = f"http://127.0.0.1:{stack.port}/admin/queues"
    log_in(browser, stack)
    open_queue(browser)
    open_job(browser, done)

    # when: by the link on the job's page, then by the browser's own button
    browser.find_element(By.LINK_TEXT, "flowise-queue:prediction").click()
    wait_for(browser, "Uptime")
    by_link = browser.current_url
    browser.back()
    wait_for(browser, "hello Leonardo")
    by_button = browser.current_url
    browser.refresh()
    wait_for(browser, "hello Leonardo")
    browser.find_element(By.PARTIAL_LINK_TEXT, "SAQ").click()
    wait_for(browser, "flowise-queue:upsert")
    browser.find_element(By.PARTIAL_LINK_TEXT, "flowise-queue:upsert").click()
    wait_for(browser, "Uptime")

    # then
    assert by_link == f"{root}/queues/flowise-queue:prediction"
    assert by_button == f"{root}/queues/flowise-queue:prediction/jobs/{done}"
    assert browser.current_url == f"{root}/queues/flowise-queue:upsert"
    assert "404" not in browser.find_element(By.TAG_NAME, "body").text
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE" and "favicon" not in entry["message"]] == []


def test_a_running_job_is_stopped_from_the_page(stack: Program, browser, model) -> None:
    flow = stack.import_flow(model_flow(model.url), "agent")
    model.gate.clear()
    connection = stack.post(flow, {"question": "count", "streaming": True})
    assert model.asked.wait(SECONDS)
    [running] = ids_of(stack, "running")

    log_in(browser, stack)
    open_queue(browser)
    open_job(browser, running)
    browser.find_element(By.XPATH, "//a[text()='Abort']").click()  # no href, so it is no link to the driver
    wait_for(browser, "aborted")

    assert ids_of(stack, "aborted") == [running]
    connection.close()


def test_a_wrong_password_is_told_lets_nobody_in_and_is_typed_over(stack: Program, browser) -> None:
    browser.get(f"http://127.0.0.1:{stack.port}/admin/queues/queues/flowise-queue:prediction")
    browser.find_element(By.NAME, "email").send_keys("ada@example.com")
    browser.find_element(By.NAME, "password").send_keys("wrong")
    browser.find_element(By.TAG_NAME, "button").click()
    wait_for(browser, "Incorrect Email or Password")

    assert browser.current_url.endswith("/signin")
    browser.switch_to.active_element.send_keys("Right-horse-9")
    browser.find_element(By.TAG_NAME, "button").click()
    wait_for(browser, "Queues")


def test_an_unknown_queue_is_told_on_the_page(stack: Program, browser) -> None:
    log_in(browser, stack)

    browser.get(f"http://127.0.0.1:{stack.port}/admin/queues/queues/nowhere")
    wait_for(browser, "There is no queue nowhere")

    assert "Traceback" not in browser.page_source


def test_who_is_no_administrator_sees_the_job_and_not_what_was_said(stack: Program, browser) -> None:
    stack.ask(stack.import_flow(function_flow(), "greet"), "Leonardo")
    [done] = ids_of(stack, "done")
    make_member(stack)
    log_in(browser, stack)
    open_queue(browser)

    open_job(browser, done)

    shown = browser.find_element(By.TAG_NAME, "body").text
    assert "complete" in shown and "Leonardo" not in shown
