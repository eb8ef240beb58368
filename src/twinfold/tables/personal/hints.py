"""What the name of a column says about personal data, in several languages."""

import re
import unicodedata
from dataclasses import dataclass

_EMAIL = "email mail e-mail courriel correo"
_PHONE = (
    "phone phones telephone tel mobile cell cellphone fax msisdn gsm telefon telefono telephon handy "
    "handynummer movil celular telefoon puhelin telefone"
)
_CARD = "card cc pan creditcard cardnumber cardno ccnum kartennummer"
_NATIONAL = (
    "ssn ssno nino dni nie pesel hetu bsn cpf tfn curp nric aadhaar nif itin tin nir cnp jmbg steuerid idnr passport "
    "codicefiscale personnummer fodselsnummer birthnumber rodnecislo nationalid socsecid socialsecurity taxid"
)
_NATIONAL_PAIRS = (
    "social security|soc sec|national id|national identifier|national insurance|national identity|ni number|"
    "tax id|taxpayer id|tax number|id card|identity number|identity card|id number|birth number|rodne cislo|"
    "codice fiscale|steuer id|personal code|personal number|driver license|driving licence|drivers license|"
    "passport number|passport no"
)
_GIVEN = (
    "firstname givenname forename forenames fname middlename vorname prenom voornaam fornavn fornamn etunimi "
    "imie jmeno christianname nickname prenome"
)
_GIVEN_PAIRS = "first name|given name|middle name|christian name|first names|given names|preferred name"
_FAMILY = (
    "surname surnames lastname lname familyname nachname familienname apellido apellidos cognome sobrenome "
    "apelido prijmeni nazwisko efternamn etternavn sukunimi achternaam maidenname"
)
_FAMILY_PAIRS = "last name|family name|maiden name|second name|last names"
_FULL = (
    "fullname cardholder accountholder customername clientname holdername contactname borrowername custname payee "
    "beneficiary"
)
_FULL_PAIRS = (
    "full name|customer name|client name|card holder|account holder|holder name|contact name|person name|"
    "cust name|borrower name|owner name|employee name|patient name|member name|beneficiary name|applicant name|"
    "payee name|legal name|display name|name on card|guarantor name"
)
_STREET = (
    "street streets strasse rue calle address addresses addr adresse direccion indirizzo adres endereco ulica "
    "ulice adress osoite domicile anschrift address1 address2 addr1 addr2 streetname streetaddress homeaddress"
)
_NO_STREET = (
    "ip mac web url email mail state city town country zip postcode postal type count since date status flag "
    "years months verified changed duration time term region county province suburb"
)
_HOUSE = "housenumber houseno streetnumber streetno hausnummer husnummer huisnummer"
_HOUSE_PAIRS = (
    "street number|street no|street nr|street num|house number|house no|house nr|building number|"
    "address number|flat number"
)
_OTHER_NAME = "id key code order account invoice contract product sku ref reference date time version serial"


def words(name: str) -> list[str]:
    """The words of a column's name, without case and accents.

    >>> words("customerFirstName"), words("Straße_Nr")
    (['customer', 'first', 'name'], ['strasse', 'nr'])
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    folded = unicodedata.normalize("NFKD", spaced.casefold())
    return re.findall(r"[^\W_]+", "".join(c for c in folded if not unicodedata.combining(c)))


@dataclass(frozen=True)
class Hints:
    """What a column's name hints at. `other`: that it is a key, a code or a time, and so hardly personal data."""

    email: bool
    ip: bool
    phone: bool
    card: bool
    national: bool
    birth_number: bool
    given: bool
    family: bool
    full: bool
    name: bool
    street: bool
    house_number: bool
    other: bool


def hints(name: str) -> Hints:
    """Read a column's name."""
    found = words(name)
    known = {*found, "".join(found)}
    text = f" {' '.join(found)} "
    turned = f" {' '.join(reversed(found))} "

    def says(singles: str, pairs: str = "") -> bool:
        either = any(f" {pair} " in text or f" {pair} " in turned for pair in pairs.split("|") if pair)
        return either or bool(known & set(singles.split()))

    given = says(_GIVEN, _GIVEN_PAIRS) or found == ["first"]
    family = says(_FAMILY, _FAMILY_PAIRS) or found == ["last"]
    return Hints(
        email=says(_EMAIL, "e mail"),
        ip=says("ip ipaddress ipv4 ipv6"),
        phone=says(_PHONE),
        card=says(_CARD),
        national=says(_NATIONAL, _NATIONAL_PAIRS),
        birth_number=says("birthnumber rodnecislo", "birth number|rodne cislo"),
        given=given,
        family=family,
        full=says(_FULL, _FULL_PAIRS),
        name=found in (["name"], ["names"], ["nom"], ["nombre"], ["nome"], ["naam"], ["navn"], ["namn"], ["person"]),
        street=says(_STREET) and not says(_NO_STREET),
        house_number=says(_HOUSE, _HOUSE_PAIRS),
        other=says(_OTHER_NAME),
    )
