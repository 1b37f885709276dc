"""Countries: a French or English name, or a code, to ISO 3166-1 alpha-2 and back.

Promises: case, accents, hyphens and articles do not matter; a name that fits no country is refused with the
nearest one named. Never: guesses a country from a nationality or a city.
Source: ISO 3166-1 for the codes; the names are those in everyday use in France and in English.
"""

from __future__ import annotations

import difflib
from functools import cache

from hub.ports import Native
from hub.values.base import Canonical, FieldType, Unreadable, folded, shown

# code French|English[|other names…]
_TABLE = """
AD Andorre|Andorra
AE Émirats arabes unis|United Arab Emirates|EAU|UAE
AF Afghanistan|Afghanistan
AG Antigua-et-Barbuda|Antigua and Barbuda
AI Anguilla|Anguilla
AL Albanie|Albania
AM Arménie|Armenia
AO Angola|Angola
AQ Antarctique|Antarctica
AR Argentine|Argentina
AS Samoa américaines|American Samoa
AT Autriche|Austria
AU Australie|Australia
AW Aruba|Aruba
AX Åland|Åland Islands
AZ Azerbaïdjan|Azerbaijan
BA Bosnie-Herzégovine|Bosnia and Herzegovina
BB Barbade|Barbados
BD Bangladesh|Bangladesh
BE Belgique|Belgium|BEL
BF Burkina Faso|Burkina Faso
BG Bulgarie|Bulgaria
BH Bahreïn|Bahrain
BI Burundi|Burundi
BJ Bénin|Benin
BL Saint-Barthélemy|Saint Barthélemy
BM Bermudes|Bermuda
BN Brunei|Brunei|Brunei Darussalam
BO Bolivie|Bolivia
BQ Pays-Bas caribéens|Caribbean Netherlands|Bonaire, Sint Eustatius and Saba
BR Brésil|Brazil
BS Bahamas|Bahamas
BT Bhoutan|Bhutan
BV Île Bouvet|Bouvet Island
BW Botswana|Botswana
BY Biélorussie|Belarus|Bélarus
BZ Belize|Belize
CA Canada|Canada
CC Îles Cocos|Cocos (Keeling) Islands
CD République démocratique du Congo|Democratic Republic of the Congo|RDC|Congo-Kinshasa|DR Congo
CF République centrafricaine|Central African Republic|Centrafrique
CG Congo|Congo|République du Congo|Republic of the Congo|Congo-Brazzaville
CH Suisse|Switzerland|CHE
CI Côte d'Ivoire|Ivory Coast
CK Îles Cook|Cook Islands
CL Chili|Chile
CM Cameroun|Cameroon
CN Chine|China
CO Colombie|Colombia
CR Costa Rica|Costa Rica
CU Cuba|Cuba
CV Cap-Vert|Cape Verde|Cabo Verde
CW Curaçao|Curaçao
CX Île Christmas|Christmas Island
CY Chypre|Cyprus
CZ Tchéquie|Czechia|République tchèque|Czech Republic
DE Allemagne|Germany|Deutschland|DEU
DJ Djibouti|Djibouti
DK Danemark|Denmark
DM Dominique|Dominica
DO République dominicaine|Dominican Republic
DZ Algérie|Algeria
EC Équateur|Ecuador
EE Estonie|Estonia
EG Égypte|Egypt
EH Sahara occidental|Western Sahara
ER Érythrée|Eritrea
ES Espagne|Spain|España|ESP
ET Éthiopie|Ethiopia
FI Finlande|Finland
FJ Fidji|Fiji
FK Îles Malouines|Falkland Islands|Malouines
FM Micronésie|Micronesia
FO Îles Féroé|Faroe Islands
FR France|France|FRA|France métropolitaine
GA Gabon|Gabon
GB Royaume-Uni|United Kingdom|UK|GBR|Grande-Bretagne|Great Britain|Angleterre|England|Écosse|Scotland
GD Grenade|Grenada
GE Géorgie|Georgia
GF Guyane|French Guiana|Guyane française
GG Guernesey|Guernsey
GH Ghana|Ghana
GI Gibraltar|Gibraltar
GL Groenland|Greenland
GM Gambie|Gambia
GN Guinée|Guinea
GP Guadeloupe|Guadeloupe
GQ Guinée équatoriale|Equatorial Guinea
GR Grèce|Greece
GS Géorgie du Sud-et-les îles Sandwich du Sud|South Georgia and the South Sandwich Islands
GT Guatemala|Guatemala
GU Guam|Guam
GW Guinée-Bissau|Guinea-Bissau
GY Guyana|Guyana
HK Hong Kong|Hong Kong
HM Îles Heard-et-MacDonald|Heard Island and McDonald Islands
HN Honduras|Honduras
HR Croatie|Croatia
HT Haïti|Haiti
HU Hongrie|Hungary
ID Indonésie|Indonesia
IE Irlande|Ireland|Eire
IL Israël|Israel
IM Île de Man|Isle of Man
IN Inde|India
IO Territoire britannique de l'océan Indien|British Indian Ocean Territory
IQ Irak|Iraq
IR Iran|Iran
IS Islande|Iceland
IT Italie|Italy|Italia|ITA
JE Jersey|Jersey
JM Jamaïque|Jamaica
JO Jordanie|Jordan
JP Japon|Japan
KE Kenya|Kenya
KG Kirghizistan|Kyrgyzstan|Kirghizie
KH Cambodge|Cambodia
KI Kiribati|Kiribati
KM Comores|Comoros
KN Saint-Christophe-et-Niévès|Saint Kitts and Nevis
KP Corée du Nord|North Korea
KR Corée du Sud|South Korea|Corée
KW Koweït|Kuwait
KY Îles Caïmans|Cayman Islands
KZ Kazakhstan|Kazakhstan
LA Laos|Laos
LB Liban|Lebanon
LC Sainte-Lucie|Saint Lucia
LI Liechtenstein|Liechtenstein
LK Sri Lanka|Sri Lanka
LR Liberia|Liberia
LS Lesotho|Lesotho
LT Lituanie|Lithuania
LU Luxembourg|Luxembourg|LUX
LV Lettonie|Latvia
LY Libye|Libya
MA Maroc|Morocco
MC Monaco|Monaco
MD Moldavie|Moldova
ME Monténégro|Montenegro
MF Saint-Martin|Saint Martin
MG Madagascar|Madagascar
MH Îles Marshall|Marshall Islands
MK Macédoine du Nord|North Macedonia|Macédoine|Macedonia
ML Mali|Mali
MM Birmanie|Myanmar|Burma
MN Mongolie|Mongolia
MO Macao|Macao|Macau
MP Îles Mariannes du Nord|Northern Mariana Islands
MQ Martinique|Martinique
MR Mauritanie|Mauritania
MS Montserrat|Montserrat
MT Malte|Malta
MU Maurice|Mauritius|Île Maurice
MV Maldives|Maldives
MW Malawi|Malawi
MX Mexique|Mexico
MY Malaisie|Malaysia
MZ Mozambique|Mozambique
NA Namibie|Namibia
NC Nouvelle-Calédonie|New Caledonia
NE Niger|Niger
NF Île Norfolk|Norfolk Island
NG Nigeria|Nigeria
NI Nicaragua|Nicaragua
NL Pays-Bas|Netherlands|Hollande|Holland|NLD
NO Norvège|Norway
NP Népal|Nepal
NR Nauru|Nauru
NU Niue|Niue
NZ Nouvelle-Zélande|New Zealand
OM Oman|Oman
PA Panama|Panama
PE Pérou|Peru
PF Polynésie française|French Polynesia|Tahiti
PG Papouasie-Nouvelle-Guinée|Papua New Guinea
PH Philippines|Philippines
PK Pakistan|Pakistan
PL Pologne|Poland|POL
PM Saint-Pierre-et-Miquelon|Saint Pierre and Miquelon
PN Îles Pitcairn|Pitcairn Islands
PR Porto Rico|Puerto Rico
PS Palestine|Palestine
PT Portugal|Portugal|PRT
PW Palaos|Palau
PY Paraguay|Paraguay
QA Qatar|Qatar
RE La Réunion|Réunion
RO Roumanie|Romania
RS Serbie|Serbia
RU Russie|Russia|Fédération de Russie|Russian Federation
RW Rwanda|Rwanda
SA Arabie saoudite|Saudi Arabia
SB Îles Salomon|Solomon Islands
SC Seychelles|Seychelles
SD Soudan|Sudan
SE Suède|Sweden
SG Singapour|Singapore
SH Sainte-Hélène|Saint Helena
SI Slovénie|Slovenia
SJ Svalbard et Jan Mayen|Svalbard and Jan Mayen
SK Slovaquie|Slovakia
SL Sierra Leone|Sierra Leone
SM Saint-Marin|San Marino
SN Sénégal|Senegal
SO Somalie|Somalia
SR Suriname|Suriname
SS Soudan du Sud|South Sudan
ST Sao Tomé-et-Principe|São Tomé and Príncipe
SV Salvador|El Salvador
SX Saint-Martin (partie néerlandaise)|Sint Maarten
SY Syrie|Syria
SZ Eswatini|Eswatini|Swaziland
TC Îles Turques-et-Caïques|Turks and Caicos Islands
TD Tchad|Chad
TF Terres australes et antarctiques françaises|French Southern Territories|TAAF
TG Togo|Togo
TH Thaïlande|Thailand
TJ Tadjikistan|Tajikistan
TK Tokelau|Tokelau
TL Timor oriental|East Timor|Timor-Leste
TM Turkménistan|Turkmenistan
TN Tunisie|Tunisia
TO Tonga|Tonga
TR Turquie|Turkey|Türkiye
TT Trinité-et-Tobago|Trinidad and Tobago
TV Tuvalu|Tuvalu
TW Taïwan|Taiwan
TZ Tanzanie|Tanzania
UA Ukraine|Ukraine
UG Ouganda|Uganda
UM Îles mineures éloignées des États-Unis|United States Minor Outlying Islands
US États-Unis|United States|États-Unis d'Amérique|United States of America|USA
UY Uruguay|Uruguay
UZ Ouzbékistan|Uzbekistan
VA Vatican|Vatican City|Saint-Siège|Holy See
VC Saint-Vincent-et-les-Grenadines|Saint Vincent and the Grenadines
VE Venezuela|Venezuela
VG Îles Vierges britanniques|British Virgin Islands
VI Îles Vierges des États-Unis|United States Virgin Islands|US Virgin Islands
VN Viêt Nam|Vietnam
VU Vanuatu|Vanuatu
WF Wallis-et-Futuna|Wallis and Futuna
WS Samoa|Samoa
XK Kosovo|Kosovo
YE Yémen|Yemen
YT Mayotte|Mayotte
ZA Afrique du Sud|South Africa
ZM Zambie|Zambia
ZW Zimbabwe|Zimbabwe
"""

NAMES: dict[str, tuple[str, str]] = {}
"""Code → (French name, English name)."""

_CODES: dict[str, str] = {}
_ARTICLES = ("la ", "le ", "les ", "l ", "the ", "ile ", "iles ")


def _load() -> None:
    for line in _TABLE.strip().splitlines():
        code, _, names = line.partition(" ")
        french, english, *others = names.split("|")
        NAMES[code] = (french, english)
        for name in (code, french, english, *others):
            _CODES[folded(name)] = code


_load()


@cache
def _code_without_article(name: str) -> str | None:
    for article in _ARTICLES:
        found = _CODES.get(name.removeprefix(article)) or _CODES.get(article + name)
        if found:
            return found
    return None


class Country(FieldType):
    """One country."""

    name = "country"
    formats = "code (FR), fr (France, Allemagne) or en (Germany)"
    describe = "A country: its name in French or English, or its code. Kept as FR."

    def __init__(self, style: str = "") -> None:
        self.style = style

    def formatted(self, pattern: str) -> FieldType:
        return Country(pattern) if pattern in ("code", "fr", "en") else super().formatted(pattern)

    def read(self, text: str) -> Canonical:
        if text in NAMES:
            return text
        name = folded(text)
        code = _CODES.get(name) or _code_without_article(name)
        if code:
            return code
        near = difflib.get_close_matches(name, _CODES, n=1, cutoff=0.75)
        hint = f"; did you mean {NAMES[_CODES[near[0]]][0]}?" if near else ""
        raise Unreadable(f"{shown(text)} is not a country{hint}")

    def native(self, value: Canonical, like: Native = None) -> Native:
        if value is None:
            return None
        code = str(value)
        if self.style:
            return _written(code, self.style)
        return _written(code, _style_of(like) if isinstance(like, str) else "code")

    def show(self, value: Canonical, lang: str = "fr") -> str:
        return "" if value is None else _written(str(value), "fr" if lang == "fr" else "en")


def _written(code: str, style: str) -> str:
    if style == "code" or code not in NAMES:
        return code
    return NAMES[code][0 if style == "fr" else 1]


def _style_of(like: str) -> str:
    name = folded(like)
    code = _CODES.get(name)
    if code is None or len(name) == 2:
        return "code"
    french, english = NAMES[code]
    return "en" if folded(english) == name != folded(french) else "fr"
