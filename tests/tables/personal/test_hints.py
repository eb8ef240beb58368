import pytest

from twinfold.tables.personal.hints import hints


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("customerFirstName", "given"),
        ("nameFirst", "given"),
        ("FIRST_NAME", "given"),
        ("Vorname", "given"),
        ("prénom", "given"),
        ("SURNAME", "family"),
        ("příjmení", "family"),
        ("Full Name", "full"),
        ("card_holder_name", "full"),
        ("name", "name"),
        ("E-Mail", "email"),
        ("mobile_no", "phone"),
        ("soc_sec_id", "national"),
        ("birthNumber", "birth_number"),
        ("Straße", "street"),
        ("home_address", "street"),
        ("street_number", "house_number"),
        ("ipAddress", "ip"),
    ],
)
def test_reads_names_of_columns(name: str, says: str) -> None:
    assert getattr(hints(name), says)


@pytest.mark.parametrize(
    ("name", "silent"),
    [
        ("email_address", "street"),
        ("ip_address", "street"),
        ("address_state", "street"),
        ("prev_address_months_count", "street"),
        ("product_name", "name"),
        ("product_name", "full"),
        ("file_name", "given"),
        ("hotel", "phone"),
        ("zip", "ip"),
        ("discard", "card"),
    ],
)
def test_does_not_read_too_much_into_them(name: str, silent: str) -> None:
    assert not getattr(hints(name), silent)
