"""The commands of README.md and docs/*.md, run as a reader would; docs/contributing.md says how to mark exceptions."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN_ONLY = {"", "csv", "html", "json", "mermaid", "sql", "text", "toml", "yaml"}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
REMARK = re.compile(r"<!-- (not run|exit): (.+) -->$")


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int
    exit: int = 0


def read_blocks(page: str) -> Iterator[Block]:
    """The blocks of a page that are to be run."""
    for fence in FENCE.finditer(page):
        language, text = fence.groups()
        remark = REMARK.search(page[: fence.start()].rstrip())
        line = page[: fence.start()].count("\n") + 2
        if language in SHOWN_ONLY or (remark and remark[1] == "not run"):
            continue
        assert language in {"sh", "console", "python"}, f"line {line}: a block of {language!r} can't be run"
        yield Block(language, text, line, exit=int(remark[2]) if remark else 0)


def read_commands(block: Block) -> list[str]:
    if block.language == "sh":
        return [block.text]
    return [c.replace("\n> ", "\n") for c in re.findall(r"^\$ (.*(?:\n> .*)*)", block.text, re.MULTILINE)]


def run_shell(block: Block, folder: Path, where: str) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    commands = read_commands(block)
    assert commands, f"{where}: no line of this console block begins with '$ '"
    for number, command in enumerate(commands, start=1):
        done = subprocess.run(
            ["sh", "-ec", command],
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        expected = block.exit if number == len(commands) else 0
        assert done.returncode == expected, f"{where}: exit {done.returncode}\n{command}\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `twinfold demo` makes, made once."""
    folder = tmp_path_factory.mktemp("demo")
    run_shell(Block("sh", "twinfold demo", 0), folder, "the demo")
    return folder / "twinfold-demo"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    text = page.read_text(encoding="utf-8")
    blocks = list(read_blocks(text))
    if blocks and re.search(r"^<!-- with: twinfold-demo -->$", text, re.MULTILINE):
        shutil.copytree(request.getfixturevalue("demo"), tmp_path / "twinfold-demo")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks:
        where = f"{page.relative_to(ROOT)}:{block.line}"
        if block.language == "python":
            exec(compile("\n" * (block.line - 1) + block.text, page, "exec"), names)
        else:
            run_shell(block, tmp_path, where)


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


def test_exceptions_are_read() -> None:
    page = (
        "<!-- not run: slow -->\n```sh\nfalse\n```\n```toml\nx = 1\n```\n"
        "<!-- exit: 3 -->\n```console\n$ true \\\n> --x\nshown\n$ exit 3\n```\n```python\nx = 1\n```\n"
    )
    console, python = read_blocks(page)
    assert read_commands(console) == ["true \\\n--x", "exit 3"]
    assert (console.exit, console.line, python.exit) == (3, 10, 0)
