### Portvakts ord på bokmål. Hvert språk skrives for seg: samme innhold, egen stemme.
### Kort, klart, aktivt; «du» og «vi»; verb på knappene; ingen får skylden.

## Overalt

page-title = { $page } – { $place }
skip = Gå til innholdet
change = Bytt
continue-on = Fortsett
cancel = Avbryt
try-again = Prøv igjen
sign-in = Logg inn
reference = Referanse
error-code = Feilkode
time = Tid
summary = Noe må endres
contact = Trenger du hjelp?
contact-phone = Telefon
contact-mail = E-post
app-privacy = { $app }: personvernerklæring
app-terms = { $app }: bruksvilkår
back-to-app = Tilbake til { $app }
seconds =
    { $count ->
        [one] ett sekund
       *[other] { $count } sekunder
    }
minutes =
    { $count ->
        [one] ett minutt
       *[other] { $count } minutter
    }
clock = { $date } kl. { $time }

## Adresse

sign-in-to = Logg inn for å gå videre til
address-title = Hva er e‑postadressen din?
address-label = E-postadresse
address-hint = Den som organisasjonen din kjenner.
address-remember = Husk adressen min på denne enheten
address-new-here = Invitert, eller aldri logget inn her før?
address-wrong-empty = Skriv e-postadressen din.
address-wrong-form = Dette ser ikke ut som en e-postadresse. Den skal se ut som navn@eksempel.no.
address-wrong-limited = Det har vært mange forsøk herfra. Vent { $wait } og prøv igjen.

## Passord

password-title = Skriv passordet ditt
password-label = Passord
password-show = Vis
password-hide = Skjul
password-keep = Hold meg innlogget
password-keep-hint = Ikke på en datamaskin som flere deler
password-forgot = Har du glemt passordet, eller aldri valgt noe?
password-wrong-empty = Skriv passordet ditt.
password-wrong = Adressen og passordet hører ikke sammen. Sjekk Caps Lock og prøv igjen.
password-wrong-limited = Det har vært mange forsøk. Vent { $wait } og prøv igjen, eller velg et nytt passord.
password-wrong-soon = Det har vært flere forsøk, så dette så vi ikke på. Vent { $wait } og skriv passordet ditt igjen.

## Velg konto

choose-title = Velg konto
choose-signed-in = innlogget
choose-another = En annen adresse
choose-forget = Glem en adresse på denne enheten
choose-forget-one = Glem { $address }

## Organisasjonens egen innlogging

organisation-title = Organisasjonen din tar seg av innloggingen selv
organisation-text = { $organisation } bruker ikke passord her. Alle med en adresse der kommer inn gjennom organisasjonens egen innlogging.
organisation-how = Slik kommer du videre
organisation-cure-app = Åpne appen slik organisasjonen har vist deg, for eksempel fra intranettet.
organisation-cure-ask = Usikker på hvordan? Spør { $organisation }.
organisation-cure-other = Har du en annen adresse som du logger inn med? Bruk den.
organisation-other = Bruk en annen adresse

## Samtykke

consent-title = Kan { $app } få se dette om deg?
consent-name = Navnet ditt
consent-profile = Profilen din
consent-profile-hint = For eksempel språk, tidssone og bilde
consent-mail = E-postadressen din
consent-phone = Telefonnummeret ditt
consent-postal = Postadressen din
consent-away = Også når du ikke er her
consent-away-hint = Til du trekker det tilbake på Min konto
consent-api = Bruke { $api } for deg
consent-other-hint = Appens eget navn på det den ber om
consent-nothing = Vite at det er deg
consent-nothing-hint = Appen får en betegnelse, ikke noe mer
consent-allow = Tillat
consent-deny = Nei, gå tilbake
consent-never = { $app } får aldri se passordet ditt.
consent-unchecked = { $app } har registrert seg selv her, og ingen har sjekket hvem som står bak. Den tar deg tilbake til { $host }.
unchecked-app = { $app } har registrert seg selv her, og ingen har sjekket hvem som står bak.
app-on-device = en app på enheten din ({ $scheme })

## Glemt

forgot-title = Hvordan vil du komme inn?
forgot-text = Vi sender en e-post med en lenke. Den virker én gang, og bare du skal åpne den.
forgot-reset = Velg et passord
forgot-reset-hint = Nytt, eller ditt første
forgot-link = Logg inn med en lenke
forgot-link-hint = Uten passord, bare denne gangen
forgot-back = Jeg husker passordet mitt

## E-post sendt

sent-title = Se i innboksen din
sent-reset = Hvis { $address } har en konto, har vi sendt en lenke dit. Den virker én gang, innen { $wait }.
sent-link = Hvis { $address } har en konto, har vi sendt en innloggingslenke dit. Åpne den i denne nettleseren innen { $wait }.
sent-nothing = Har det ikke kommet noe?
sent-nothing-wait = Gi det et minutt eller to.
sent-nothing-spam = Se i søppelposten.
sent-nothing-address = Sjekk at adressen her oppe er den som organisasjonen din kjenner.
sent-nothing-ask = Fortsatt ingenting? Spør { $tenant }.
sent-again = Send en ny
sent-other = Bruk en annen adresse

## Nytt passord

new-title = Velg et nytt passord
new-title-first = Velg et passord
new-label = Nytt passord
new-again = En gang til
new-save = Lagre passordet
new-rules = Slik skal det være
new-rule-length = Minst { $count } tegn
new-rule-common = Ikke vanlig eller lekket
new-rule-personal = Ikke navnet ditt eller organisasjonen din
new-rule-same = Likt i begge feltene
new-met = i orden
new-unmet = ikke ennå
new-on-save = sjekkes når du lagrer
new-tip = Tre eller fire ord er lette å huske og vanskelige å gjette. Vi sender deg en e-post når det er endret.
new-wrong-length = Det er for kort. Bruk minst { $count } tegn.
new-wrong-common = Det står på lister over vanlige og lekkede passord. Velg et som bare du kunne komme på.
new-wrong-personal = Det inneholder navnet ditt, adressen din eller organisasjonen din. Unngå dem.
new-wrong-same = De to feltene er ulike. Skriv samme passord i begge.
new-wrong-long = Det er for langt. Bruk høyst { $count } tegn.
new-wrong-reused = Det er passordet du har nå. Velg et annet.

## Passord lagret

saved-title = Passordet ditt er lagret
saved-text = Vi har sendt deg en e-post om det. Bruk det nye passordet neste gang du logger inn.
saved-ended =
    { $count ->
        [0] Ingen annen nettleser var innlogget.
        [one] Én annen nettleser ble logget ut.
       *[other] { $count } andre nettlesere ble logget ut.
    }

## Lenker

link-title = Logg inn med denne lenken
link-text = Trykk på knappen for å logge inn. Lenken virker én gang.
link-sign-in = Logg meg inn
link-password-title = Velg et passord til kontoen din
link-password-text = Trykk på knappen for å begynne. Lenken gjelder til du har lagret et passord.
link-password-begin = Velg et passord
link-not-me = Har du ikke bedt om dette? Lukk siden, så skjer det ingenting.
spent-title = Denne lenken er brukt eller for gammel
spent-text = Lenker virker én gang og en begrenset tid. Du har ikke gjort noe galt: be om en ny og bruk den snart.
spent-again = Send meg en ny lenke
spent-other = Logg inn på en annen måte
elsewhere-title = Åpne lenken der du ba om den
elsewhere-text = En innloggingslenke kan bare fullføres i nettleseren som ba om den, så ingen andre kan bruke den. Dette er en annen nettleser.
elsewhere-cure-copy = Kopier lenken fra e-posten og lim den inn i nettleseren der du begynte.
elsewhere-cure-app = E-postapper åpner ofte lenker i en egen nettleser. Velg «åpne i nettleser» der.
elsewhere-again = Begynn på nytt i denne nettleseren

## Utlogging

out-title = Du er logget ut
out-text = Du kan lukke siden. På en delt datamaskin: lukk nettleseren også.
out-apps = Noen apper holder deg innlogget en stund til. Logg ut der også hvis andre bruker maskinen.
out-again = Logg inn igjen
out-all-title = Du er logget ut overalt
out-all-text = Alle nettlesere som var innlogget på kontoen din, er logget ut, også denne.
out-telling-title = Vi logger deg ut av appene
out-telling-text = Det tar noen sekunder.
out-telling-on = Fortsett
out-ask-title = Vil du logge ut?
out-ask-text = Du er innlogget som { $address }.
out-ask-app = { $app } ber oss logge deg ut.
out-yes = Logg ut
out-no = Fortsett innlogget

## Videre

going-title = På vei til { $app }
going-text = Trykk på knappen hvis det ikke skjer noe.
going-on = Videre til { $app }

## Vansker

trouble-what-now = Slik kommer du videre
trouble-request = Appens spørsmål kan ikke besvares
trouble-request-text = { $app } sendte noe som ikke følger reglene. Vi stanset før noe ble delt.
trouble-app = Vi kjenner ikke appen
trouble-app-text = Lenken du fulgte, nevner en app som ikke er registrert her.
trouble-return = Appens returadresse er ikke registrert
trouble-return-text = { $app } ba oss sende deg til en adresse vi ikke kjenner. Vi stanset, for den kan være en annens.
trouble-expired = Siden har vært åpen for lenge
trouble-expired-text = For din sikkerhet må en innlogging bli ferdig innen en viss tid. Ingenting er tapt: begynn på nytt.
trouble-form = Vi kunne ikke se at skjemaet kom fra deg
trouble-form-text = Merket som vi har satt i nettleseren din, manglet eller var et annet. Ingenting ble gjort.
trouble-unread = Vi kunne ikke lese det nettleseren sendte
trouble-unread-text = Det var mer enn noe skjema hos oss rommer, det ble brutt av, eller det tok for lang tid. Ingenting er gjort.
trouble-cookies = Nettleseren tok ikke vare på informasjonskapselen vår
trouble-cookies-text = Vi trenger en informasjonskapsel for å holde innloggingen sammen. Den sier ingenting om deg.
trouble-limited = For mange forsøk
trouble-limited-text = Det har vært mange forsøk herfra. Vent { $wait }, og gå så videre som vanlig.
trouble-suspended = Kontoen er slått av
trouble-suspended-text = Du viste at det er deg, men kontoen kan ikke brukes akkurat nå.
trouble-policy = Organisasjonen din tillater ikke denne veien inn
trouble-policy-text = { $tenant } har bestemt hvordan folk der logger inn, og denne måten er ikke med.
trouble-unmet = Appen krever en sterkere innlogging
trouble-unmet-text = { $app } vil ha sikrere bevis på at det er deg enn kontoen din kan gi her.
trouble-broken = Noe gikk galt hos oss
trouble-broken-text = Det er ikke din feil. Vi har notert hva som skjedde, under referansen her nede.
cure-app-again = Gå tilbake til appen og begynn på nytt.
cure-tell-app = Skjer det igjen: si fra til dem som driver appen, og gi dem referansen.
cure-link = Sjekk lenken, eller åpne appen slik du pleier.
cure-reload = Åpne siden på nytt og prøv en gang til.
cure-cookies = Tillat informasjonskapsler for dette nettstedet, og ikke bytt mellom private og vanlige vinduer.
cure-wait = Vent litt og prøv igjen.
cure-other-way = Logg inn på en annen måte.
cure-ask = Spør { $tenant } og les opp referansen.
busy-title = Mange logger inn akkurat nå
busy-text = Vent { $count } sekunder og trykk på knappen. Ingenting du har gjort, er tapt.
missing-title = Her er det ingenting
missing-text = Siden kan ha flyttet, eller lenken kan være klippet av på slutten.
missing-on = Til kontoen din

## Min konto

account = Min konto
account-menu = Min konto
account-overview = Oversikt
account-sessions = Innloggede nettlesere
account-password = Passord
account-language = Språk
account-sign-out = Logg ut
overview-hello = Hei { $name }
overview-text = Det vi vet om kontoen din, og hvilke apper du har sluppet inn.
overview-about = Kontoen din
overview-address = E-postadresse
overview-organisation = Organisasjon
overview-password = Passord
overview-password-changed = Endret { $date }
overview-password-none = Ikke valgt
overview-password-off = Brukes ikke av organisasjonen din
overview-browsers = Innlogget
overview-browsers-count =
    { $count ->
        [one] Bare i denne nettleseren
       *[other] I { $count } nettlesere
    }
overview-see = Vis
overview-choose = Velg et
overview-apps = Apper du har sluppet inn
overview-apps-none = Ingen ennå. Når en app ber om noe om deg, dukker den opp her.
overview-app-since = Siden { $date }
overview-app-away = også når du ikke er her
overview-app-withdraw = Trekk tilbake
overview-app-withdraw-from = Trekk tilbake det du har tillatt { $app }
notice-withdrawn = Trukket tilbake. Appen spør deg igjen neste gang.
notice-ended = Nettleseren er logget ut.
notice-ended-others = Alle andre nettlesere er logget ut.
notice-password = Passordet ditt er endret. Vi har sendt deg en e-post om det.
notice-overtaken = Passordet ble endret et annet sted i samme øyeblikk, så ingenting ble lagret her. Hvis det ikke var deg, endre det igjen nå.
notice-link = Vi har sendt deg en e-post med en lenke der du velger passordet ditt.
notice-language = Lagret. Slik leser du oss fra nå av.
sessions-title = Innloggede nettlesere
sessions-text = Er det noen du ikke kjenner igjen? Logg den ut og bytt passord.
sessions-this = denne nettleseren
sessions-unknown = Ukjent nettleser
sessions-first = Innlogget { $date }
sessions-last = Sist brukt { $date }
sessions-kept = forblir innlogget når den lukkes
times-zone = Tidene er i UTC. I Sverige og Norge viser klokken én time mer, og to om sommeren.
sessions-end = Logg ut
sessions-end-one = Logg ut { $browser }
sessions-end-others = Logg ut alle andre
sessions-only = Du er bare innlogget i denne nettleseren.
change-title = Bytt passord
change-text = Alle andre nettlesere blir logget ut når du lagrer.
change-now = Passordet du har nå
change-wrong-now = Det er ikke passordet du har nå. Prøv igjen.
change-off = { $organisation } bruker ikke passord her, så det er ikke noe å bytte.
change-none-text = Du har ikke noe passord ennå. Vi sender en e-post med en lenke der du velger et.
change-disabled-text = Det ble for mange feil forsøk på rad, så passordet ditt er slått av. Vi sender en e-post med en lenke der du velger et nytt.
change-none-send = Send meg lenken
language-title = Språk
language-text = Sider og e-post fra oss kommer på dette språket.
language-browser = Som nettleseren min vil
language-save = Lagre
account-out-title = Logg ut
account-out-text = Velg hvor langt det skal rekke.
account-out-here = Logg ut i denne nettleseren
account-out-here-hint = Du er fortsatt innlogget andre steder
account-out-everywhere = Logg ut overalt
account-out-everywhere-hint = Alle nettlesere, også denne

## E-post

mail-hello = Hei { $name }!
mail-hello-nobody = Hei!
mail-reset-subject = Velg et nytt passord
mail-reset-lead = Noen, forhåpentligvis du, vil velge et nytt passord til kontoen din hos { $tenant }.
mail-first-subject = Velg passordet ditt
mail-first-lead = Velg et passord til kontoen din hos { $tenant }, så kan du logge inn med det.
mail-reset-button = Velg et passord
mail-link-subject = Innloggingslenken din
mail-link-lead = Her er lenken for å logge inn hos { $tenant }. Åpne den i nettleseren der du ba om den.
mail-link-button = Logg inn
mail-until = Lenken virker én gang, til { $date }.
mail-ignore = Har du ikke bedt om lenken, kan du se bort fra denne e-posten: ingenting skjer. Vi spør aldri etter lenken på telefon.
mail-changed-subject = Passordet ditt er endret
mail-changed-lead = Passordet til kontoen din hos { $tenant } ble endret { $date }.
mail-changed-note = Var det du? Da er alt i orden. Hvis ikke: velg straks et nytt passord med «glemt passordet» på innloggingssiden, og si fra til { $tenant }.
mail-guessed-subject = Noen gjetter passordet ditt
mail-guessed-lead =
    { $count ->
        [one] Et feil passord ble skrevet til kontoen din hos { $tenant }.
       *[other] Feil passord ble skrevet { $count } ganger på rad til kontoen din hos { $tenant }. Ingen kom inn på den måten.
    }
mail-guessed-at = Oppdaget: { $date }
mail-guessed-note = Var det du? Logg inn, eller velg et nytt passord med «glemt passordet» på innloggingssiden. Hvis ikke trenger du ikke gjøre noe. Etter { $most } på rad slår vi av passordet, og du velger et nytt.
mail-disabled-subject = Passordet ditt er slått av
mail-disabled-lead =
    { $count ->
        [one] Et feil passord ble skrevet til kontoen din hos { $tenant }. For at ingen skal gjette videre, er passordet ditt slått av, også for deg.
       *[other] Feil passord ble skrevet { $count } ganger på rad til kontoen din hos { $tenant }. For at ingen skal gjette videre, er passordet ditt slått av, også for deg. Ingen kom inn på den måten.
    }
mail-disabled-note = Velg et nytt med «glemt passordet» på innloggingssiden, så kan du logge inn med en gang. Der du er innlogget nå, er du innlogget til da.
mail-device-subject = Innlogging fra en ny nettleser
mail-device-lead = Kontoen din hos { $tenant } ble brukt i en nettleser som vi ikke har sett før.
mail-device-browser = Nettleser: { $browser }
mail-device-at = Tid: { $date }
mail-device-note = Var det du? Da er alt i orden. Hvis ikke: bytt passord og logg ut de andre nettleserne på Min konto.
mail-organisation-subject = Logg inn gjennom { $tenant }
mail-organisation-lead = Noen, forhåpentligvis du, ba om en lenke for å logge inn. { $tenant } bruker ikke passord eller lenker her: du kommer inn gjennom organisasjonens egen innlogging.
mail-organisation-note = Åpne appen slik { $tenant } har vist deg. Usikker på hvordan? Spør dem.
mail-from = { $tenant } sender dette gjennom { $product }, som tar seg av innloggingen. Det går ikke an å svare på e-posten.
mail-link-copy = Virker ikke knappen? Kopier dette til nettleseren:

## Formspråk (for dem som bygger)

design-title = Formspråk
design-text = Hver komponent i alle tilstander, og en prøve på hver side.
design-components = Komponenter
design-pages = Sider
