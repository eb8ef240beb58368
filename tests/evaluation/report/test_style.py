"""The palette: contrast by WCAG 2.2 in light and dark, and real told from synthetic without seeing colour."""

import re
from importlib.resources import files

import pytest

CSS = files("twinfold.evaluation.report").joinpath("style.css").read_text(encoding="utf-8")
PALETTES = [dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", CSS, re.S)]
LIGHT, DARK = PALETTES[0], PALETTES[0] | PALETTES[1]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "muted", "good", "bad", "link", "contrast"])
@pytest.mark.parametrize("ground", ["paper", "tint"])
def test_text_is_readable(palette: dict[str, str], text: str, ground: str) -> None:
    assert contrast(palette[text], palette[ground]) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("mark", "ground"),
    [
        ("real", "paper"), ("synthetic", "paper"), ("contrast", "paper"), ("limit", "paper"),
        ("synthetic", "allowed"), ("real", "allowed"), ("limit", "allowed"),
        ("sign", "synthetic"), ("sign", "contrast"),
    ],
)  # fmt: skip
def test_graphics_stand_out(palette: dict[str, str], mark: str, ground: str) -> None:
    assert contrast(palette[mark], palette[ground]) >= 3


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_real_and_synthetic_differ_in_lightness_too(palette: dict[str, str]) -> None:
    assert contrast(palette["real"], palette["synthetic"]) >= 1.8


def test_print_takes_the_light_palette() -> None:
    assert "@media screen and (prefers-color-scheme: dark)" in CSS
