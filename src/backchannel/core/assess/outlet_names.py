"""The gazetteer: names of news agencies, newspapers, broadcasters, sites and social networks, of all regions.

One outlet a line: its usual name, then other names after bars. Names are matched without regard to punctuation and
case, but begin with a capital or a digit; a name that is also an everyday word has `=` before it and is matched as
it is written here. A short name such as "the Post", which many bear, is not listed: what it means is seen from the
text (`core.assess.outlets`). The kinds are the keys. Written from general knowledge; a name that is missing is
found by its form, with less certainty.
"""

NAMES: dict[str, str] = {
    "agency": """
Associated Press|AP|The AP
Agence France-Presse|AFP|Agence France Presse
Reuters|Thomson Reuters|Reuters News|Reuters News Agency
United Press International|UPI
Bloomberg|Bloomberg News|Bloomberg Businessweek|Businessweek|Bloomberg TV
Dow Jones Newswires|Dow Jones
PA|Press Association|PA Media|PA news agency
dpa|Deutsche Presse-Agentur|DPA
EFE|Agencia EFE
ANSA
Adnkronos
AGI|Agenzia Italia
Lusa
ANP
Belga
Keystone-SDA|Swiss news agency
APA|Austria Press Agency
Ritzau
NTB
TT news agency|Tidningarnas Telegrambyra
STT
PAP|Polish Press Agency
CTK|Czech News Agency
TASR
MTI|Hungarian news agency MTI
Agerpres
Mediafax
BTA|Bulgarian News Agency
Tanjug
HINA
SRNA
FENA
ATA|Albanian Telegraphic Agency
ANA-MPA|Athens News Agency|Athens-Macedonian News Agency
Cyprus News Agency
Anadolu|Anadolu Agency|AA|Anatolia|Anatolia News Agency|Anadolu news agency
Dogan News Agency|DHA|Dogan
Ihlas News Agency|IHA
Cihan|Cihan news agency
Interfax|Interfax-Ukraine
TASS|Itar-Tass|ITAR-TASS
RIA Novosti|RIA|RIA news agency
Sputnik|Sputnik News
Rossiya Segodnya
Regnum
Rosbalt
Ukrinform
UNIAN
Ukrainian News
BelTA
BelaPAN
Moldpres
Armenpress
Azertac|AzerTAc
APA Azerbaijan
Trend News Agency
Kazinform
KazTAG
AKIpress
24.kg
UzA
Khovar
Avesta
Asia-Plus
Fergana|Ferghana News
Fars News Agency|FNA|Fars|Fars News
IRNA|Islamic Republic News Agency
ISNA|Iranian Students News Agency|Iranian Students' News Agency
Mehr News Agency|Mehr|Mehr News|MNA
Tasnim|Tasnim News Agency
Press TV|PressTV
National Iraqi News Agency|NINA
Iraqi News Agency|INA
Aswat al-Iraq
Shafaq News
Basnews|BasNews
SANA|Syrian Arab News Agency
National News Agency|NNA Lebanon
Petra|Jordan News Agency
WAFA|Palestinian News Agency
Ma'an|Ma'an News Agency|Maan News Agency
Saudi Press Agency|SPA
WAM|Emirates News Agency
QNA|Qatar News Agency
KUNA|Kuwait News Agency
BNA|Bahrain News Agency
ONA|Oman News Agency
Saba|Saba News Agency
MENA|Middle East News Agency
Aswat Masriya
TAP|Tunis Afrique Presse
APS|Algeria Press Service
MAP|Maghreb Arab Press
LANA
SUNA|Sudan News Agency
Xinhua|Xinhua News Agency|New China News Agency
China News Service
Zhongxin
CNA Taiwan|Central News Agency
Kyodo|Kyodo News
Jiji|Jiji Press
Yonhap|Yonhap News Agency|Yonhap News
Newsis
KCNA|Korean Central News Agency
Press Trust of India|PTI
Indo-Asian News Service|IANS
Asian News International|ANI
United News of India|UNI
APP|Associated Press of Pakistan
INP|Independent News Pakistan
Online International News Network
NNI|News Network International
Bakhtar|Bakhtar News Agency
Pajhwok|Pajhwok Afghan News
Afghan Islamic Press|AIP
Khaama Press|Khaama|Khaama Press News Agency
BSS|Bangladesh Sangbad Sangstha
UNB|United News of Bangladesh
RSS Nepal|Rastriya Samachar Samiti
Bernama
Antara
Vietnam News Agency|VNA
Philippine News Agency|PNA
Thai News Agency
Lao News Agency|KPL
Montsame
AAP|Australian Associated Press
NZPA
PACNEWS
Canadian Press|The Canadian Press|CP
Notimex
Telam
Agencia Brasil
Andina
ANSUR
Prensa Latina
Agencia Bolivariana de Noticias|AVN
ACAN-EFE
Inter Press Service|IPS
Religion News Service
Catholic News Service
Catholic News Agency
McClatchy|McClatchy Newspapers|McClatchy DC
Tribune News Service
Scripps Howard News Service
Cox Media Group
Zuma Press
NewsBreak
WENN
Splash News
Caters|Caters News Agency
SWNS|South West News Service
Central European News|CEN
Newsflash
News Agency of Nigeria|NAN
PANA|Panapress
Ghana News Agency|GNA
Kenya News Agency
Ethiopian News Agency|ENA
Angop
Zambia News Agency
New Ziana
South African Press Association|SAPA
African News Agency
SITE Intelligence Group|=SITE|SITE Intelligence|SITE Monitoring
MEMRI|Middle East Media Research Institute
Amaq|Amaq News Agency|Aamaq
Aranews|ARA News
Hawar News|ANHA
Firat News Agency|ANF|Firat
Dicle News Agency|DIHA
Qasioun News Agency
IPI
""",
    "newspaper": """
New York Times|The New York Times|NYT|NY Times|International New York Times|nytimes.com
Washington Post|The Washington Post|WaPo|washingtonpost.com
Wall Street Journal|The Wall Street Journal|WSJ
USA Today|USA TODAY
Los Angeles Times|LA Times|L.A. Times
New York Post|NY Post|nypost.com
New York Daily News|NY Daily News|nydailynews|nydailynews.com|NYDailyNews.com
Newsday
Chicago Tribune
Chicago Sun-Times
Boston Globe|The Boston Globe
Boston Herald
Philadelphia Inquirer|Philly.com
Philadelphia Daily News
Miami Herald
El Nuevo Herald
Tampa Bay Times|St. Petersburg Times
Tampa Tribune
Orlando Sentinel
Sun-Sentinel|Sun Sentinel|South Florida Sun Sentinel
Palm Beach Post
Florida Times-Union
Atlanta Journal-Constitution|AJC
Houston Chronicle
Dallas Morning News
Austin American-Statesman
San Antonio Express-News
Fort Worth Star-Telegram
San Francisco Chronicle|SFGate
San Jose Mercury News|Mercury News
Sacramento Bee
San Diego Union-Tribune|U-T San Diego
Orange County Register
Las Vegas Review-Journal
Las Vegas Sun
Arizona Republic|azcentral.com|azcentral
Denver Post
Seattle Times
Seattle Post-Intelligencer
Oregonian|The Oregonian|OregonLive
Minneapolis Star Tribune|Star Tribune
Pioneer Press
Milwaukee Journal Sentinel
Detroit Free Press
Detroit News
Cleveland Plain Dealer|Plain Dealer|Cleveland.com
Columbus Dispatch
Cincinnati Enquirer
Indianapolis Star|IndyStar
St. Louis Post-Dispatch|Post-Dispatch
Kansas City Star
Omaha World-Herald
Des Moines Register
Tulsa World
Oklahoman|The Oklahoman|NewsOK
Times-Picayune|NOLA.com
Commercial Appeal
Tennessean
Charlotte Observer
News & Observer
Baltimore Sun
Richmond Times-Dispatch
Virginian-Pilot
Pittsburgh Post-Gazette
Pittsburgh Tribune-Review
Buffalo News
Hartford Courant
Providence Journal
Star-Ledger|NJ.com
Bergen Record
Times Union
Honolulu Star-Advertiser
Anchorage Daily News|Alaska Dispatch News
Salt Lake Tribune
Deseret News
Albuquerque Journal
Washington Times|The Washington Times
Washington Examiner
Washington Free Beacon
Christian Science Monitor|CSMonitor
Stars and Stripes
Military Times
Army Times
Navy Times
Wall Street Journal Europe
Financial Times|The Financial Times|FT
=Investor's Business Daily
Barron's
Globe and Mail|The Globe and Mail
National Post
Toronto Star
Toronto Sun
Ottawa Citizen
Ottawa Sun
Montreal Gazette
La Presse|La Presse Canada
Le Devoir
Vancouver Sun
Calgary Herald
Edmonton Journal
Winnipeg Free Press
Chronicle Herald
Guardian|The Guardian|Guardian US|Guardian Australia|guardian.co.uk|theguardian.com
=The Observer
Times of London|The Times of London|London Times
=The Times
Sunday Times|The Sunday Times
Daily Telegraph|The Telegraph|The Daily Telegraph|Telegraph|telegraph.co.uk
Sunday Telegraph
Independent|The Independent|Independent on Sunday|i100
Daily Mail|Mail Online|MailOnline|The Daily Mail|DailyMail.com|dailymail.co.uk|Daily Mail Online
Mail on Sunday|The Mail on Sunday
=The Sun|Sun on Sunday|The Sun on Sunday
Daily Mirror|The Mirror|Mirror Online|Mirror.co.uk|The Daily Mirror|Sunday Mirror
Daily Express|Sunday Express|Express.co.uk|The Express
Daily Star|Daily Star Sunday
Sunday People
=Metro|Metro.co.uk|Metro UK
Evening Standard|London Evening Standard
Morning Star
Scotsman|The Scotsman
The Herald Scotland|Herald Scotland|Glasgow Herald
Daily Record|Sunday Mail
Press and Journal
Western Mail|WalesOnline
South Wales Evening Post
Belfast Telegraph
Irish News
Irish Times
Irish Independent|Independent.ie
Irish Examiner
Irish Mirror
Plymouth Herald|The Plymouth Herald|The Herald Plymouth
Western Morning News
Yorkshire Post
Yorkshire Evening Post
Liverpool Echo
Manchester Evening News
Birmingham Mail
Birmingham Post
Nottingham Post
Leicester Mercury
Bristol Post
Eastern Daily Press
The Argus
Northern Echo
Newcastle Chronicle|Evening Chronicle
Express and Star
Jewish Chronicle
Le Monde
Le Figaro
Liberation|Libération
Le Parisien|Aujourd'hui en France
Les Echos
L'Humanite|L'Humanité
Ouest-France
Sud Ouest
La Croix
Nice-Matin
Le Canard Enchaine|Le Canard Enchaîné
Charlie Hebdo
Bild|Bild am Sonntag|Bild Zeitung
Frankfurter Allgemeine Zeitung|FAZ|Frankfurter Allgemeine
Suddeutsche Zeitung|Süddeutsche Zeitung|Sueddeutsche Zeitung
Die Welt|Welt am Sonntag
Die Zeit
taz|Die Tageszeitung
Handelsblatt
Tagesspiegel
Berliner Zeitung|Berliner Morgenpost
Der Standard
Die Presse
Kronen Zeitung|Krone
Kurier
Neue Zurcher Zeitung|Neue Zürcher Zeitung|NZZ
Tages-Anzeiger
=Blick
Le Temps
Tribune de Geneve
El Pais|El País
El Mundo
ABC Spain
La Vanguardia
La Razon|La Razón
El Periodico|El Periódico
=Marca
Corriere della Sera|Corriere
La Repubblica|Repubblica
La Stampa
Il Messaggero
Il Sole 24 Ore
Il Fatto Quotidiano
Il Giornale
Gazzetta dello Sport|La Gazzetta dello Sport
L'Osservatore Romano
Publico|Público
Diario de Noticias|Diário de Notícias
Correio da Manha|Correio da Manhã
De Telegraaf
Algemeen Dagblad
Volkskrant|de Volkskrant
NRC Handelsblad|NRC
Trouw
De Standaard
Het Laatste Nieuws
Le Soir
La Libre Belgique
Luxemburger Wort
Politiken
Jyllands-Posten
Berlingske
Ekstra Bladet
B.T.
Aftenposten
Verdens Gang|VG
Dagbladet
Dagens Nyheter
Svenska Dagbladet
Aftonbladet
Expressen
Helsingin Sanomat
Ilta-Sanomat
Iltalehti
Morgunbladid
Gazeta Wyborcza
Rzeczpospolita
=Fakt
Super Express
Lidove noviny
Mlada fronta Dnes
Pravo
SME
Nepszabadsag|Népszabadság
Magyar Nemzet
Adevarul
Evenimentul Zilei
Dnevnik
24 Chasa
Trud
Politika
Blic
Kurir
Vecernji list
Jutarnji list
Delo
Dnevni Avaz
Oslobodjenje
Kathimerini
Ta Nea
To Vima
Eleftherotypia
Hurriyet|Hürriyet|Hurriyet Daily News
Milliyet
Sabah|Daily Sabah
Zaman|Today's Zaman
Cumhuriyet
Haberturk
Radikal
Yeni Safak
=Taraf
Kommersant
Izvestia|Izvestiya
Komsomolskaya Pravda
Moskovsky Komsomolets|Moskovskij Komsomolets
Nezavisimaya Gazeta
Novaya Gazeta
Vedomosti
Rossiyskaya Gazeta
Pravda|Pravda.ru
Moscow Times|The Moscow Times
Kyiv Post
Ukrainska Pravda|Ukrayinska Pravda
Baltic Times
Postimees
Lietuvos Rytas
Haaretz|Ha'aretz
Jerusalem Post|The Jerusalem Post|JPost
Times of Israel|The Times of Israel
Yedioth Ahronoth|Yediot Aharonot|Yedioth Aharonoth|Yediot Ahronot
Israel Hayom|Yisrael Hayom
Maariv|Ma'ariv
Globes
Al-Quds|Al Quds
Al-Quds al-Arabi
Al-Ayyam
Asharq Al-Awsat|Al-Sharq al-Awsat
Al-Hayat
Arab News
Saudi Gazette
Okaz
Al Riyadh|Al-Riyadh
Al Watan|Al-Watan
Al-Madina
Al Arab
Gulf News
The National|The National UAE
Khaleej Times
Al Bayan
Emirates 24/7|Emirates247|Emirates24|7DAYS
Gulf Today
Gulf Daily News
Gulf Times
The Peninsula|Peninsula Qatar
Times of Oman
Muscat Daily
Kuwait Times
Arab Times
Al-Qabas
Al-Watan Kuwait
Daily Star Lebanon|The Daily Star
An-Nahar|An Nahar
As-Safir
Al-Akhbar
L'Orient-Le Jour|L'Orient Le Jour
Jordan Times
Al Ghad|Al-Ghad
Al-Rai
Al-Ahram|Ahram|Ahram Online
Al-Masry Al-Youm|Egypt Independent|Al Masry Al Youm
Al-Shorouk
Daily News Egypt
Youm7|Al-Youm Al-Sabea
Al-Sabah
Azzaman|Al-Zaman
Tishreen
Al-Thawra
Yemen Times
Yemen Post
Libya Herald
El Watan
El Khabar
Echorouk
L'Expression
Al-Massae
Le Matin
Hespress
Sudan Tribune
Tehran Times
Kayhan
Iran Daily
=Etemaad
Shargh
Dawn
The News International
Express Tribune|The Express Tribune
Daily Times|Pakistan Daily Times
The Nation Pakistan
Pakistan Today
Pakistan Observer
Jang|Daily Jang
Nawa-i-Waqt
Afghanistan Times
Outlook Afghanistan|Daily Outlook Afghanistan
Hasht-e Subh|8am
Mandegar
Times of India|The Times of India|TOI
Hindustan Times
The Hindu
Indian Express|The Indian Express
The Telegraph India
Economic Times|The Economic Times
Business Standard
=Mint|Livemint
Deccan Herald
Deccan Chronicle
The Asian Age
The Tribune India
The Pioneer
The Statesman
DNA India|Daily News and Analysis
Mid-Day
Mumbai Mirror
Ananda Bazar Patrika
Malayala Manorama
Dainik Bhaskar
Dainik Jagran
Daily Star Bangladesh
Prothom Alo
Dhaka Tribune
New Age Bangladesh
Kathmandu Post
Himalayan Times
Republica
Sunday Leader
Daily Mirror Sri Lanka
Colombo Gazette
Island Sri Lanka
People's Daily
China Daily
Global Times
South China Morning Post|SCMP
Ming Pao
Apple Daily
The Standard Hong Kong
Southern Metropolis Daily
Southern Weekly
Beijing News
Beijing Times
Beijing Morning Post
Legal Evening News
Shanghai Daily
PLA Daily
Guangming Daily
Taipei Times
China Post
Liberty Times
United Daily News
Asahi Shimbun|The Asahi Shimbun|Asahi
Yomiuri Shimbun|Yomiuri|Daily Yomiuri
Mainichi Shimbun|Mainichi
Sankei Shimbun|Sankei
Nikkei|Nikkei Asian Review|Nihon Keizai Shimbun
Japan Times|The Japan Times
Tokyo Shimbun
Chosun Ilbo
JoongAng Ilbo|Korea JoongAng Daily
Dong-A Ilbo
Hankyoreh
Korea Herald
Korea Times
Rodong Sinmun
Straits Times|The Straits Times
Business Times
=TODAY Singapore
The Star Malaysia
New Straits Times
Malay Mail
Utusan Malaysia
Sin Chew
Jakarta Post|The Jakarta Post
Jakarta Globe
Kompas
=Tempo
Bangkok Post
The Nation Thailand
Thai Rath
Philippine Daily Inquirer|Inquirer.net
Philippine Star
Manila Bulletin
Manila Times
Tuoi Tre
Thanh Nien
Phnom Penh Post
Cambodia Daily
Myanmar Times
The Irrawaddy|Irrawaddy
Vientiane Times
Sydney Morning Herald|The Sydney Morning Herald|SMH
The Age
The Australian
Daily Telegraph Sydney|Sydney Daily Telegraph
Herald Sun
Courier-Mail|Courier Mail
Adelaide Advertiser
West Australian
Canberra Times
Australian Financial Review
Northern Territory News|NT News
The Mercury Hobart
New Zealand Herald|NZ Herald
Dominion Post
Otago Daily Times
Fiji Times
Post-Courier
Folha de S.Paulo|Folha|Folha de Sao Paulo|Folha de S. Paulo
O Globo
O Estado de S. Paulo|Estadao|O Estado de Sao Paulo
Correio Braziliense
Clarin|Clarín
La Nacion|La Nación
Pagina 12|Página/12
Buenos Aires Herald
El Mercurio
La Tercera
El Comercio
La Republica Peru
El Tiempo
El Espectador
El Universal
El Nacional
Ultimas Noticias|Últimas Noticias
Reforma
Excelsior|Excélsior
Milenio
La Jornada
El Norte
Proceso
La Prensa
El Nuevo Diario
El Diario de Hoy
La Prensa Grafica
Prensa Libre
El Heraldo
La Estrella
Granma
Juventud Rebelde
Diario Las Americas|Diario las Américas
Jamaica Gleaner|The Gleaner
Jamaica Observer
Trinidad Express
Listin Diario
ABC Color
El Pais Uruguay
El Deber
Daily Nation|The Daily Nation
The Standard Kenya
The East African
New Vision
Daily Monitor
Red Pepper
The Citizen Tanzania
Daily News Tanzania
New Times Rwanda
Addis Standard
The Reporter Ethiopia
Daily Graphic
Ghanaian Times
Punch Nigeria|The Punch
Vanguard Nigeria
ThisDay
Daily Trust
The Guardian Nigeria
The Nation Nigeria
Premium Times
Leadership Nigeria
Mail & Guardian|Mail and Guardian
Sunday Times South Africa
The Star Johannesburg
The Sowetan|Sowetan
Cape Times
Cape Argus
Die Burger
=Beeld
City Press
Business Day
Daily Maverick
The Herald Zimbabwe
NewsDay Zimbabwe
Zimbabwe Independent
The Namibian
Lusaka Times
The Post Zambia
Nyasa Times
Daily Observer
FrontPage Africa
Fraternite Matin
Le Soleil
Jeune Afrique
Al-Ahd
""",
    "magazine": """
=Time|=TIME|Time magazine|TIME magazine|Time.com|TIME.com
Newsweek
The Economist|Economist
The New Yorker|New Yorker
New York magazine|Vulture|Daily Intelligencer
The Atlantic|Atlantic Monthly
=The Nation
National Review
New Republic
Weekly Standard
Mother Jones
Foreign Policy|Foreign Policy magazine
Foreign Affairs
=Fortune|Fortune magazine
=Forbes
=Wired|WIRED|Wired magazine
Rolling Stone|Rolling Stone magazine
Vanity Fair
Esquire
GQ
Harper's|Harper's Magazine
=People|People magazine|People.com
Us Weekly
In Touch|In Touch Weekly
OK! magazine
Entertainment Weekly|EW
=Variety
=Billboard|Billboard magazine
The Hollywood Reporter|Hollywood Reporter|THR
=Deadline|Deadline Hollywood|Deadline.com
Sports Illustrated
ESPN The Magazine
National Geographic
Smithsonian
Scientific American
New Scientist
Popular Science
Popular Mechanics
=Nature
=Science|Science magazine
Aviation Week
Jane's|IHS Jane's|Jane's Defence Weekly
Flight International|Flightglobal
Der Spiegel|Spiegel|Spiegel Online
=Focus|Focus magazine
=Stern
=Profil
L'Express|L'Express magazine
Le Point
L'Obs|Le Nouvel Observateur|Nouvel Observateur
Paris Match
Closer|Closer magazine
L'Espresso
=Panorama
=Oggi
Chi magazine
Interviu
Wprost
Ogonyok
=Maclean's
Private Eye
The Spectator|Spectator
New Statesman
Hello! magazine|Hello magazine
India Today
Outlook India|Outlook magazine
The Diplomat
Caixin
Asiaweek
Veja
=Semana
Caretas
Dabiq|Dabiq magazine
Playboy
Cosmopolitan
Vogue
Adweek
Advertising Age|Ad Age
Consumer Reports
""",
    "broadcaster": """
BBC|BBC News|BBC World Service|BBC Radio 4|BBC Radio|BBC Newsnight|BBC Persian|BBC Arabic|BBC News Online
ITV|ITV News|ITN
Channel 4|Channel 4 News
Channel 5 News
Sky News|Sky
Sky News Arabia
Sky Sports
LBC
CNN|CNN News|CNN International|CNN.com|CNN Turk|Cable News Network|CNN en Espanol
CNNMoney|CNN Money
CNN-IBN
Fox News|Fox News Channel|FoxNews.com|FOX News|Fox
Fox News Latino
Fox Business|Fox Business Network
NBC News|NBC|NBCNews.com|NBC Nightly News|Today show|TODAY show
NBC New York
MSNBC
CNBC
ABC News|ABC News US|Good Morning America|ABC's Good Morning America|ABCNews.com
CBS News|CBS|CBS This Morning|CBSNews.com|60 Minutes
PBS|PBS NewsHour
NPR|National Public Radio
C-SPAN
HLN
Voice of America|VOA
Radio Free Europe|RFE/RL|Radio Liberty|Radio Free Europe/Radio Liberty|RFERL
Radio Free Asia|RFA
Alhurra|Al-Hurra
Radio Marti|Radio Martí
Univision
Telemundo
ESPN
E! News|E! Online
Entertainment Tonight|ET Online
Inside Edition
Access Hollywood
Comedy Central
CBC|CBC News|Radio-Canada
CTV|CTV News
Global News|Global TV
Sun News Network
Deutsche Welle|DW
ARD
ZDF
n-tv
N24
RTL
WDR
NDR
ORF
SRF|Swiss radio
RTS
France 24|France24
France Info
France 2|France Televisions|France 3
TF1
BFM TV|BFMTV|BFM
i-Tele|iTele
Europe 1
RTL France
RFI|Radio France Internationale
Radio France
Euronews
TVE|RTVE
Cadena SER
RAI|Rai News|RAI News 24
Mediaset
Vatican Radio
RTP
NOS
VRT
RTBF
DR Denmark|Danmarks Radio
NRK
TV2
SVT|Sveriges Television
Sveriges Radio|Swedish Radio
YLE
RTE|RTÉ
RUV
TVN|TVN24
Polsat
Polish Radio
Czech Television
Czech Radio
HVG
ProTV
bTV
Nova TV
RTS Serbia|B92
N1
ERT
Skai TV|Skai
NTV Turkey
TRT
Rossiya 24|Rossiya 1|Rossiya
Channel One Russia
NTV
RT|Russia Today
LifeNews|Life News
Dozhd|TV Rain
Echo of Moscow|Ekho Moskvy
Zvezda
REN TV
Hromadske
1+1
Rustavi 2
Al Jazeera|Al-Jazeera|Aljazeera|Al Jazeera English|Al Jazeera America
Al Arabiya|Al-Arabiya|Al Arabiya News
Al Hadath
Al Mayadeen|Al-Mayadeen
Al-Manar|Al Manar|Al-Manar TV
Al-Alam|Al Alam
Al-Aqsa TV
Al Sumaria|Alsumaria|Al-Sumaria|Sumaria News
Al Iraqiya|Al-Iraqiya
Al-Baghdadia
Rudaw
Kurdistan 24
NRT
Kurdsat
LBC International|LBCI
MTV Lebanon
Future TV
OTV Lebanon
ON TV|ONTV
CBC Egypt
Nile TV
Orient TV|Orient News
Syrian state television
Israel Radio|Kol Israel|Kol Yisrael|Voice of Israel
Army Radio|Galei Tzahal|Israel Army Radio
Channel 2 Israel
Channel 10 Israel
i24 News|i24news|i24
Israel National News|Arutz Sheva|Arutz 7
Palestine TV
MBC
Rotana
Saudi TV
Dubai TV
IRIB|Islamic Republic of Iran Broadcasting
Manoto
VOA Persian
Tolo News|TOLOnews|Tolo TV|Tolo
Ariana News|Ariana TV
1TV Afghanistan|1TV
Shamshad TV
Radio Azadi
Geo News|Geo TV|GEO News
ARY News|ARY
Dunya News
Express News
Samaa TV|Samaa
Aaj News
PTV
NDTV
Times Now
India TV
Aaj Tak
Zee News
Headlines Today
News X|NewsX
All India Radio
Doordarshan
CCTV|China Central Television|CCTV News
CGTN
Phoenix TV|Phoenix Television
China Radio International
RTHK
TVB
NHK|NHK World
TBS Japan
Fuji TV
TV Asahi
Nippon TV
KBS
MBC Korea
SBS Korea
YTN
Arirang
Channel NewsAsia|Channel News Asia|CNA
Metro TV
tvOne
Thai PBS
ABS-CBN|ABS-CBN News
GMA News|GMA
ABC Australia|Australian Broadcasting Corporation|ABC Radio Australia
SBS Australia|SBS News
Channel Nine|9News|Nine News|9 News
Seven News|7News|Channel Seven
Sky News Australia
2GB
3AW
TVNZ|One News
3News|TV3 New Zealand|Newshub
Radio New Zealand|RNZ
TV Globo|Globo|GloboNews|G1
Record TV
Caracol Radio|Caracol TV|Caracol
RCN|RCN Radio
Blu Radio
Telesur|teleSUR
Globovision|Globovisión
Televisa
TV Azteca
Radio Formula
Todo Noticias|TN
C5N
Laiguana TV|La Iguana TV|LaIguana TV
Radio Reloj
Cubavision
SABC
eNCA|eNews Channel Africa
Citizen TV
KTN
NTV Kenya|NTV Uganda
Channels TV|Channels Television
TVC News
Radio Dabanga
Radio Shabelle|Shabelle
Radio Mogadishu
Radio Okapi
Joy News
Voice of Russia
Radio Sweden
Radio Sputnik
""",
    "site": """
BuzzFeed|BuzzFeed News
Huffington Post|The Huffington Post|HuffPost|HuffPo|Huffington Post UK
Politico
Daily Beast|The Daily Beast
=Slate|Slate.com
Salon|Salon.com
Vox|Vox.com
=Vice|Vice News|VICE News|VICE|Motherboard
=Quartz
The Intercept|Intercept
Axios
ProPublica
The Hill
Roll Call
Talking Points Memo|TPM
Think Progress|ThinkProgress
Media Matters|Media Matters for America
RealClearPolitics
FiveThirtyEight
Business Insider|BusinessInsider.com
MarketWatch
TheStreet
Yahoo News|Yahoo! News|Yahoo Finance|Yahoo
MSN
AOL
Gawker
Gizmodo
Jezebel
Deadspin
Kotaku
Lifehacker
TMZ|TMZ.com
Perez Hilton|PerezHilton.com
Radar Online|RadarOnline|RadarOnline.com
Page Six
Gossip Cop
E Online
TechCrunch|Tech Crunch
Re/code|Recode|Re code
The Verge
Engadget
Ars Technica
Mashable
CNET
ZDNet
VentureBeat|Venture Beat
GigaOM|Gigaom
The Information
The Next Web|TNW
9to5Mac|9 to 5 Mac
MacRumors|Mac Rumors
AppleInsider|Apple Insider
Cult of Mac
BGR
Android Central
Android Police
PCMag|PC Magazine
PC World|PCWorld
Computerworld
InfoWorld
Macworld
TechRadar
Tom's Hardware
The Register|Register
Slashdot
Hacker News
Digital Trends
Digital Spy
Pitchfork
Stereogum
Consequence of Sound
IGN
GameSpot
Polygon
Eurogamer
Space.com
LiveScience|Live Science
Phys.org
EurekAlert
IFLScience
Snopes|Snopes.com
Hoax-Slayer
Emergent|Emergent.info
PolitiFact
FactCheck.org
Bellingcat
Long War Journal|The Long War Journal
War on the Rocks
Defense One
Breaking Defense
DefenseNews|Defense News
Lawfare
Just Security
Krebs on Security|KrebsOnSecurity
BleepingComputer|Bleeping Computer
The Hacker News
Threatpost
Dark Reading
SecurityWeek
CyberScoop
The Record Media|The Record by Recorded Future
SC Magazine
Breitbart|Breitbart News|Breitbart.com
Drudge Report|The Drudge Report
Daily Caller|The Daily Caller
Infowars|Infowars.com|InfoWars
WorldNetDaily|WND
The Blaze|TheBlaze
Townhall
Newsmax
Free Republic
Conservative Treehouse
Gateway Pundit|The Gateway Pundit
Raw Story
AlterNet
Truthout
Democracy Now
Counterpunch
Global Research
Before It's News
Natural News
Zero Hedge|ZeroHedge
National Report|NationalReport.net
The Onion|Onion
World News Daily Report
Daily Currant|The Daily Currant
Empire News
Huzlers
Inquisitr|The Inquisitr
International Business Times|IBTimes|IB Times|IBTimes UK
Examiner.com
Opposing Views
Heavy.com
UPROXX|Uproxx
Elite Daily
Upworthy
Bored Panda
Daily Dot|The Daily Dot
Patch.com
GlobalPost|Global Post
The Local
EUobserver|EU Observer
Euractiv
Politico Europe
Balkan Insight
Meduza
Lenta.ru|Lenta
Gazeta.ru
Fontanka
RBC|RBK
Slon.ru
PanARMENIAN.Net|PanArmenian
News.am
Caucasian Knot|Kavkaz Uzel
EurasiaNet|Eurasianet
Civil.ge
Charter 97
Mediapart
Rue89
Atlantico
The Journal.ie|TheJournal.ie
BreakingNews.ie
Ynet|Ynet News|Ynetnews
Walla|Walla News|Walla!
NRG
Mako
Debka|DEBKAfile|Debkafile
Middle East Eye
Middle East Monitor
Al-Monitor|Al Monitor
Al Bawaba|Albawaba
Your Middle East
Mada Masr
Egyptian Streets
Ajel|Ajel news
Sabq|Sabq.org
Arabian Business
Zawya
Doha News
News360
Naharnet
NOW Lebanon|NOW News
Ya Libnan
Zaman Al Wasl|Zaman al-Wasl
Raqqa is Being Slaughtered Silently|RBSS
Iraqi News|IraqiNews.com|IraqiNews
Iraq TradeLink
Al-Ahad
Al Ahed|Al-Ahed
Niqash
Kurdish news agency Bas
Ekurd|eKurd
Iran Wire|IranWire
Payvand
Radio Zamaneh
Tabnak
Morocco World News|MWN
Al Huffington Post
Libya Observer
Tunisia Live
allAfrica|AllAfrica.com
Sahara Reporters
Nigerian Tribune
Pulse Nigeria
Daily Post Nigeria
Premium Times Nigeria
News24|News 24
IOL
Times LIVE|TimesLive
Rediff|Rediff.com
Firstpost
Scroll.in
The Wire India
The Quint
ScoopWhoop
News Minute|The News Minute
The Diplomat Pakistan
Asia Times|Asia Times Online
Asia Sentinel
Hong Kong Free Press|HKFP
Shanghaiist
Sohu
Sina|Sina News
NetEase
Caijing
Tencent
Rappler
Coconuts
Malaysiakini
Malaysian Insider|The Malaysian Insider
Mothership
Detik|Detik.com
VnExpress
RocketNews24
NK News
Daily NK
News.com.au|news.com.au
Crikey
Brisbane Times
Stuff.co.nz|Stuff
Scoop NZ
Infobae
Diario de Cuba|DiarioDeCuba
14ymedio
CubaNet|Cubanet
Cubadebate
Havana Times
Aporrea
La Patilla
Noticias24
El Confidencial
Huffington Post Espana
20 Minutos
Publimetro
Animal Politico
Aristegui Noticias
SinEmbargo
InSight Crime
UOL
Wikipedia
WikiLeaks
Wikinews
The Smoking Gun|Smoking Gun
ABC7.com
LiveLeak
Jihadology
""",
    "social": """
Facebook
Twitter
YouTube
Instagram
Reddit
VKontakte|VK
Weibo|Sina Weibo
WeChat
Telegram
WhatsApp
Tumblr
Snapchat
LinkedIn
TikTok
4chan
Imgur
Flickr
Vimeo
Periscope
Pastebin
Ask.fm
Change.org
GoFundMe
Kickstarter
""",
}
