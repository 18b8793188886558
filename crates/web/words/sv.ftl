### Portvakts ord på svenska. Varje språk skrivs för sig: samma innebörd, egen röst.
### Kort, klart, aktivt; "du" och "vi"; verb på knapparna; ingen får skulden.

## Överallt

page-title = { $page } – { $place }
skip = Gå till innehållet
change = Byt
continue-on = Fortsätt
cancel = Avbryt
try-again = Försök igen
sign-in = Logga in
reference = Referens
error-code = Felkod
time = Tid
summary = Något behöver ändras
contact = Behöver du hjälp?
contact-phone = Telefon
contact-mail = E-post
app-privacy = { $app }: integritetspolicy
app-terms = { $app }: användarvillkor
back-to-app = Tillbaka till { $app }
seconds =
    { $count ->
        [one] en sekund
       *[other] { $count } sekunder
    }
minutes =
    { $count ->
        [one] en minut
       *[other] { $count } minuter
    }
clock = { $date } kl. { $time }

## Adress

sign-in-to = Logga in för att fortsätta till
address-title = Vilken e‑postadress har du?
address-label = E-postadress
address-hint = Den som din organisation känner till.
address-remember = Kom ihåg min adress på den här enheten
address-new-here = Inbjuden, eller aldrig loggat in här förut?
address-wrong-empty = Skriv din e-postadress.
address-wrong-form = Det ser inte ut som en e-postadress. Den ska se ut som namn@exempel.se.
address-wrong-limited = Det har varit många försök härifrån. Vänta { $wait } och försök igen.

## Lösenord

password-title = Skriv ditt lösenord
password-label = Lösenord
password-show = Visa
password-hide = Dölj
password-keep = Håll mig inloggad
password-keep-hint = Inte på en dator som flera delar
password-forgot = Har du glömt lösenordet, eller aldrig valt något?
password-wrong-empty = Skriv ditt lösenord.
password-wrong = Adressen och lösenordet stämmer inte ihop. Kontrollera Caps Lock och försök igen.
password-wrong-limited = Det har varit många försök. Vänta { $wait } och försök igen, eller välj ett nytt lösenord.
password-wrong-soon = Det har varit flera försök, så det här tittade vi inte på. Vänta { $wait } och skriv ditt lösenord igen.

## Välj konto

choose-title = Välj konto
choose-signed-in = inloggad
choose-another = En annan adress
choose-forget = Glöm en adress på den här enheten
choose-forget-one = Glöm { $address }

## Organisationens egen inloggning

organisation-title = Din organisation sköter inloggningen själv
organisation-text = { $organisation } använder inte lösenord här. Alla med en adress där kommer in genom organisationens egen inloggning.
organisation-how = Så kommer du vidare
organisation-cure-app = Öppna appen så som din organisation har visat dig, till exempel från intranätet.
organisation-cure-ask = Osäker på hur? Fråga { $organisation }.
organisation-cure-other = Har du en annan adress som du loggar in med? Använd den.
organisation-other = Använd en annan adress

## Samtycke

consent-title = Får { $app } se det här om dig?
consent-name = Ditt namn
consent-profile = Din profil
consent-profile-hint = Till exempel språk, tidszon och bild
consent-mail = Din e-postadress
consent-phone = Ditt telefonnummer
consent-postal = Din postadress
consent-away = Också när du inte är här
consent-away-hint = Tills du drar tillbaka det under Mitt konto
consent-api = Använda { $api } åt dig
consent-other-hint = Så kallar appen det som den ber om
consent-nothing = Veta att det är du
consent-nothing-hint = Appen får en beteckning, inget mer
consent-allow = Tillåt
consent-deny = Nej, gå tillbaka
consent-never = { $app } får aldrig se ditt lösenord.
consent-unchecked = { $app } har registrerat sig själv här, och ingen har kontrollerat vem som står bakom. Den tar dig tillbaka till { $host }.
unchecked-app = { $app } har registrerat sig själv här, och ingen har kontrollerat vem som står bakom.
app-on-device = en app på din enhet ({ $scheme })

## Glömt

forgot-title = Hur vill du komma in?
forgot-text = Vi skickar ett mejl med en länk. Den fungerar en gång, och bara du ska öppna den.
forgot-reset = Välj ett lösenord
forgot-reset-hint = Nytt, eller ditt första
forgot-link = Logga in med en länk
forgot-link-hint = Utan lösenord, bara den här gången
forgot-back = Jag minns mitt lösenord

## Mejl skickat

sent-title = Titta i din inkorg
sent-reset = Om { $address } har ett konto har vi skickat en länk dit. Den fungerar en gång, inom { $wait }.
sent-link = Om { $address } har ett konto har vi skickat en inloggningslänk dit. Öppna den i den här webbläsaren inom { $wait }.
sent-nothing = Har inget kommit?
sent-nothing-wait = Ge det någon minut.
sent-nothing-spam = Titta i skräpposten.
sent-nothing-address = Kontrollera att adressen här ovanför är den som din organisation känner till.
sent-nothing-ask = Fortfarande inget? Fråga { $tenant }.
sent-again = Skicka en ny
sent-other = Använd en annan adress

## Nytt lösenord

new-title = Välj ett nytt lösenord
new-title-first = Välj ett lösenord
new-label = Nytt lösenord
new-again = En gång till
new-save = Spara lösenordet
new-rules = Så ska det vara
new-rule-length = Minst { $count } tecken
new-rule-common = Inte vanligt eller läckt
new-rule-personal = Inte ditt namn eller din organisation
new-rule-same = Samma i båda fälten
new-met = klart
new-unmet = inte än
new-on-save = kontrolleras när du sparar
new-tip = Tre eller fyra ord är lätta att minnas och svåra att gissa. Vi mejlar dig när det är ändrat.
new-wrong-length = Det är för kort. Använd minst { $count } tecken.
new-wrong-common = Det finns på listor över vanliga och läckta lösenord. Välj ett som bara du skulle komma på.
new-wrong-personal = Det innehåller ditt namn, din adress eller din organisation. Undvik dem.
new-wrong-same = De två fälten skiljer sig åt. Skriv samma lösenord i båda.
new-wrong-long = Det är för långt. Använd högst { $count } tecken.
new-wrong-reused = Det är lösenordet du har nu. Välj ett annat.

## Lösenord sparat

saved-title = Ditt lösenord är sparat
saved-text = Vi har mejlat dig om det. Använd det nya lösenordet nästa gång du loggar in.
saved-ended =
    { $count ->
        [0] Ingen annan webbläsare var inloggad.
        [one] En annan webbläsare loggades ut.
       *[other] { $count } andra webbläsare loggades ut.
    }

## Länkar

link-title = Logga in med den här länken
link-text = Tryck på knappen för att logga in. Länken fungerar en gång.
link-sign-in = Logga in mig
link-password-title = Välj ett lösenord till ditt konto
link-password-text = Tryck på knappen för att börja. Länken gäller tills du har sparat ett lösenord.
link-password-begin = Välj ett lösenord
link-not-me = Har du inte bett om det här? Stäng sidan, så händer ingenting.
spent-title = Länken är använd eller för gammal
spent-text = Länkar fungerar en gång och en begränsad tid. Du har inte gjort något fel: be om en ny och använd den snart.
spent-again = Skicka en ny länk
spent-other = Logga in på ett annat sätt
elsewhere-title = Öppna länken där du bad om den
elsewhere-text = En inloggningslänk går bara att slutföra i webbläsaren som bad om den, så att ingen annan kan använda den. Det här är en annan webbläsare.
elsewhere-cure-copy = Kopiera länken från mejlet och klistra in den i webbläsaren där du började.
elsewhere-cure-app = Mejlappar öppnar ofta länkar i en egen webbläsare. Välj "öppna i webbläsare" där.
elsewhere-again = Börja om i den här webbläsaren

## Utloggning

out-title = Du är utloggad
out-text = Du kan stänga sidan. På en delad dator: stäng webbläsaren också.
out-apps = En del appar håller dig inloggad en stund till. Logga ut där också om andra använder datorn.
out-again = Logga in igen
out-all-title = Du är utloggad överallt
out-all-text = Alla webbläsare som var inloggade på ditt konto är utloggade, den här också.
out-telling-title = Vi loggar ut dig från apparna
out-telling-text = Det tar några sekunder.
out-telling-on = Fortsätt
out-ask-title = Vill du logga ut?
out-ask-text = Du är inloggad som { $address }.
out-ask-app = { $app } ber oss logga ut dig.
out-yes = Logga ut
out-no = Fortsätt vara inloggad

## Vidare

going-title = På väg till { $app }
going-text = Tryck på knappen om inget händer.
going-on = Vidare till { $app }

## Bekymmer

trouble-what-now = Så kommer du vidare
trouble-request = Appens fråga går inte att besvara
trouble-request-text = { $app } skickade något som inte följer reglerna. Vi stannade innan något delades.
trouble-app = Vi känner inte appen
trouble-app-text = Länken du följde nämner en app som inte är registrerad här.
trouble-return = Appens returadress är inte registrerad
trouble-return-text = { $app } bad oss skicka dig till en adress som vi inte känner. Vi stannade, för den kan vara någon annans.
trouble-expired = Sidan har varit öppen för länge
trouble-expired-text = För din säkerhet ska en inloggning bli klar inom en viss tid. Inget är förlorat: börja om.
trouble-form = Vi kunde inte se att formuläret kom från dig
trouble-form-text = Märket som vi har satt i din webbläsare saknades eller var ett annat. Ingenting gjordes.
trouble-unread = Vi kunde inte läsa det som webbläsaren skickade
trouble-unread-text = Det var mer än något av våra formulär rymmer, det bröts av eller det tog för lång tid. Inget har gjorts.
trouble-cookies = Din webbläsare sparade inte vår kaka
trouble-cookies-text = Vi behöver en kaka för att hålla ihop inloggningen. Den säger inget om dig.
trouble-limited = För många försök
trouble-limited-text = Det har varit många försök härifrån. Vänta { $wait } och fortsätt sedan som vanligt.
trouble-suspended = Kontot är avstängt
trouble-suspended-text = Du visade att det är du, men kontot får inte användas just nu.
trouble-policy = Din organisation tillåter inte den här vägen in
trouble-policy-text = { $tenant } har bestämt hur dess folk loggar in, och det här sättet ingår inte.
trouble-unmet = Appen kräver en starkare inloggning
trouble-unmet-text = { $app } vill ha säkrare bevis för att det är du än ditt konto kan ge här.
trouble-broken = Något gick fel hos oss
trouble-broken-text = Det är inte ditt fel. Vi har antecknat vad som hände under referensen här nedanför.
cure-app-again = Gå tillbaka till appen och börja om.
cure-tell-app = Händer det igen: berätta för dem som sköter appen och ge dem referensen.
cure-link = Kontrollera länken, eller öppna appen som du brukar.
cure-reload = Öppna sidan på nytt och försök en gång till.
cure-cookies = Tillåt kakor för den här webbplatsen, och växla inte mellan privata och vanliga fönster.
cure-wait = Vänta en stund och försök igen.
cure-other-way = Logga in på ett annat sätt.
cure-ask = Fråga { $tenant } och läs upp referensen.
busy-title = Många loggar in just nu
busy-text = Vänta { $count } sekunder och tryck på knappen. Inget du har gjort är förlorat.
missing-title = Här finns ingenting
missing-text = Sidan kan ha flyttat, eller så är länken avklippt på slutet.
missing-on = Till ditt konto

## Mitt konto

account = Mitt konto
account-menu = Mitt konto
account-overview = Översikt
account-sessions = Inloggade webbläsare
account-password = Lösenord
account-language = Språk
account-sign-out = Logga ut
overview-hello = Hej { $name }
overview-text = Det vi vet om ditt konto, och vilka appar du har släppt in.
overview-about = Ditt konto
overview-address = E-postadress
overview-organisation = Organisation
overview-password = Lösenord
overview-password-changed = Ändrat { $date }
overview-password-none = Inte valt
overview-password-off = Används inte av din organisation
overview-browsers = Inloggad
overview-browsers-count =
    { $count ->
        [one] Bara i den här webbläsaren
       *[other] I { $count } webbläsare
    }
overview-see = Visa
overview-choose = Välj ett
overview-apps = Appar du har släppt in
overview-apps-none = Inga än. När en app ber om något om dig syns den här.
overview-app-since = Sedan { $date }
overview-app-away = också när du inte är här
overview-app-withdraw = Dra tillbaka
overview-app-withdraw-from = Dra tillbaka det du har tillåtit { $app }
notice-withdrawn = Tillbakadraget. Appen frågar dig igen nästa gång.
notice-ended = Webbläsaren är utloggad.
notice-ended-others = Alla andra webbläsare är utloggade.
notice-password = Ditt lösenord är ändrat. Vi har mejlat dig om det.
notice-overtaken = Lösenordet ändrades någon annanstans i samma ögonblick, så inget sparades här. Om det inte var du, ändra det igen nu.
notice-link = Vi har skickat ett mejl med en länk där du väljer ditt lösenord.
notice-language = Sparat. Så här läser du oss från och med nu.
sessions-title = Inloggade webbläsare
sessions-text = Är det någon du inte känner igen? Logga ut den och byt lösenord.
sessions-this = den här webbläsaren
sessions-unknown = Okänd webbläsare
sessions-first = Inloggad { $date }
sessions-last = Senast använd { $date }
sessions-kept = förblir inloggad när den stängs
times-zone = Tiderna är i UTC. I Sverige och Norge visar klockan en timme mer, och två på sommaren.
sessions-end = Logga ut
sessions-end-one = Logga ut { $browser }
sessions-end-others = Logga ut alla andra
sessions-only = Du är bara inloggad i den här webbläsaren.
change-title = Byt lösenord
change-text = Alla andra webbläsare loggas ut när du sparar.
change-now = Lösenordet du har nu
change-wrong-now = Det är inte lösenordet du har nu. Försök igen.
change-off = { $organisation } använder inte lösenord här, så det finns inget att byta.
change-none-text = Du har inget lösenord än. Vi skickar ett mejl med en länk där du väljer ett.
change-disabled-text = Det blev för många felaktiga försök i rad, så ditt lösenord är avstängt. Vi skickar ett mejl med en länk där du väljer ett nytt.
change-none-send = Skicka länken
language-title = Språk
language-text = Sidor och mejl från oss kommer på det här språket.
language-browser = Som min webbläsare vill
language-save = Spara
account-out-title = Logga ut
account-out-text = Välj hur långt det ska nå.
account-out-here = Logga ut i den här webbläsaren
account-out-here-hint = Du är fortfarande inloggad på andra håll
account-out-everywhere = Logga ut överallt
account-out-everywhere-hint = Alla webbläsare, den här också

## Mejl

mail-hello = Hej { $name }!
mail-hello-nobody = Hej!
mail-reset-subject = Välj ett nytt lösenord
mail-reset-lead = Någon, förhoppningsvis du, vill välja ett nytt lösenord till ditt konto hos { $tenant }.
mail-first-subject = Välj ditt lösenord
mail-first-lead = Välj ett lösenord till ditt konto hos { $tenant }, så kan du logga in med det.
mail-reset-button = Välj ett lösenord
mail-link-subject = Din inloggningslänk
mail-link-lead = Här är länken för att logga in hos { $tenant }. Öppna den i webbläsaren där du bad om den.
mail-link-button = Logga in
mail-until = Länken fungerar en gång, till { $date }.
mail-ignore = Har du inte bett om länken kan du strunta i mejlet: ingenting händer. Vi frågar aldrig efter länken per telefon.
mail-changed-subject = Ditt lösenord är ändrat
mail-changed-lead = Lösenordet till ditt konto hos { $tenant } ändrades { $date }.
mail-changed-note = Var det du? Då är allt som det ska. Om inte: välj genast ett nytt lösenord med "glömt lösenordet" på inloggningssidan, och berätta för { $tenant }.
mail-guessed-subject = Någon gissar ditt lösenord
mail-guessed-lead =
    { $count ->
        [one] Ett fel lösenord skrevs till ditt konto hos { $tenant }.
       *[other] Fel lösenord skrevs { $count } gånger i rad till ditt konto hos { $tenant }. Ingen kom in på det sättet.
    }
mail-guessed-at = Upptäckt: { $date }
mail-guessed-note = Var det du? Logga in, eller välj ett nytt lösenord med "glömt lösenordet" på inloggningssidan. Om inte behöver du inte göra något. Efter { $most } i rad stänger vi av lösenordet, och du väljer ett nytt.
mail-disabled-subject = Ditt lösenord är avstängt
mail-disabled-lead =
    { $count ->
        [one] Ett fel lösenord skrevs till ditt konto hos { $tenant }. För att ingen ska fortsätta gissa är ditt lösenord avstängt, också för dig.
       *[other] Fel lösenord skrevs { $count } gånger i rad till ditt konto hos { $tenant }. För att ingen ska fortsätta gissa är ditt lösenord avstängt, också för dig. Ingen kom in på det sättet.
    }
mail-disabled-note = Välj ett nytt med "glömt lösenordet" på inloggningssidan, så kan du logga in genast. Där du är inloggad nu är du inloggad tills dess.
mail-device-subject = Inloggning från en ny webbläsare
mail-device-lead = Ditt konto hos { $tenant } användes i en webbläsare som vi inte har sett förut.
mail-device-browser = Webbläsare: { $browser }
mail-device-at = Tid: { $date }
mail-device-note = Var det du? Då är allt som det ska. Om inte: byt lösenord och logga ut de andra webbläsarna under Mitt konto.
mail-organisation-subject = Logga in genom { $tenant }
mail-organisation-lead = Någon, förhoppningsvis du, bad om en länk för att logga in. { $tenant } använder inte lösenord eller länkar här: du kommer in genom organisationens egen inloggning.
mail-organisation-note = Öppna appen så som { $tenant } har visat dig. Osäker på hur? Fråga dem.
mail-from = { $tenant } skickar det här genom { $product }, som sköter inloggningen. Det går inte att svara på mejlet.
mail-link-copy = Fungerar inte knappen? Kopiera det här till webbläsaren:

## Formspråk (för dem som bygger)

design-title = Formspråk
design-text = Varje komponent i alla sina lägen, och ett prov på varje sida.
design-components = Komponenter
design-pages = Sidor
