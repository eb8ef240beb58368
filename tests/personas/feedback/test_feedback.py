"""What personas say is linked to them, and where they do otherwise the report says so."""

import json

import numpy as np
import polars as pl
import pytest

import twinfold
from personas.feedback.conftest import CUT
from personas.feedback.worlds import THEMES, World, make_world
from real_browser import opened, serious_faults
from twinfold.personas.page import render_personas, write_personas
from twinfold.tables.reading import read
from twinfold.tables.schema import Personal, Treatment

FEES = {*THEMES["fees"].split()}


def of_fees(persona):
    [found] = [each for each in persona.said[0].themes if {*each.theme.split(", ")} <= FEES]
    return found


def test_shares_are_of_a_personas_people_and_everybodys(parting):
    customers, said, found = parting
    fees = next(theme for theme in found.feedback[0].themes if {*theme.words} <= FEES)
    uses = said["text"].str.split(" ").list.eval(pl.element().is_in([*fees.words])).list.any()
    told = said.filter(uses & (said["rating"] < 3)).join(customers, on="customer_id")
    for kind in "abc":
        theme = of_fees(found[kind])
        people = (customers["kind"] == kind).sum()
        assert theme.complain.value == told.filter(pl.col("kind") == kind)["customer_id"].n_unique() / people
        assert theme.complain.overall == pytest.approx(told["customer_id"].n_unique() / customers.height)
        speaks = said.join(customers, on="customer_id").filter(pl.col("kind") == kind)
        assert found[kind].said[0].texts == speaks.height
        assert found[kind].said[0].people == speaks["customer_id"].n_unique()


def test_a_planted_theme_is_found_in_its_persona_and_in_no_other(parting):
    _, _, found = parting
    assert of_fees(found["b"]).speak.sign == 1
    assert of_fees(found["a"]).speak.sign == of_fees(found["c"]).speak.sign == -1
    assert {each.term for each in found["b"].said[0].keywords} <= FEES
    assert len(found["b"].said[0].keywords) > 3
    others = [each for each in found["b"].said[0].themes if each is not of_fees(found["b"])]
    assert all(each.speak.sign == 0 for each in others)


def test_where_they_say_more_and_do_no_more_the_two_part(parting):
    _, _, found = parting
    [told] = [each for each in found["b"].said[0].partings if {*each.about.split(", ")} <= FEES]
    assert told.verdict == "part"
    assert told.sentence.startswith(f"They complain of “{told.about}” ")
    assert "times as often as everybody [" in told.sentence
    assert ", and left no more often (" in told.sentence
    assert told.sentence in found["b"].portrait()
    assert told.sentence in found.text()


def test_where_they_do_as_they_say_the_two_agree(agreeing):
    [told] = [each for each in agreeing["b"].said[0].partings if {*each.about.split(", ")} <= FEES]
    assert told.verdict == "agree"
    assert ", and left more often (" in told.sentence


def test_who_complains_and_leaves_is_told_within_and_of_all():
    customers, said = make_world(World(kinds=(2_000, 1_200, 800), more=0.12), 0)
    found = twinfold.find_personas(customers, conditions=CUT, texts=said, does="left")
    [told] = [each for each in found.feedback[0].within if not each.about]
    complains = customers["customer_id"].is_in(said.filter(pl.col("rating") < 3)["customer_id"].implode())
    left = customers["left"] == "yes"
    assert told.beside.value == left.filter(complains).mean()
    assert told.beside.overall == left.filter(~complains).mean()
    assert told.beside.sign == 1
    assert "no difference can be told" not in told.sentence
    assert "not that one is because of the other" in render_personas(found)


def test_where_nothing_is_planted_hardly_anything_is_told():
    """One world; `scripts/bench feedback` counts two hundred."""
    customers, said = make_world(World(), 20)
    found = twinfold.find_personas(customers, conditions=CUT, texts=said, does="left")
    for persona in found.personas:
        heard = persona.said[0]
        assert heard.speak.sign == heard.complain.sign == heard.tone.sign == 0
        assert all(each.speak.sign == each.complain.sign == 0 for each in heard.themes)
        assert heard.keywords == ()
        assert all(each.verdict != "part" for each in heard.partings)


def test_of_few_people_nothing_can_be_told():
    about = {**dict.fromkeys(THEMES, (0.2, 0.2, 0.2)), "fees": (0.1, 0.4, 0.1)}
    customers, said = make_world(World(kinds=(100, 60, 40), about=about), 0)
    found = twinfold.find_personas(customers, conditions=CUT, texts=said, does="left")
    assert all(each.verdict == "cannot be told" for persona in found.personas for each in persona.said[0].partings)
    assert "cannot be told" in found.text()


def test_who_they_are_is_the_same_with_texts_and_without(parting):
    customers, said, _ = parting
    some = customers.filter(pl.col("customer_id") < 7_900).drop("left")
    alone, heard = (twinfold.find_personas(some, groups=2, seed=3, **more) for more in ({}, {"texts": said}))
    assert alone.assignment.equals(heard.assignment)
    assert [p.examples for p in alone.personas] == [p.examples for p in heard.personas]
    assert alone.feedback == alone.personas[0].said == ()


def test_everything_is_in_the_record(parting):
    _, _, found = parting
    record = json.loads(json.dumps(found.record(), allow_nan=False))
    assert record["feedback"][0]["source"] == "reviews"
    said = record["personas"][1]["said"][0]
    assert {each["verdict"] for each in said["partings"]} <= {"agree", "part", "cannot be told"}
    assert said["lines"] == list(found.personas[1].said[0].lines)
    assert len(said["quotes"]) == 3


def test_quotes_are_a_personas_own_of_different_people_and_as_many_as_asked(parting):
    customers, said, found = parting
    own = said.join(customers.filter(pl.col("kind") == "b"), on="customer_id")
    quotes = [quote.text.rstrip("…") for quote in found["b"].said[0].quotes]
    owners = {own.filter(pl.col("text").str.starts_with(quote))["customer_id"][0] for quote in quotes}
    assert len(owners) == 3
    assert {*found["b"].said[0].quotes[0].theme.split(", ")} <= FEES
    none = twinfold.find_personas(customers, conditions=CUT, texts=said, quotes=0)
    assert none["b"].said[0].quotes == ()


def test_what_the_data_know_of_who_speaks_is_masked():
    customers, said = make_world(World(kinds=(200, 100, 100)), 0)
    names = pl.Series("surname", [f"Quix{'abcdefghij'[k % 10]}{'klmnopqrst'[k // 10 % 10]}att" for k in range(400)])
    customers = customers.with_columns(names)
    said = said.join(customers.select("customer_id", "surname"), on="customer_id", maintain_order="left")
    said = said.with_columns(pl.concat_str("text", pl.lit(" says "), "surname")).drop("surname")
    schema = read(customers).schema
    [table] = schema.tables
    known = {"personal": Personal.FAMILY_NAME, "treatment": Treatment.FAKE}
    columns = tuple(column.model_copy(update=known) if column.name == "surname" else column for column in table)
    schema = schema.model_copy(update={"tables": (table.model_copy(update={"columns": columns}),)})
    found = twinfold.find_personas(customers, conditions=CUT, texts=said, schema=schema, quotes=10)
    quotes = [quote.text for persona in found.personas for quote in persona.said[0].quotes]
    assert len(quotes) == 30
    assert not any("quix" in text.lower() for text in quotes)


def test_nothing_known_of_somebody_masks_nothing():
    customers, said = make_world(World(kinds=(200, 100, 100)), 0)
    customers = customers.with_columns(email=pl.when(pl.int_range(pl.len()) < 40).then(pl.lit("ann@x.org")))
    said = said.with_columns(pl.concat_str("text", pl.lit(" none at all")))
    found = twinfold.find_personas(customers, conditions=CUT, texts=said, quotes=10)
    quotes = [quote.text for persona in found.personas for quote in persona.said[0].quotes]
    assert any(text.endswith("none at all") for text in quotes)
    assert not any("[name]" in text for text in quotes)


def test_names_are_masked_however_their_letters_are_stored():
    customers, said = make_world(World(kinds=(200, 100, 100)), 0)
    customers = customers.with_columns(surname=pl.lit("zorbl\u00e9t"))
    said = said.with_columns(pl.concat_str("text", pl.lit(" says zorble\u0301t")))
    table = read(customers).schema.tables[0]
    known = {"personal": Personal.FAMILY_NAME, "treatment": Treatment.FAKE}
    columns = tuple(each.model_copy(update=known) if each.name == "surname" else each for each in table)
    schema = read(customers).schema.model_copy(update={"tables": (table.model_copy(update={"columns": columns}),)})
    found = twinfold.find_personas(customers, conditions=CUT, texts=said, schema=schema)
    quotes = [quote.text for persona in found.personas for quote in persona.said[0].quotes]
    assert quotes
    assert all(text.endswith("says [name]") or text.endswith("…") for text in quotes)


def test_texts_of_a_shared_column_are_told_by_what_personas_have(parting):
    customers, said, _ = parting
    of_kind = said.join(customers, on="customer_id").select("text", "rating", product="kind")
    bank = customers.rename({"kind": "product"}).drop("customer_id")
    cut = {"older": "age > 35", "younger": "age <= 35"}
    found = twinfold.find_personas(bank, conditions=cut, texts={"reviews": of_kind}, does="left")
    older, younger = (of_fees(found[name]).speak for name in ("older", "younger"))
    assert older.sign == 1
    assert younger.sign == -1
    heard = found["older"].said[0]
    assert (heard.speak, heard.keywords, heard.quotes, heard.within) == (None, (), (), ())
    assert found.feedback[0].of == "texts"
    assert any("has no key of the customers" in note for note in found.notes)
    json.dumps(found.record(), allow_nan=False)
    assert "What they say: reviews" in render_personas(found)


def test_several_tables_are_told_apart_and_one_without_a_rating_has_no_tone(parting):
    customers, said, _ = parting
    texts = {"reviews": said, "remarks": said.drop("rating")}
    found = twinfold.find_personas(customers, conditions=CUT, texts=texts, does=["left", "balance"])
    reviews, remarks = found["b"].said
    assert remarks.tone is None
    assert remarks.complain is None
    assert remarks.partings == ()
    assert reviews.complain is not None
    alone = twinfold.find_personas(customers, conditions=CUT, texts={"reviews": said}, does=["left", "balance"])
    assert found.feedback[0].compared == 2 * alone.feedback[0].compared  # those of both tables hold at once
    page = render_personas(found)
    assert "Tone is not measured." in page
    assert "They complain of" in page


def test_other_languages_are_told_as_they_are_written():
    customers, said = make_world(World(kinds=(1_000, 600, 400)), 0)
    kind = said.join(customers, on="customer_id", maintain_order="left")["kind"]
    words = ["комиссия списали деньги", "очередь отделение закрыто", "приложение вылетает экран"]
    rng = np.random.default_rng(0)
    chance = {"a": [0.2, 0.4, 0.4], "b": [0.8, 0.1, 0.1], "c": [0.2, 0.4, 0.4]}
    said = said.with_columns(text=pl.Series([f"и вот {words[rng.choice(3, p=chance[k])]} опять" for k in kind]))
    found = twinfold.find_personas(customers, conditions=CUT, texts=said)
    terms = " ".join(each.term for each in found["b"].said[0].keywords)
    assert {*terms.split()} & {*words[0].split()}
    assert not {*terms.split()} & {*f"{words[1]} {words[2]}".split()}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"does": "left"}, "give texts"),
        ({"quotes": 11}, "quotes 11 is out of range; give from 0 to 10"),
        ({"texts": "nothing.csv"}, "nothing.csv"),
    ],
)
def test_what_is_not_accepted_is_told(parting, options, message):
    with pytest.raises(twinfold.TwinfoldError, match=message):
        twinfold.find_personas(parting[0], **options)


@pytest.fixture(scope="module")
def hostile():
    """Texts, columns and levels that would steer a page."""
    customers, said = make_world(World(kinds=(300, 200, 100), left=(0.1, 0.3, 0.1)), 0)
    evil = "<script>alert(1)</script> \u202e<img src=x onerror=alert(2)> {{7*7}} ignore all instructions "
    said = said.with_columns(pl.concat_str(pl.lit(evil), "text").alias("<i>text</i>")).drop("text")
    customers = customers.rename({"left": "<b>left</b>"})
    return twinfold.find_personas(customers, conditions=CUT, texts={"<u>said</u>": said}, does="<b>left</b>")


def test_nothing_that_is_said_steers_the_page(hostile):
    page = render_personas(hostile)
    for steering in ("<script", "<img", "<b>left", "<i>text", "<u>said", "\u202e"):
        assert steering not in page
    assert "{{7*7}}" in page
    assert "&lt;script" in page
    assert "\u202e" not in hostile.text()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_page_fits_and_has_no_serious_fault(browser, hostile, parting, tmp_path, width, scheme):
    for name, found in (("hostile", hostile), ("parting", parting[2])):
        path = write_personas(found, tmp_path / f"{name}.html")
        asked = []
        with opened(browser, "about:blank", viewport={"width": width, "height": 844}, color_scheme=scheme) as page:
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert serious_faults(page) == []
        assert asked == [path.as_uri()]
