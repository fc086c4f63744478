"""Countries by the words that stand for them: their name, their people, their capital, the seat of their government.

One line a country: the name first, then every other word for it. "Moscow said" and "a Russian diplomat" speak for
one country. Ambiguous words (Georgia, Jordan) are taken for the country; a person's name is never looked up here. The
list is of the members of the United Nations and of territories that newspapers name with a government of their own.
"""

from collections.abc import Iterable
from functools import cache
from typing import Final

_COUNTRIES: Final = """
Afghanistan|Afghan|Kabul
Albania|Albanian|Tirana
Algeria|Algerian|Algiers
Angola|Angolan|Luanda
Argentina|Argentine|Argentinian|Buenos Aires
Armenia|Armenian|Yerevan
Australia|Australian|Canberra
Austria|Austrian|Vienna
Azerbaijan|Azerbaijani|Azeri|Baku
Bahamas|Bahamian|Nassau
Bahrain|Bahraini|Manama
Bangladesh|Bangladeshi|Dhaka
Barbados|Barbadian|Bridgetown
Belarus|Belarusian|Belarussian|Minsk
Belgium|Belgian
Belize|Belizean
Benin|Beninese
Bhutan|Bhutanese|Thimphu
Bolivia|Bolivian|La Paz
Bosnia|Bosnian|Sarajevo
Botswana|Gaborone
Brazil|Brazilian|Brasilia
Brunei|Bruneian
Bulgaria|Bulgarian|Sofia
Burkina Faso|Burkinabe|Ouagadougou
Burundi|Burundian|Bujumbura
Cambodia|Cambodian|Phnom Penh
Cameroon|Cameroonian|Yaounde
Canada|Canadian|Ottawa
Central African Republic|Bangui
Chad|Chadian|Ndjamena
Chile|Chilean|Santiago
China|Chinese|Beijing
Colombia|Colombian|Bogota
Congo|Congolese|Kinshasa|Brazzaville
Costa Rica|Costa Rican
Croatia|Croatian|Zagreb
Cuba|Cuban|Havana
Cyprus|Cypriot|Nicosia
Czech Republic|Czech|Czechia|Prague
Denmark|Danish|Dane|Copenhagen
Djibouti|Djiboutian
Dominican Republic|Dominican|Santo Domingo
Ecuador|Ecuadorian|Ecuadorean|Quito
Egypt|Egyptian|Cairo
El Salvador|Salvadoran|San Salvador
Eritrea|Eritrean|Asmara
Estonia|Estonian|Tallinn
Ethiopia|Ethiopian|Addis Ababa
European Union|EU|European Commission|Brussels
Fiji|Fijian|Suva
Finland|Finnish|Helsinki
France|French|Paris|Elysee
Gabon|Gabonese|Libreville
Gambia|Gambian|Banjul
Georgia|Georgian|Tbilisi
Germany|German|Berlin|Bundeswehr
Ghana|Ghanaian|Accra
Greece|Greek|Athens
Guatemala|Guatemalan
Guinea|Guinean|Conakry
Guyana|Guyanese|Georgetown
Haiti|Haitian|Port-au-Prince
Honduras|Honduran|Tegucigalpa
Hong Kong
Hungary|Hungarian|Budapest
Iceland|Icelandic|Reykjavik
India|Indian|New Delhi|Delhi
Indonesia|Indonesian|Jakarta
Iran|Iranian|Tehran
Iraq|Iraqi|Baghdad
Ireland|Irish|Dublin
Israel|Israeli|Jerusalem|Knesset
Italy|Italian|Rome
Ivory Coast|Ivorian|Abidjan
Jamaica|Jamaican
Japan|Japanese|Tokyo
Jordan|Jordanian|Amman
Kazakhstan|Kazakh|Astana
Kenya|Kenyan|Nairobi
Kosovo|Kosovar|Pristina
Kuwait|Kuwaiti
Kyrgyzstan|Kyrgyz|Bishkek
Laos|Laotian|Lao|Vientiane
Latvia|Latvian|Riga
Lebanon|Lebanese|Beirut
Lesotho|Maseru
Liberia|Liberian|Monrovia
Libya|Libyan|Tripoli
Lithuania|Lithuanian|Vilnius
Luxembourg|Luxembourgish
Macedonia|Macedonian|Skopje
Madagascar|Malagasy|Antananarivo
Malawi|Malawian|Lilongwe
Malaysia|Malaysian|Kuala Lumpur
Maldives|Maldivian
Mali|Malian|Bamako
Malta|Maltese|Valletta
Mauritania|Mauritanian|Nouakchott
Mauritius|Mauritian
Mexico|Mexican|Mexico City
Moldova|Moldovan|Chisinau
Monaco
Mongolia|Mongolian|Ulaanbaatar
Montenegro|Montenegrin|Podgorica
Morocco|Moroccan|Rabat
Mozambique|Mozambican|Maputo
Myanmar|Burma|Burmese|Naypyidaw
Namibia|Namibian|Windhoek
Nepal|Nepalese|Nepali|Kathmandu
Netherlands|Dutch|Holland|The Hague
New Zealand|Wellington
Nicaragua|Nicaraguan|Managua
Niger|Nigerien|Niamey
Nigeria|Nigerian|Abuja
North Korea|North Korean|Pyongyang
Norway|Norwegian|Oslo
Oman|Omani|Muscat
Pakistan|Pakistani|Islamabad
Palestine|Palestinian|Ramallah
Panama|Panamanian
Papua New Guinea|Port Moresby
Paraguay|Paraguayan|Asuncion
Peru|Peruvian|Lima
Philippines|Philippine|Filipino|Manila
Poland|Polish|Pole|Warsaw
Portugal|Portuguese|Lisbon
Qatar|Qatari|Doha
Romania|Romanian|Bucharest
Russia|Russian|Moscow|Kremlin
Rwanda|Rwandan|Kigali
Saudi Arabia|Saudi|Saudi Arabian|Riyadh
Senegal|Senegalese|Dakar
Serbia|Serbian|Belgrade
Sierra Leone|Freetown
Singapore|Singaporean
Slovakia|Slovak|Bratislava
Slovenia|Slovenian|Ljubljana
Somalia|Somali|Mogadishu
South Africa|South African|Pretoria
South Korea|South Korean|Seoul
South Sudan|South Sudanese|Juba
Spain|Spanish|Madrid
Sri Lanka|Sri Lankan|Colombo
Sudan|Sudanese|Khartoum
Suriname|Paramaribo
Swaziland|Eswatini|Swazi
Sweden|Swedish|Stockholm
Switzerland|Swiss|Bern
Syria|Syrian|Damascus
Taiwan|Taiwanese|Taipei
Tajikistan|Tajik|Dushanbe
Tanzania|Tanzanian
Thailand|Thai|Bangkok
Togo|Togolese|Lome
Trinidad|Trinidadian
Tunisia|Tunisian|Tunis
Turkey|Turkish|Turkiye|Ankara
Turkmenistan|Turkmen|Ashgabat
Uganda|Ugandan|Kampala
Ukraine|Ukrainian|Kyiv|Kiev
United Arab Emirates|Emirati|UAE|Abu Dhabi
United Kingdom|UK|U.K.|Britain|British|Briton|England|London|Downing Street|Whitehall|Scotland Yard
United States|US|U.S.|USA|U.S.A.|America|American|Washington|White House|Pentagon|CIA|FBI|NSA|Congress
Uruguay|Uruguayan|Montevideo
Uzbekistan|Uzbek|Tashkent
Vatican|Holy See
Venezuela|Venezuelan|Caracas
Vietnam|Vietnamese|Hanoi
Yemen|Yemeni|Sanaa
Zambia|Zambian|Lusaka
Zimbabwe|Zimbabwean|Harare
"""


@cache
def _table() -> dict[str, str]:
    return {word: line.split("|")[0] for line in _COUNTRIES.split("\n") if line for word in line.split("|")}


def country_of(word: str) -> str:
    """The country that a word (or two or three, with one space between) stands for, or "" if it stands for none.

    Case counts: "turkey" is a bird. A possessive ending and a plural do not.
    """
    bare = word.removesuffix("'s").removesuffix("’s")
    return _table().get(bare) or _table().get(bare.removesuffix("s")) or ""


def countries_in(words: Iterable[str]) -> tuple[str, ...]:
    """All countries that a row of words names, in order; longer names first ("South Sudan", not "Sudan")."""
    listed = list(words)
    found: dict[str, None] = {}
    at = 0
    while at < len(listed):
        for many in (3, 2, 1):
            country = country_of(" ".join(listed[at : at + many]))
            if country and at + many <= len(listed):
                found[country] = None
                at += many - 1
                break
        at += 1
    return tuple(found)
