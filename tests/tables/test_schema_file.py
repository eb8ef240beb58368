"""schema.toml: written for people, read strictly."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinfold
from twinfold.errors import OutputError, SchemaError
from twinfold.tables.schema import Column, Kind, Personal, Schema, Table, Treatment
from twinfold.tables.schema_file import load_schema, read_toml, save_schema, write_toml

SCHEMA = Schema(
    min_count=12,
    tables=(
        Table(
            name="customers",
            columns=(
                Column(name="Unnamed: 0", kind=Kind.IDENTIFIER, physical="Int64", treatment=Treatment.FAKE),
                Column(name="age", kind=Kind.INTEGER, physical="Int8"),
                Column(name="opened", kind=Kind.DATE, physical="Int64", format="%y%m%d"),
                Column(name='fee "€"', kind=Kind.DECIMAL, physical="String", decimals=2, missing=" "),
            ),
        ),
        Table(name="districts", columns=(Column(name="name", kind=Kind.CATEGORY, physical="String"),), reference=True),
    ),
)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=0, max_size=12)


@st.composite
def columns(draw, name):
    kind = draw(st.sampled_from([*Kind]))
    personal = draw(st.none() | st.sampled_from([*Personal]))
    learnable = kind not in (Kind.IDENTIFIER, Kind.TEXT) and personal is None
    return Column(
        name=name,
        kind=kind,
        physical="String",
        treatment=draw(st.sampled_from([*Treatment] if learnable else [Treatment.FAKE, Treatment.DROP])),
        format={Kind.DATE: "%d.%m.%Y", Kind.DATETIME: "%Y-%m-%d %H:%M"}.get(kind),
        decimals=draw(st.none() | st.integers(0, 15)),
        resolution=draw(st.none() | st.sampled_from(["day", "microsecond"])),
        missing=draw(st.none() | names),
        personal=personal,
        rare=draw(st.none() | names),
    )


@st.composite
def tables(draw, name):
    listed = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    return Table(name=name, columns=tuple(draw(columns(each)) for each in listed), reference=draw(st.booleans()))


@st.composite
def schemas(draw):
    listed = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    return Schema(tables=tuple(draw(tables(name)) for name in listed), min_count=draw(st.integers(1, 100)))


@settings(deadline=None, max_examples=60)
@given(schemas())
def test_any_schema_comes_back(schema):
    assert read_toml(write_toml(schema)) == schema


@settings(deadline=None, max_examples=100)
@given(st.text() | st.text("[]={}\"'.tablescolumn\n\\ =10"))
def test_any_text_is_read_or_refused_in_one_line(text):
    said = ""
    try:
        read_toml(text)
    except SchemaError as error:
        said = str(error)
    assert "\n" not in said


def test_a_column_is_one_line_and_settings_are_explained():
    lines = write_toml(SCHEMA).splitlines()
    assert 'opened       = { kind = "date", physical = "Int64", treatment = "learn", format = "%y%m%d" }' in lines
    explained = {line.split()[1] for line in lines if line.startswith("# ") and len(line.split()) > 1}
    assert {"min_count", "reference", *Column.model_fields} - {"name"} <= explained


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "integer"', 'kind = "interger"', "kind of column 'age' is 'interger'.*did you mean 'integer'"),
        ('kind = "integer"', 'knd = "integer"', "setting 'knd' is not in column 'age'.*did you mean 'kind'"),
        ('kind = "integer", ', "", "column 'age' has no kind"),
        ('"Int8"', '"Itn8"', "column 'age': physical type 'Itn8' is not known.*did you mean"),
        ('"Int8"', "8", "physical of column 'age' is 8; text in quotes"),
        ("min_count = 12", "min_count = 0", "min_count is 0; a whole number from 1"),
        ("min_count", "mincount", "did you mean 'min_count'"),
        ("%y%m%d", "%Y-%m-%d", "reads no date; directives are accepted, as in %Y%m%d"),
        (', format = "%y%m%d"', "", "is a date stored as Int64 and has no format"),
        ('treatment = "fake"', 'treatment = "learn"', "is identifier: its treatment is fake or drop, never learn"),
        ("decimals = 2", "decimals = 99", "decimals of column .* is 99; a whole number from 0 to 15"),
        ("reference = true", "reference = 1", "reference of table 'districts' is 1; true or false"),
        ("[tables.customers]", "[tables.customers", "no TOML"),
        ("tables.", "tabels.", "did you mean 'tables'"),
    ],
)
def test_mistakes_are_named_in_one_line_with_what_is_accepted(tmp_path, old, new, said):
    path = tmp_path / "schema.toml"
    text = write_toml(SCHEMA)
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SchemaError, match=f"^schema.toml: .*{said}") as caught:
        load_schema(path)
    assert "\n" not in str(caught.value)


def test_no_file_and_bytes_that_are_no_text(tmp_path):
    with pytest.raises(SchemaError, match=r"can't be read: No such file.*twinfold inspect DATA --save"):
        load_schema(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SchemaError, match="no UTF-8 text"):
        load_schema(tmp_path / "bad.toml")


def test_a_file_that_exists_stays_unless_forced(tmp_path):
    path = tmp_path / "schema.toml"
    save_schema(SCHEMA, path)
    assert load_schema(path) == SCHEMA
    with pytest.raises(OutputError, match="exists; give another name, or --force"):
        save_schema(SCHEMA, path)
    save_schema(SCHEMA.model_copy(update={"min_count": 20}), path, force=True)
    assert load_schema(path).min_count == 20
    assert [p.name for p in tmp_path.iterdir()] == ["schema.toml"]


def test_a_place_that_cannot_be_written_to_leaves_nothing(tmp_path):
    with pytest.raises(OutputError, match="is not there; make it first"):
        save_schema(SCHEMA, tmp_path / "nowhere" / "schema.toml")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        save_schema(SCHEMA, tmp_path / "folder", force=True)
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "physical = \"Datetime(time_unit='us', time_zone='../../etc/passwd')\"",
            "time zone '../../etc/passwd' is not known",
        ),
        ('physical = "' + "x" * 10_000 + '"', "physical type 'xxx"),
        ('physical = "String", format = "' + "%Y" * 200 + '"', "format of column 'a': String should have at most 200"),
    ],
)
def test_hostile_settings_are_refused_in_one_short_line(line: str, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        read_toml(f'[tables.t.columns]\na = {{ kind = "category", {line} }}\n')
    assert message in str(caught.value)
    assert len(str(caught.value)) < 400


def test_names_that_steer_a_terminal_stay_on_one_line() -> None:
    columns = tuple(
        Column(name=name, kind=Kind.CATEGORY, physical="String") for name in ("a\nb", "c\x1b[31m", "k" * 9_999)
    )
    schema = read_toml(write_toml(Schema(tables=(Table(name="t", columns=columns),))))
    with pytest.raises(SchemaError, match="is not in the schema of t") as caught:
        twinfold.fit(pl.DataFrame({"d": ["x"] * 60}), schema=schema)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_tails_are_kept_and_others_refused():
    schema = SCHEMA.model_copy(update={"tails": "clipped"})
    assert read_toml(write_toml(schema)) == schema
    with pytest.raises(SchemaError, match="tails is 'cut'; extrapolated or clipped is accepted"):
        read_toml(write_toml(schema).replace('tails = "clipped"', 'tails = "cut"'))
