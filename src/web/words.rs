//! What the page says, in English and German. A word that lacks a language does not compile.

use axum::http::{HeaderMap, header};

use super::cookie;

/// The cookie with the language that somebody chose.
pub(crate) const COOKIE: &str = "language";

macro_rules! words {
    ($($name:ident: $en:literal / $de:literal,)*) => {
        /// Every word of the page in one language.
        #[derive(Debug)]
        pub(crate) struct Words {
            /// Its BCP 47 tag.
            pub(crate) tag: &'static str,
            $(pub(crate) $name: &'static str,)*
        }

        /// English.
        pub(crate) static EN: Words = Words { tag: "en", $($name: $en,)* };

        /// German.
        pub(crate) static DE: Words = Words { tag: "de", $($name: $de,)* };
    };
}

words! {
    title: "Attendant admin center" / "Attendant Admin Center",
    skip: "Skip to content" / "Zum Inhalt springen",
    product: "Skype for Business" / "Skype for Business",
    area: "Dial-in conferencing" / "Einwahlkonferenzen",
    menu: "Menu" / "Menü",
    users: "Dial-in users" / "Einwahlbenutzer",
    settings: "Bridge settings" / "Brückeneinstellungen",
    numbers: "Service numbers" / "Dienstnummern",
    mail: "Mail" / "E-Mail",
    audit: "Audit" / "Protokoll",
    live: "Live meetings" / "Laufende Besprechungen",
    wall: "Wall" / "Übersicht",
    api: "REST API" / "REST-API",
    mine: "My coordinates" / "Meine Einwahldaten",
    other_language: "Deutsch" / "English",
    other_tag: "de" / "en",

    sign_in: "Sign in" / "Anmelden",
    sign_in_lead: "Manage dial-in conferencing, and watch meetings as callers come and go." / "Einwahlkonferenzen verwalten und Besprechungen verfolgen, während Anrufer kommen und gehen.",
    sign_out: "Sign out" / "Abmelden",
    account: "Account" / "Konto",
    password: "Password" / "Kennwort",
    wrong_sign_in: "This account and password do not go together." / "Konto und Kennwort passen nicht zusammen.",
    too_many: "Too many tries. Wait a minute, then try again." / "Zu viele Versuche. Warten Sie eine Minute und versuchen Sie es dann noch einmal.",
    first_hint: "At the first start a one-time password for the account admin was printed in the terminal." / "Beim ersten Start wurde im Terminal ein Einmalkennwort für das Konto admin ausgegeben.",
    change_password: "Change password" / "Kennwort ändern",
    must_change: "You signed in with a one-time password. Choose one of your own to go on." / "Sie haben sich mit einem Einmalkennwort angemeldet. Wählen Sie ein eigenes, um fortzufahren.",
    present_password: "Present password" / "Bisheriges Kennwort",
    new_password: "New password" / "Neues Kennwort",
    new_password_again: "New password, once more" / "Neues Kennwort, noch einmal",
    password_rule: "At least 12 characters. A few words in a row are good." / "Mindestens 12 Zeichen. Einige Wörter hintereinander sind gut.",
    not_the_same: "The two new passwords are not the same." / "Die beiden neuen Kennwörter sind nicht gleich.",
    password_changed: "Your password was changed." / "Ihr Kennwort wurde geändert.",

    search_users: "Search users" / "Benutzer suchen",
    search_hint: "Name or conference ID" / "Name oder Konferenz-ID",
    search: "Search" / "Suchen",
    clear: "Clear" / "Zurücksetzen",
    nobody_found: "Nobody is found." / "Niemand gefunden.",
    no_users: "There are no users yet. Enable the first one:" / "Es gibt noch keine Benutzer. Aktivieren Sie den ersten:",
    name: "Display name" / "Anzeigename",
    user: "User" / "Benutzer",
    user_name: "User name" / "Benutzername",
    state: "Dial-in" / "Einwahl",
    enabled: "Enabled" / "Aktiviert",
    disabled: "Disabled" / "Deaktiviert",
    conference_id: "Conference ID" / "Konferenz-ID",
    pin: "PIN" / "PIN",
    no_pin: "none" / "keine",
    number: "Toll number" / "Gebührenpflichtige Nummer",
    toll_free_number: "Toll-free number" / "Gebührenfreie Nummer",
    address: "Mail address" / "E-Mail-Adresse",
    language: "Language of mails" / "Sprache der E-Mails",
    anonymous_start: "Meetings start without a PIN" / "Besprechungen beginnen ohne PIN",
    allow_toll_free: "Calls to toll-free numbers" / "Anrufe bei gebührenfreien Nummern",
    pin_entry: "PIN entry" / "PIN-Eingabe",
    pin_open: "open" / "offen",
    locked_until: "locked until" / "gesperrt bis",
    locked_for_good: "locked until you unlock it" / "gesperrt, bis Sie entsperren",
    wrong_pins: "wrong PINs since it was last unlocked" / "falsche PINs seit der letzten Entsperrung",
    yes: "Yes" / "Ja",
    no: "No" / "Nein",
    none: "None" / "Keine",
    first_page: "First page" / "Erste Seite",
    next_page: "Next page" / "Nächste Seite",
    add_user: "Enable a user" / "Benutzer aktivieren",
    add_user_lead: "The user is given a conference ID and a PIN, and is told by mail." / "Der Benutzer erhält eine Konferenz-ID und eine PIN und wird per E-Mail benachrichtigt.",
    choose_user: "Choose a user to see the coordinates and what can be done." / "Wählen Sie einen Benutzer, um die Einwahldaten und Aktionen zu sehen.",

    actions: "Actions" / "Aktionen",
    reset_pin: "Reset PIN" / "PIN zurücksetzen",
    reset_conference_id: "Reset conference ID" / "Konferenz-ID zurücksetzen",
    send_mail: "Send conference info by mail" / "Konferenzdaten per E-Mail senden",
    unlock: "Unlock PIN entry" / "PIN-Eingabe entsperren",
    enable: "Enable" / "Aktivieren",
    disable: "Disable" / "Deaktivieren",
    edit: "Edit" / "Bearbeiten",
    close: "Close" / "Schließen",
    cancel: "Cancel" / "Abbrechen",
    save: "Save" / "Speichern",
    confirm_reset_pin: "Reset the PIN of" / "Die PIN zurücksetzen von",
    confirm_reset_pin_lead: "The present PIN stops working at once. The new one is shown once, and cannot be shown again." / "Die bisherige PIN gilt sofort nicht mehr. Die neue wird einmal angezeigt und kann nicht noch einmal angezeigt werden.",
    confirm_reset_id: "Reset the conference ID of" / "Die Konferenz-ID zurücksetzen von",
    confirm_reset_id_lead: "Invitations with the present conference ID stop working at once." / "Einladungen mit der bisherigen Konferenz-ID gelten sofort nicht mehr.",
    confirm_disable: "Disable dial-in for" / "Die Einwahl deaktivieren für",
    confirm_disable_lead: "The conference ID and the PIN are taken away, and the user is told by mail." / "Konferenz-ID und PIN werden entzogen, und der Benutzer wird per E-Mail benachrichtigt.",
    mail_to: "Send the mail to another address" / "Die E-Mail an eine andere Adresse senden",
    mail_to_hint: "Empty: the user is mailed, if automatic mail is on." / "Leer: der Benutzer erhält eine E-Mail, wenn automatische E-Mails an sind.",
    new_pin: "New PIN" / "Neue PIN",
    new_pin_lead: "It is shown this once, and gone when you leave this page." / "Sie wird nur dieses eine Mal angezeigt und ist fort, wenn Sie diese Seite verlassen.",
    copy: "Copy" / "Kopieren",
    copied: "Copied" / "Kopiert",
    mail_waits: "A mail waits to be sent to" / "Eine E-Mail wartet auf den Versand an",
    no_address: "No mail is sent: the user has no mail address." / "Es wird keine E-Mail gesendet: der Benutzer hat keine E-Mail-Adresse.",
    mail_is_off: "No mail is sent: automatic mail is off." / "Es wird keine E-Mail gesendet: automatische E-Mails sind aus.",
    pass_on: "Pass the PIN on to the user yourself: it is not shown again." / "Geben Sie die PIN dem Benutzer selbst weiter: sie wird nicht noch einmal angezeigt.",
    no_number_in_mail: "There is no service number in the mail." / "In der E-Mail steht keine Dienstnummer.",
    done: "Done." / "Erledigt.",
    nothing_changed: "It is so already: nothing was changed." / "Es ist schon so: nichts wurde geändert.",
    changed_meanwhile: "Somebody else changed this meanwhile. Look at it again, and decide anew." / "Jemand anderes hat dies inzwischen geändert. Sehen Sie es sich noch einmal an und entscheiden Sie neu.",
    form_used: "This form was sent already, or is too old. Nothing was done." / "Dieses Formular wurde schon gesendet oder ist zu alt. Nichts wurde getan.",
    forged: "This request does not come from a page of yours. Nothing was done." / "Diese Anfrage kommt von keiner Ihrer Seiten. Nichts wurde getan.",

    mine_lead: "What you need to hold meetings by phone." / "Was Sie für Besprechungen per Telefon brauchen.",
    mine_pin: "Only an administrator can reset your PIN. If you have forgotten it, ask one." / "Nur ein Administrator kann Ihre PIN zurücksetzen. Wenn Sie sie vergessen haben, fragen Sie einen.",
    not_enabled: "You are not enabled for dial-in conferencing. Ask an administrator." / "Sie sind nicht für Einwahlkonferenzen aktiviert. Fragen Sie einen Administrator.",
    forbidden: "This is for administrators." / "Dies ist für Administratoren.",

    settings_lead: "They hold for every user. A new PIN length is for PINs that are generated from now on." / "Sie gelten für alle Benutzer. Eine neue PIN-Länge gilt für PINs, die von nun an erzeugt werden.",
    group_pins: "PINs and meetings" / "PINs und Besprechungen",
    group_announce: "Announcements" / "Ansagen",
    group_mail: "Mail to users" / "E-Mails an Benutzer",
    pin_length: "PIN length" / "PIN-Länge",
    pin_length_hint: "4 to 12 digits" / "4 bis 12 Ziffern",
    anonymous_default: "New users: meetings start without a PIN" / "Neue Benutzer: Besprechungen beginnen ohne PIN",
    automatic_mail: "Tell users of changes by mail" / "Benutzer per E-Mail über Änderungen benachrichtigen",
    announce: "Announce who comes and goes" / "Ansagen, wer kommt und geht",
    announce_with: "Announce with" / "Ansagen mit",
    with_names: "recorded names" / "aufgenommenen Namen",
    with_tone: "a tone" / "einem Ton",
    name_recording: "Callers record their names" / "Anrufer sprechen ihren Namen auf",
    sender_override: "Send mail in another name" / "E-Mails unter anderem Namen senden",
    sender_address: "Sender's address" / "Absenderadresse",
    sender_name: "Sender's name" / "Absendername",
    saved: "Saved." / "Gespeichert.",

    numbers_lead: "The numbers that callers dial, and the languages that they hear." / "Die Nummern, die Anrufer wählen, und die Sprachen, die sie hören.",
    number_label: "Number" / "Nummer",
    no_numbers: "There are no service numbers yet." / "Es gibt noch keine Dienstnummern.",
    toll: "Toll" / "Gebührenpflichtig",
    toll_free: "Toll-free" / "Gebührenfrei",
    primary_language: "Primary language" / "Erste Sprache",
    secondary_languages: "Other languages" / "Weitere Sprachen",
    secondary_hint: "Reached with *1 to *4" / "Erreichbar mit *1 bis *4",
    add_number: "Add a number" / "Nummer hinzufügen",
    number_hint: "With + and country code, as +14255550100" / "Mit + und Ländervorwahl, wie +14255550100",
    add: "Add" / "Hinzufügen",
    remove: "Remove" / "Entfernen",
    remove_number: "Remove the number" / "Die Nummer entfernen",

    mail_lead: "What waits to be sent, what was sent, and what could not be." / "Was auf den Versand wartet, was gesendet wurde und was nicht gesendet werden konnte.",
    status: "State" / "Zustand",
    all: "All" / "Alle",
    waiting: "Waiting" / "Wartend",
    sent: "Sent" / "Gesendet",
    dead: "Given up" / "Aufgegeben",
    no_mails: "There is no mail here." / "Hier ist keine E-Mail.",
    tells: "Tells" / "Inhalt",
    tells_enabled: "Enabled" / "Aktiviert",
    tells_pin_reset: "New PIN" / "Neue PIN",
    tells_changed: "New coordinates" / "Neue Einwahldaten",
    tells_disabled: "Disabled" / "Deaktiviert",
    tells_coordinates: "Coordinates" / "Einwahldaten",
    to: "To" / "An",
    mail_to_folder: "No mail server is set: mails are put into a folder, and reach nobody." / "Es ist kein Mailserver eingestellt: E-Mails werden in einen Ordner gelegt und erreichen niemanden.",
    next_try: "next try" / "nächster Versuch",
    when: "When" / "Wann",
    tries: "Tries" / "Versuche",
    resend: "Send again" / "Erneut senden",
    resent: "The mail waits to be sent again." / "Die E-Mail wartet auf erneuten Versand.",
    pin_wiped: "The PIN in this mail was wiped. Only a reset gives a PIN that can be mailed." / "Die PIN in dieser E-Mail wurde gelöscht. Nur ein Zurücksetzen gibt eine PIN, die gesendet werden kann.",
    not_settled: "It waits already, and is sent when it is due." / "Sie wartet schon und wird gesendet, wenn sie fällig ist.",
    older: "Older" / "Ältere",
    newest: "Newest" / "Neueste",

    audit_lead: "Who did what, when and from where. Nobody can change it without being noticed." / "Wer was wann und von wo getan hat. Niemand kann es unbemerkt ändern.",
    actor: "Who" / "Wer",
    act: "What" / "Was",
    subject: "Whom or what" / "Wen oder was",
    detail: "Details" / "Einzelheiten",
    origin: "From" / "Von",
    no_entries: "Nothing was done yet." / "Es wurde noch nichts getan.",

    live_lead: "Who waits, who talks, and what each caller hears, as it happens." / "Wer wartet, wer spricht und was jeder Anrufer hört, während es geschieht.",
    meeting: "Meeting" / "Besprechung",
    meetings: "Meetings" / "Besprechungen",
    demo_meeting: "Demo meeting" / "Demobesprechung",
    in_lobby: "In the lobby" / "Im Wartebereich",
    in_meeting: "In the meeting" / "In der Besprechung",
    at_door: "At the door" / "An der Tür",
    on_the_way: "On the way" / "Unterwegs",
    nobody_calls: "Nobody calls right now. Place some simulated callers, and watch a lobby fill and empty." / "Gerade ruft niemand an. Setzen Sie simulierte Anrufer ein und sehen Sie zu, wie sich ein Wartebereich füllt und leert.",
    waits: "Waits for the organizer" / "Wartet auf den Organisator",
    runs: "Runs" / "Läuft",
    locked: "Locked" / "Gesperrt",
    organizer: "Organizer" / "Organisator",
    hold_music: "Music on hold" / "Wartemusik",
    hears_meeting: "The meeting" / "Die Besprechung",
    silence: "Nothing" / "Nichts",
    muted: "muted" / "stumm",
    hand: "hand raised" / "Hand gehoben",
    admit: "Admit" / "Einlassen",
    lock_meeting: "Lock" / "Sperren",
    unlock_meeting: "Unlock" / "Entsperren",
    end_meeting: "End" / "Beenden",
    ask_end_meeting: "End this meeting for everybody in it?" / "Diese Besprechung für alle beenden?",
    and_more: "more, not shown" / "weitere, nicht gezeigt",
    gone: "Nobody is in this meeting any more." / "In dieser Besprechung ist niemand mehr.",
    all_meetings: "All meetings" / "Alle Besprechungen",
    calls: "Calls" / "Anrufe",
    disconnected: "The connection is lost, and what is shown is old. It is being tried again." / "Die Verbindung ist unterbrochen, und was gezeigt wird, ist alt. Es wird weiter versucht.",

    place: "Place simulated callers" / "Simulierte Anrufer einsetzen",
    place_demo: "Three callers and an organizer" / "Drei Anrufer und ein Organisator",
    place_demo_lead: "They wait in a demo meeting until the organizer keys the PIN." / "Sie warten in einer Demobesprechung, bis der Organisator die PIN eingibt.",
    place_other: "Another scene" / "Eine andere Szene",
    story: "What happens" / "Was geschieht",
    play_meeting: "Callers wait, the organizer releases them" / "Anrufer warten, der Organisator lässt sie ein",
    play_waiting: "Callers wait for whoever comes" / "Anrufer warten, wer auch kommt",
    play_organizer: "An organizer calls" / "Ein Organisator ruft an",
    play_wrong_pin: "A stranger errs with the PIN" / "Ein Fremder irrt sich bei der PIN",
    how_many: "Callers" / "Anrufer",
    how_many_hint: "Only where callers wait; empty: 3, at most" / "Nur wo Anrufer warten; leer: 3, höchstens",
    scenarios: "Scenarios" / "Szenarien",
    whose_meeting: "Conference ID" / "Konferenz-ID",
    whose_hint: "Empty: a demo meeting" / "Leer: eine Demobesprechung",
    with_pin: "The organizer's PIN" / "PIN des Organisators",
    with_pin_hint: "Only for a real conference ID" / "Nur für eine echte Konferenz-ID",
    place_now: "Let them call" / "Anrufen lassen",
    placed: "The callers dial." / "Die Anrufer wählen.",
    needs_pin: "For a real conference ID the organizer needs the PIN." / "Für eine echte Konferenz-ID braucht der Organisator die PIN.",
    bad_pin: "A PIN has 4 to 12 digits." / "Eine PIN hat 4 bis 12 Ziffern.",
    bad_conference_id: "A conference ID is 1 to 12 digits." / "Eine Konferenz-ID hat 1 bis 12 Ziffern.",
    callers_from_one_to: "As many callers can be placed at once as a meeting holds: 1 to" / "Auf einmal können so viele Anrufer eingesetzt werden, wie eine Besprechung fasst: 1 bis",
    callers_of_its_own: "What was chosen has its own callers. Leave empty what is for callers who wait." / "Was gewählt wurde, hat eigene Anrufer. Lassen Sie leer, was für wartende Anrufer ist.",
    pin_of_nobody: "A PIN goes with a conference ID: give both, or none." / "Eine PIN gehört zu einer Konferenz-ID: geben Sie beide an oder keine.",
    unknown_scenario: "There is no such scenario." / "Dieses Szenario gibt es nicht.",
    not_in_service: "The bridge goes out of service." / "Die Brücke geht außer Betrieb.",
    nobody_there: "Nobody is in this meeting: nothing was done." / "In dieser Besprechung ist niemand: nichts wurde getan.",

    wall_lead: "The bridge at a glance" / "Die Brücke auf einen Blick",
    calls_up: "Calls up" / "Bestehende Anrufe",
    lobby_depth: "In lobbies" / "In Wartebereichen",
    talking: "In meetings" / "In Besprechungen",
    answered_a_second: "Answered a second" / "Angenommen pro Sekunde",
    last_minutes: "last five minutes, at most" / "letzte fünf Minuten, höchstens",
    latencies: "How long it takes" / "Wie lange es dauert",
    metric: "From – to" / "Von – bis",
    call_setup: "Dialled – answered" / "Gewählt – angenommen",
    digit_to_response: "Key – answer" / "Taste – Antwort",
    lobby_entry: "Dialled – lobby" / "Gewählt – Wartebereich",
    start_to_joined: "PIN – last one released" / "PIN – letzter eingelassen",
    release_spread: "First – last one released" / "Erster – letzter eingelassen",
    hang_up: "Hung up – off the roster" / "Aufgelegt – von der Liste",
    count: "Count" / "Anzahl",
    half: "Half" / "Hälfte",
    most: "99 %" / "99 %",
    longest: "Longest" / "Längste",

    api_lead: "The same operations for programs, with the same rules. Programs sign in with a token:" / "Dieselben Vorgänge für Programme, mit denselben Regeln. Programme melden sich mit einem Token an:",
    api_document: "The OpenAPI document" / "Das OpenAPI-Dokument",
    answers: "Answers" / "Antworten",
    takes: "Takes" / "Nimmt",
    body: "Body" / "Inhalt",
    schemas: "Schemas" / "Schemata",
    required: "required" / "erforderlich",

    store_unavailable: "The directory does not answer. Try again later." / "Das Verzeichnis antwortet nicht. Versuchen Sie es später noch einmal.",
    unknown_user: "There is no such user" / "Diesen Benutzer gibt es nicht",
    user_not_enabled: "This user is not enabled for dial-in conferencing" / "Dieser Benutzer ist nicht für Einwahlkonferenzen aktiviert",
    bad_name: "This is no user name; right would be name@domain" / "Das ist kein Benutzername; richtig wäre name@domäne",
    bad_address: "This is no mail address; right would be name@domain" / "Das ist keine E-Mail-Adresse; richtig wäre name@domäne",
    bad_text: "A text is too long, or has characters that cannot be printed." / "Ein Text ist zu lang oder enthält Zeichen, die nicht gedruckt werden können.",
    conference_id_taken: "This conference ID is somebody else's" / "Diese Konferenz-ID gehört jemand anderem",
    bad_number: "This is no telephone number; right would be + and 4 to 15 digits" / "Das ist keine Telefonnummer; richtig wäre + und 4 bis 15 Ziffern",
    unknown_number: "There is no such service number" / "Diese Dienstnummer gibt es nicht",
    number_there: "This number is there already" / "Diese Nummer gibt es schon",
    number_in_use: "This number is in invitations; give these users another one first" / "Diese Nummer steht in Einladungen; geben Sie diesen Benutzern zuerst eine andere",
    bad_languages: "A number speaks each language once: a first one, and at most four others." / "Eine Nummer spricht jede Sprache einmal: eine erste und höchstens vier weitere.",
    sender_incomplete: "To send mail in another name, give both the address and the name." / "Um E-Mails unter anderem Namen zu senden, geben Sie Adresse und Namen an.",
    bad_password: "This password is not taken; right would be" / "Dieses Kennwort wird nicht angenommen; richtig wäre",

    not_found: "There is no such page." / "Diese Seite gibt es nicht.",
    wrong: "That did not work" / "Das ging nicht",
    back: "Back" / "Zurück",
}

/// The language that a request wants: what was chosen, or what the browser prefers of the two.
pub(crate) fn of(headers: &HeaderMap) -> &'static Words {
    let chosen = cookie::get(headers, COOKIE);
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let known = |tag: &str| {
        let primary = tag.split([';', '-']).next().unwrap_or_default().trim();
        [&EN, &DE].into_iter().find(|words| words.tag.eq_ignore_ascii_case(primary))
    };
    let preferred = || accepted.and_then(|tags| tags.split(',').find_map(known));
    chosen.as_deref().and_then(known).or_else(preferred).unwrap_or(&EN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_what_was_chosen_or_what_the_browser_prefers() {
        for (cookie, accept, tag) in [
            ("", "", "en"),
            ("", "fr, de-AT;q=0.9, en;q=0.8", "de"),
            ("", "en-GB,de", "en"),
            ("language=de", "en", "de"),
            ("session=1; language=en", "de", "en"),
            ("language=xx", "de", "de"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, cookie.parse().unwrap());
            headers.insert(header::ACCEPT_LANGUAGE, accept.parse().unwrap());
            assert_eq!(of(&headers).tag, tag, "{cookie} {accept}");
        }
    }
}
