### Portvakt's words in English. Each language is written by itself: same meaning, own voice.
### Short, plain, active; "you" and "we"; verbs on buttons; nobody is blamed.

## Everywhere

page-title = { $page } – { $place }
skip = Go to the content
change = Change
continue-on = Continue
cancel = Cancel
try-again = Try again
sign-in = Sign in
reference = Reference
error-code = Error code
time = Time
summary = Something needs a change
contact = Need help?
contact-phone = Phone
contact-mail = E-mail
app-privacy = { $app }: privacy policy
app-terms = { $app }: terms of use
back-to-app = Back to { $app }
seconds =
    { $count ->
        [one] one second
       *[other] { $count } seconds
    }
minutes =
    { $count ->
        [one] one minute
       *[other] { $count } minutes
    }
clock = { $date } at { $time }

## Address

sign-in-to = Sign in to continue to
address-title = What is your e‑mail address?
address-label = E-mail address
address-hint = The one your organisation knows.
address-remember = Remember my address on this device
address-new-here = Invited, or never signed in here before?
address-wrong-empty = Type your e-mail address.
address-wrong-form = This doesn't look like an e-mail address. It should look like name@example.org.
address-wrong-limited = There have been many tries from here. Wait { $wait } and try again.

## Password

password-title = Type your password
password-label = Password
password-show = Show
password-hide = Hide
password-keep = Keep me signed in
password-keep-hint = Not on a computer that several people share
password-forgot = Forgot your password, or never chose one?
password-wrong-empty = Type your password.
password-wrong = The address and the password don't belong together. Check Caps Lock and try again.
password-wrong-limited = There have been many tries. Wait { $wait } and try again, or choose a new password.
password-wrong-soon = There have been several tries, so this one was not looked at. Wait { $wait } and type your password again.

## Choose account

choose-title = Choose an account
choose-signed-in = signed in
choose-another = Use another address
choose-forget = Forget an address on this device
choose-forget-one = Forget { $address }

## The organisation's own sign-in

organisation-title = Your organisation signs you in itself
organisation-text = { $organisation } doesn't use passwords here. Everyone with an address there comes in through the organisation's own sign-in.
organisation-how = How to go on
organisation-cure-app = Open the app the way your organisation has shown you, for instance from its intranet.
organisation-cure-ask = Not sure how? Ask { $organisation }.
organisation-cure-other = Do you have another address that you sign in with? Use that one.
organisation-other = Use another address

## Consent

consent-title = Let { $app } see this about you?
consent-name = Your name
consent-profile = Your profile
consent-profile-hint = Such as language, time zone and picture
consent-mail = Your e-mail address
consent-phone = Your phone number
consent-postal = Your postal address
consent-away = Also when you are away
consent-away-hint = Until you withdraw it in Account Settings
consent-api = Use { $api } on your behalf
consent-other-hint = The app's own name for what it asks
consent-nothing = Know that it is you
consent-nothing-hint = The app gets an identifier, nothing more
consent-allow = Allow
consent-deny = No, go back
consent-never = { $app } never sees your password.
consent-unchecked = { $app } registered itself here, and nobody has checked who runs it. It takes you back to { $host }.
unchecked-app = { $app } registered itself here, and nobody has checked who runs it.
app-on-device = an app on your device ({ $scheme })

## Forgot

forgot-title = How do you want to come in?
forgot-text = We send a mail with a link. It works once, and only you should open it.
forgot-reset = Choose a password
forgot-reset-hint = New, or your first one
forgot-link = Sign in with a link
forgot-link-hint = No password, this time only
forgot-back = I remember my password

## Mail sent

sent-title = Look in your inbox
sent-reset = If { $address } has an account, we have sent a link there. It works once, within { $wait }.
sent-link = If { $address } has an account, we have sent a sign-in link there. Open it in this browser within { $wait }.
sent-nothing = Nothing there?
sent-nothing-wait = Give it a minute or two.
sent-nothing-spam = Look in the folder for junk mail.
sent-nothing-address = Check that the address above is the one your organisation knows.
sent-nothing-ask = Still nothing? Ask { $tenant }.
sent-again = Send a new one
sent-other = Use another address

## New password

new-title = Choose a new password
new-title-first = Choose a password
new-label = New password
new-again = Once more
new-save = Save password
new-rules = What it needs
new-rule-length = At least { $count } characters
new-rule-common = Not a common or leaked password
new-rule-personal = Not your name or your organisation
new-rule-same = The same in both fields
new-met = met
new-unmet = not yet
new-on-save = checked when you save
new-tip = Three or four words are easy to remember and hard to guess. We mail you when it is changed.
new-wrong-length = It is too short. Use at least { $count } characters.
new-wrong-common = That one is on lists of common and leaked passwords. Choose one that only you would think of.
new-wrong-personal = It holds your name, your address or your organisation. Leave those out.
new-wrong-same = The two fields differ. Type the same password in both.
new-wrong-long = It is too long. Use at most { $count } characters.
new-wrong-reused = That is the password you have now. Choose another one.

## Password saved

saved-title = Your password is saved
saved-text = We have sent you a mail about it. Use the new password next time you sign in.
saved-ended =
    { $count ->
        [0] No other browser was signed in.
        [one] One other browser was signed out.
       *[other] { $count } other browsers were signed out.
    }

## Links

link-title = Sign in with this link
link-text = Press the button to sign in. The link works once.
link-sign-in = Sign me in
link-password-title = Choose a password for your account
link-password-text = Press the button to begin. The link works until you have saved a password.
link-password-begin = Choose a password
link-not-me = Didn't ask for this? Close the page: nothing happens.
spent-title = This link is used or too old
spent-text = Links work once and for a limited time. You haven't done anything wrong: get a new one and use it soon.
spent-again = Send me a new link
spent-other = Sign in another way
elsewhere-title = Open the link where you asked for it
elsewhere-text = A sign-in link finishes only in the browser that asked for it, so that nobody else can use it. This is another browser.
elsewhere-cure-copy = Copy the link from the mail and paste it in the browser where you began.
elsewhere-cure-app = Mail apps often open links in a browser of their own. Choose "open in browser" there.
elsewhere-again = Begin anew in this browser

## Signing out

out-title = You are signed out
out-text = You can close the page. On a shared computer, close the browser too.
out-apps = Some apps keep their own sign-in for a while. Sign out there too if others use this computer.
out-again = Sign in again
out-all-title = You are signed out everywhere
out-all-text = Every browser that was signed in to your account is signed out, this one too.
out-telling-title = Signing you out of your apps
out-telling-text = This takes a few seconds.
out-telling-on = Continue
out-ask-title = Sign out?
out-ask-text = You are signed in as { $address }.
out-ask-app = { $app } asks us to sign you out.
out-yes = Sign out
out-no = Stay signed in

## Going on

going-title = On your way to { $app }
going-text = If nothing happens, press the button.
going-on = Go on to { $app }

## Trouble

trouble-what-now = What you can do
trouble-request = The app's question can't be answered
trouble-request-text = { $app } sent us something that doesn't follow the rules. We stopped before anything was shared.
trouble-app = We don't know this app
trouble-app-text = The link you followed names an app that isn't registered here.
trouble-return = The app's return address isn't registered
trouble-return-text = { $app } asked us to send you to an address that we don't know. We stopped, because it could be somebody else's.
trouble-expired = The page has been open too long
trouble-expired-text = For your safety a sign-in must be finished within a certain time. Nothing is lost: begin again.
trouble-form = We couldn't tell that the form came from you
trouble-form-text = The mark that we put in your browser was missing or another one. Nothing was done.
trouble-unread = We couldn't read what your browser sent
trouble-unread-text = It was more than any of our forms holds, it broke off, or it took too long. Nothing was done.
trouble-cookies = Your browser didn't keep our cookie
trouble-cookies-text = We need a cookie to hold your sign-in together. It says nothing about you.
trouble-limited = Too many tries
trouble-limited-text = There have been many tries from here. Wait { $wait }, then go on as usual.
trouble-suspended = This account is switched off
trouble-suspended-text = You gave the right proof, but the account may not be used right now.
trouble-policy = Your organisation doesn't allow this way in
trouble-policy-text = { $tenant } has decided how its people sign in, and this way isn't one of them.
trouble-unmet = The app asks for a stronger sign-in
trouble-unmet-text = { $app } wants more proof that it is you than your account can give here.
trouble-broken = Something went wrong on our side
trouble-broken-text = It isn't your fault. We have noted what happened under the reference below.
cure-app-again = Go back to the app and begin again.
cure-tell-app = If it happens again, tell those who run the app and give them the reference.
cure-link = Check the link, or open the app as you usually do.
cure-reload = Open the page again and try once more.
cure-cookies = Allow cookies for this site, and don't switch between private and ordinary windows.
cure-wait = Wait a while and try again.
cure-other-way = Sign in in another way.
cure-ask = Ask { $tenant } and give the reference.
busy-title = Many people are signing in right now
busy-text = Wait { $count } seconds and press the button. Nothing you have done is lost.
missing-title = There is nothing here
missing-text = The page may have moved, or the link may be cut off at the end.
missing-on = Go to your account

## Account Settings

account = Account Settings
account-menu = Account Settings
account-overview = Overview
account-sessions = Signed-in browsers
account-password = Password
account-language = Language
account-sign-out = Sign out
overview-hello = Hello { $name }
overview-text = What we know about your account, and which apps you have let in.
overview-about = Your account
overview-address = E-mail address
overview-organisation = Organisation
overview-password = Password
overview-password-changed = Changed { $date }
overview-password-none = Not chosen
overview-password-off = Not used by your organisation
overview-browsers = Signed in
overview-browsers-count =
    { $count ->
        [one] Only in this browser
       *[other] In { $count } browsers
    }
overview-see = See them
overview-choose = Choose one
overview-apps = Apps you have let in
overview-apps-none = None yet. When an app asks for something about you, it shows up here.
overview-app-since = Since { $date }
overview-app-away = also when you are away
overview-app-withdraw = Withdraw
overview-app-withdraw-from = Withdraw what you allowed { $app }
notice-withdrawn = Withdrawn. The app asks you again next time.
notice-ended = The browser is signed out.
notice-ended-others = All other browsers are signed out.
notice-password = Your password is changed. We have sent you a mail about it.
notice-overtaken = Your password was changed somewhere else at the same moment, so nothing was saved here. If that wasn't you, change it again now.
notice-link = We have sent you a mail with a link where you choose your password.
notice-language = Saved. This is how you will read us from now on.
sessions-title = Signed-in browsers
sessions-text = If you don't recognise one, sign it out and change your password.
sessions-this = this browser
sessions-unknown = Unknown browser
sessions-first = Signed in { $date }
sessions-last = Last used { $date }
sessions-kept = stays signed in when closed
times-zone = Times are given in UTC. In Sweden and Norway the clock shows one hour more, and two in summer.
sessions-end = Sign out
sessions-end-one = Sign out { $browser }
sessions-end-others = Sign out all others
sessions-only = You are signed in only in this browser.
change-title = Change password
change-text = All other browsers are signed out when you save.
change-now = Password you have now
change-wrong-now = That isn't the password you have now. Try again.
change-off = { $organisation } doesn't use passwords here, so there is nothing to change.
change-none-text = You have no password yet. We send a mail with a link where you choose one.
change-disabled-text = There were too many wrong tries in a row, so your password is switched off. We send a mail with a link where you choose a new one.
change-none-send = Send me the link
language-title = Language
language-text = Pages and mails from us come in this language.
language-browser = As my browser asks
language-save = Save
account-out-title = Sign out
account-out-text = Choose how far it should reach.
account-out-here = Sign out in this browser
account-out-here-hint = You stay signed in elsewhere
account-out-everywhere = Sign out everywhere
account-out-everywhere-hint = Every browser, this one too

## Mails

mail-hello = Hello { $name },
mail-hello-nobody = Hello,
mail-reset-subject = Choose a new password
mail-reset-lead = Somebody, we hope you, asked to choose a new password for your account with { $tenant }.
mail-first-subject = Choose your password
mail-first-lead = Choose a password for your account with { $tenant }, and you can sign in with it.
mail-reset-button = Choose a password
mail-link-subject = Your sign-in link
mail-link-lead = Here is the link to sign in with { $tenant }. Open it in the browser where you asked for it.
mail-link-button = Sign in
mail-until = The link works once, until { $date }.
mail-ignore = Didn't ask for this? Ignore the mail: nothing happens. We never ask for the link by phone.
mail-changed-subject = Your password is changed
mail-changed-lead = The password of your account with { $tenant } was changed { $date }.
mail-changed-note = Was it you? Then all is well. If not: choose a new password at once with "forgot your password" on the sign-in page, and tell { $tenant }.
mail-guessed-subject = Somebody is guessing your password
mail-guessed-lead =
    { $count ->
        [one] A wrong password was typed for your account with { $tenant }.
       *[other] A wrong password was typed { $count } times in a row for your account with { $tenant }. Nobody got in by that.
    }
mail-guessed-at = Noticed: { $date }
mail-guessed-note = Was it you? Then sign in, or choose a new password with "forgot your password" on the sign-in page. If not, there is nothing you must do. After { $most } in a row we switch the password off, and you choose a new one.
mail-disabled-subject = Your password is switched off
mail-disabled-lead =
    { $count ->
        [one] A wrong password was typed for your account with { $tenant }. So that nobody goes on guessing, your password is switched off, also for you.
       *[other] A wrong password was typed { $count } times in a row for your account with { $tenant }. So that nobody goes on guessing, your password is switched off, also for you. Nobody got in by that.
    }
mail-disabled-note = Choose a new one with "forgot your password" on the sign-in page, and you can sign in at once. Where you are signed in now, you stay signed in until then.
mail-device-subject = Signed in from a new browser
mail-device-lead = Your account with { $tenant } was used in a browser that we haven't seen before.
mail-device-browser = Browser: { $browser }
mail-device-at = Time: { $date }
mail-device-note = Was it you? Then all is well. If not: change your password and sign out the other browsers in Account Settings.
mail-organisation-subject = Sign in through { $tenant }
mail-organisation-lead = Somebody, we hope you, asked for a link to sign in. { $tenant } doesn't use passwords or links here: you come in through the organisation's own sign-in.
mail-organisation-note = Open the app the way { $tenant } has shown you. Not sure how? Ask them.
mail-from = { $tenant } sends this through { $product }, which handles its sign-in. You can't answer it.
mail-link-copy = Does the button not work? Copy this to your browser:

## Design system (for those who build it)

design-title = Design system
design-text = Every component in its states, and a sample of every page.
design-components = Components
design-pages = Pages
