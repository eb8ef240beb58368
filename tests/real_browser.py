"""A real browser for tests of pages: each in a context of its own; faults of accessibility are found by axe."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def running_browser() -> Iterator[Any]:
    """Debian's Chromium; skips where it is not there, fails where TWINFOLD_REQUIRE_BROWSER says that it must be."""
    executable = shutil.which("chromium")
    if executable is None:
        missing = "chromium is not installed: apt-get install chromium"
        if os.environ.get("TWINFOLD_REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield started
        started.close()


@contextmanager
def opened(browser: Any, address: str, **settings: Any) -> Iterator[Any]:
    context = browser.new_context(**settings)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def serious_faults(page: Any) -> list[tuple[str, list[str]]]:
    """What axe-core calls a serious or critical fault, and where."""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        (fault["id"], [node["html"][:200] for node in fault["nodes"][:3]])
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
