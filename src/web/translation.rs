//! The texts of the pages, in English and German. A missing translation does not compile.

use axum::http::{HeaderMap, header};

use super::cookie;
use crate::control::call::Language;
use crate::store::search::Matter;

/// The cookie with the language that somebody chose.
pub(crate) const COOKIE: &str = "language";

macro_rules! words {
    ($($name:ident: $en:literal / $de:literal,)*) => {
        /// Every word of the page in one language.
        #[derive(Debug)]
        pub(crate) struct Translation {
            /// Its BCP 47 tag.
            pub(crate) tag: &'static str,
            $(pub(crate) $name: &'static str,)*
        }

        /// English.
        pub(crate) static EN: Translation = Translation { tag: "en", $($name: $en,)* };

        /// German.
        pub(crate) static DE: Translation = Translation { tag: "de", $($name: $de,)* };
    };
}

words! {
    decimal: "." / ",",
    brand: "Attendant" / "Attendant",
    title: "Attendant admin center" / "Attendant Admin Center",
    skip: "Skip to content" / "Zum Inhalt springen",
    menu: "Menu" / "Menü",
    overview: "Overview" / "Überblick",
    users: "Dial-in users" / "Einwahlbenutzer",
    settings: "Bridge settings" / "Brückeneinstellungen",
    numbers: "Service numbers" / "Dienstnummern",
    mail: "Mail" / "E-Mail",
    audit: "Audit log" / "Protokoll",
    live: "Live meetings" / "Laufende Besprechungen",
    wall: "Wall" / "Anzeige",
    api: "REST API" / "REST-API",
    mine: "My coordinates" / "Meine Einwahldaten",
    other_language: "Deutsch" / "English",
    other_tag: "de" / "en",

    sign_in: "Sign in" / "Anmelden",
    sign_in_lead: "Manage dial-in conferencing, and watch meetings as callers come and go." / "Einwahlkonferenzen verwalten und Besprechungen verfolgen, während Anrufer kommen und gehen.",
    sign_out: "Sign out" / "Abmelden",
    account: "Account" / "Konto",
    password: "Password" / "Kennwort",
    wrong_sign_in: "This account and password do not match." / "Konto und Kennwort passen nicht zusammen.",
    too_many: "Too many attempts. Wait a minute, then try again." / "Zu viele Versuche. Warten Sie eine Minute und versuchen Sie es dann noch einmal.",
    first_hint: "At the first start, a one-time password for the account admin was printed in the terminal." / "Beim ersten Start wurde im Terminal ein Einmalkennwort für das Konto admin ausgegeben.",
    change_password: "Change password" / "Kennwort ändern",
    must_change: "You signed in with a one-time password. Choose one of your own to go on." / "Sie haben sich mit einem Einmalkennwort angemeldet. Wählen Sie ein eigenes, um fortzufahren.",
    present_password: "Current password" / "Bisheriges Kennwort",
    new_password: "New password" / "Neues Kennwort",
    new_password_again: "Confirm new password" / "Neues Kennwort, noch einmal",
    password_rule: "At least 12 characters. A few words in a row work well." / "Mindestens 12 Zeichen. Einige Wörter hintereinander sind gut.",
    not_the_same: "The two new passwords do not match." / "Die beiden neuen Kennwörter sind nicht gleich.",
    password_changed: "Your password was changed." / "Ihr Kennwort wurde geändert.",

    attention: "Needs attention" / "Zu erledigen",
    all_well: "Nothing. Everybody who is enabled can hold meetings." / "Nichts. Alle, die aktiviert sind, können Besprechungen abhalten.",
    are_locked_out: "users locked out" / "gesperrte Benutzer",
    are_locked_out_why: "Too many wrong PINs; nobody can start these users' meetings by phone until they are unlocked" / "Zu viele falsche PINs; bis zum Entsperren kann niemand die Besprechungen dieser Benutzer per Telefon beginnen",
    have_no_pin: "users without PIN" / "Benutzer ohne PIN",
    have_no_pin_why: "Their meetings cannot be started by phone" / "Ihre Besprechungen können nicht per Telefon begonnen werden",
    have_no_number: "users without number" / "Benutzer ohne Nummer",
    have_no_number_why: "Their invitations name no number to call" / "In ihren Einladungen steht keine Einwahlnummer",
    mails_given_up: "mails could not be sent" / "E-Mails konnten nicht gesendet werden",
    mails_given_up_why: "Open them to see why, and send them again" / "Öffnen Sie sie, um den Grund zu sehen und sie erneut zu senden",
    set_up: "Setting up" / "Einrichtung",
    step_done: "Done" / "Erledigt",
    step_number: "Add a service number" / "Dienstnummer hinzufügen",
    step_number_why: "The number that callers dial, and its languages" / "Die Nummer, die Anrufer wählen, und ihre Sprachen",
    step_user: "Enable the first user" / "Ersten Benutzer aktivieren",
    step_user_why: "The user gets a conference ID and a PIN" / "Der Benutzer erhält eine Konferenz-ID und eine PIN",
    step_mail: "Connect a mail server" / "Mailserver verbinden",
    step_mail_why: "Mails are put into a folder until then" / "Bis dahin werden E-Mails in einen Ordner gelegt",
    step_telephones: "Let telephones call" / "Telefone zulassen",
    step_telephones_why: "Start the service with --sip; simulated callers can call already" / "Starten Sie den Dienst mit --sip; simulierte Anrufer können schon anrufen",
    english: "English (United States)" / "Englisch (USA)",
    german: "German" / "Deutsch",
    spanish: "Spanish" / "Spanisch",
    french: "French" / "Französisch",
    japanese: "Japanese" / "Japanisch",
    all_users: "All" / "Alle",
    locked_out: "Locked out" / "Gesperrt",
    without_pin: "No PIN" / "Ohne PIN",
    without_number: "No number" / "Ohne Nummer",
    pin_set: "Set" / "Vergeben",
    search_users: "Search users" / "Benutzer suchen",
    search_hint: "Name or conference ID" / "Name oder Konferenz-ID",
    search: "Search" / "Suchen",
    clear: "Clear" / "Zurücksetzen",
    nobody_found: "No user matches." / "Kein Benutzer passt dazu.",
    no_users: "There are no users yet. Enable the first one." / "Es gibt noch keine Benutzer. Aktivieren Sie den ersten.",
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
    pin_open: "Open" / "Offen",
    locked_until: "locked until" / "gesperrt bis",
    locked_for_good: "locked until you unlock it" / "gesperrt, bis Sie entsperren",
    wrong_pins: "wrong PINs since it was last unlocked" / "falsche PINs seit der letzten Entsperrung",
    yes: "Yes" / "Ja",
    no: "No" / "Nein",
    none: "None" / "Keine",
    first_page: "First page" / "Erste Seite",
    next_page: "Next page" / "Nächste Seite",
    add_user: "Enable a user" / "Benutzer aktivieren",
    add_user_lead: "The user gets a conference ID and a PIN, and is notified by mail." / "Der Benutzer erhält eine Konferenz-ID und eine PIN und wird per E-Mail benachrichtigt.",

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
    confirm_reset_pin_lead: "The current PIN stops working at once. The new one is shown only once." / "Die bisherige PIN gilt sofort nicht mehr. Die neue wird einmal angezeigt und kann nicht noch einmal angezeigt werden.",
    confirm_reset_id: "Reset the conference ID of" / "Die Konferenz-ID zurücksetzen von",
    confirm_reset_id_lead: "Invitations with the current conference ID stop working at once." / "Einladungen mit der bisherigen Konferenz-ID gelten sofort nicht mehr.",
    confirm_disable: "Disable dial-in for" / "Die Einwahl deaktivieren für",
    confirm_disable_lead: "The conference ID and the PIN are removed, and the user is notified by mail." / "Konferenz-ID und PIN werden entzogen, und der Benutzer wird per E-Mail benachrichtigt.",
    mail_to: "Send the mail to another address" / "Die E-Mail an eine andere Adresse senden",
    mail_to_hint: "Empty: the user is notified, if automatic mail is on." / "Leer: der Benutzer erhält eine E-Mail, wenn automatische E-Mails an sind.",
    new_pin: "New PIN" / "Neue PIN",
    new_pin_lead: "Shown once. It is gone when you leave this page; after that you can only reset it again." / "Nur einmal zu sehen. Wenn Sie diese Seite verlassen, ist sie weg; dann hilft nur erneutes Zurücksetzen.",
    copy: "Copy" / "Kopieren",
    copied: "Copied" / "Kopiert",
    mail_waits: "A mail is waiting to be sent to" / "Eine E-Mail wartet auf den Versand an",
    no_address: "No mail is sent: the user has no mail address." / "Es wird keine E-Mail gesendet: der Benutzer hat keine E-Mail-Adresse.",
    mail_is_off: "No mail is sent: automatic mail is off." / "Es wird keine E-Mail gesendet: automatische E-Mails sind aus.",
    pass_on: "Give the PIN to the user yourself: it is not shown again." / "Geben Sie die PIN selbst an den Benutzer weiter: sie wird nicht noch einmal angezeigt.",
    no_number_in_mail: "The mail contains no service number." / "In der E-Mail steht keine Dienstnummer.",
    done: "Done." / "Erledigt.",
    nothing_changed: "Nothing changed: it was like this already." / "Nichts geändert: es war schon so.",
    changed_meanwhile: "Somebody else changed this in the meantime. Review it and try again." / "Jemand anderes hat dies inzwischen geändert. Prüfen Sie es und versuchen Sie es noch einmal.",
    form_used: "This form was already sent, or has expired. Nothing was done." / "Dieses Formular wurde schon gesendet oder ist abgelaufen. Es wurde nichts getan.",
    forged: "This request did not come from one of your pages. Nothing was done." / "Diese Anfrage kommt nicht von einer Ihrer Seiten. Es wurde nichts getan.",

    mine_lead: "What you need to hold meetings by phone." / "Was Sie für Besprechungen per Telefon brauchen.",
    mine_pin: "Only an administrator can reset your PIN. If you have forgotten it, ask one." / "Nur ein Administrator kann Ihre PIN zurücksetzen. Wenn Sie sie vergessen haben, fragen Sie einen.",
    not_enabled: "You are not enabled for dial-in conferencing. Ask an administrator." / "Sie sind nicht für Einwahlkonferenzen aktiviert. Fragen Sie einen Administrator.",
    forbidden: "Only administrators can see this." / "Nur Administratoren können dies sehen.",

    settings_lead: "They apply to every user. A new PIN length applies to PINs generated from now on." / "Sie gelten für alle Benutzer. Eine neue PIN-Länge gilt für PINs, die von nun an erzeugt werden.",
    group_pins: "PINs and meetings" / "PINs und Besprechungen",
    group_announce: "Announcements" / "Ansagen",
    group_mail: "Mail to users" / "E-Mails an Benutzer",
    pin_length: "PIN length" / "PIN-Länge",
    pin_length_hint: "4 to 12 digits" / "4 bis 12 Ziffern",
    anonymous_default: "New users: meetings start without a PIN" / "Neue Benutzer: Besprechungen beginnen ohne PIN",
    automatic_mail: "Notify users of changes by mail" / "Benutzer per E-Mail über Änderungen benachrichtigen",
    announce: "Announce who joins and leaves" / "Ansagen, wer kommt und geht",
    announce_with: "Announce with" / "Ansagen mit",
    with_names: "recorded names" / "aufgenommenen Namen",
    with_numbers: "recorded names or numbers" / "aufgenommenen Namen oder Nummern",
    with_tone: "a tone" / "einem Ton",
    with_tone_entry: "a tone when somebody joins" / "einem Ton, wenn jemand beitritt",
    with_tone_exit: "a tone when somebody leaves" / "einem Ton, wenn jemand geht",
    name_recording: "Callers record their names" / "Anrufer sprechen ihren Namen auf",
    sender_override: "Send mail under another name" / "E-Mails unter anderem Namen senden",
    sender_address: "Sender's address" / "Absenderadresse",
    sender_name: "Sender's name" / "Absendername",
    saved: "Saved." / "Gespeichert.",

    numbers_lead: "The numbers that callers dial, and the languages they hear." / "Die Nummern, die Anrufer wählen, und die Sprachen, die sie hören.",
    number_label: "Number" / "Nummer",
    no_numbers: "There are no service numbers yet." / "Es gibt noch keine Dienstnummern.",
    toll: "Toll" / "Gebührenpflichtig",
    toll_free: "Toll-free" / "Gebührenfrei",
    primary_language: "Primary language" / "Erste Sprache",
    secondary_languages: "Other languages" / "Weitere Sprachen",
    secondary_hint: "Reached with *1 to *4" / "Erreichbar mit *1 bis *4",
    add_number: "Add a number" / "Nummer hinzufügen",
    number_hint: "With + and country code, such as +1 425 555 0100" / "Mit + und Ländervorwahl, wie +1 425 555 0100",
    add: "Add" / "Hinzufügen",
    remove: "Remove" / "Entfernen",
    remove_number: "Remove this number?" / "Diese Nummer entfernen?",
    remove_number_lead: "Callers who dial it will reach nobody. A number used in invitations cannot be removed." / "Wer sie dann wählt, erreicht niemanden. Eine Nummer, die in Einladungen steht, wird nicht entfernt.",
    number_added: "The number was added." / "Die Nummer wurde hinzugefügt.",
    number_removed: "The number was removed." / "Die Nummer wurde entfernt.",

    mail_lead: "Mail that is waiting, was sent, or could not be sent." / "E-Mails, die auf den Versand warten, gesendet wurden oder nicht gesendet werden konnten.",
    status: "State" / "Zustand",
    all: "All" / "Alle",
    waiting: "Waiting" / "Wartend",
    sent: "Sent" / "Gesendet",
    dead: "Given up" / "Aufgegeben",
    superseded: "Replaced" / "Ersetzt",
    no_mails: "No mail." / "Hier ist keine E-Mail.",
    tells: "Content" / "Inhalt",
    tells_enabled: "Enabled" / "Aktiviert",
    tells_pin_reset: "New PIN" / "Neue PIN",
    tells_changed: "New coordinates" / "Neue Einwahldaten",
    tells_disabled: "Disabled" / "Deaktiviert",
    tells_coordinates: "Coordinates" / "Einwahldaten",
    to: "To" / "An",
    mail_to_folder: "No mail server is configured: mail is saved to a folder and reaches nobody." / "Es ist kein Mailserver eingestellt: E-Mails werden in einen Ordner gelegt und erreichen niemanden.",
    next_try: "next attempt" / "nächster Versuch",
    when: "When (UTC)" / "Wann (UTC)",
    tries: "Attempts" / "Versuche",
    resend: "Send again" / "Erneut senden",
    resent: "The mail is waiting to be sent again." / "Die E-Mail wartet auf erneuten Versand.",
    pin_wiped: "The PIN in this mail was erased. Reset the PIN to mail a new one." / "Die PIN in dieser E-Mail wurde gelöscht. Setzen Sie die PIN zurück, um eine neue zu senden.",
    not_settled: "It is already waiting, and will be sent when it is due." / "Sie wartet schon und wird gesendet, wenn sie fällig ist.",
    older: "Older" / "Ältere",
    newest: "Newest" / "Neueste",

    audit_lead: "Who did what, when and from where. Changes to this log are detected." / "Wer was wann und von wo getan hat. Änderungen an diesem Protokoll werden bemerkt.",
    actor: "Who" / "Wer",
    act: "What" / "Was",
    subject: "Target" / "Wen oder was",
    detail: "Details" / "Einzelheiten",
    origin: "From" / "Von",
    act_describe: "Describe user" / "Benutzer beschreiben",
    act_look: "Look up" / "Nachsehen",
    act_set_tenant: "Change settings" / "Einstellungen ändern",
    act_reset_tenant: "Reset settings" / "Einstellungen zurücksetzen",
    act_set_number: "Change a number" / "Nummer ändern",
    act_remove_number: "Remove a number" / "Nummer entfernen",
    act_lock_pin: "Lock PIN entry" / "PIN-Eingabe sperren",
    act_issue_token: "Issue token" / "Token ausstellen",
    act_revoke_token: "Revoke token" / "Token widerrufen",
    act_give_account: "Give account" / "Konto geben",
    act_remove_account: "Remove account" / "Konto entfernen",
    act_import: "Import users" / "Benutzer importieren",
    act_prune_audit: "Prune audit" / "Protokoll kürzen",
    act_prune_mails: "Prune mails" / "E-Mails entfernen",
    act_rotate_key: "Rotate key" / "Schlüssel wechseln",
    act_adopt_keyring: "Adopt keyring" / "Schlüsselbund übernehmen",
    act_audit_sealed: "Entries sealed from here on" / "Einträge ab hier versiegelt",
    act_audit_broken: "Audit log tampered with" / "Protokoll manipuliert",
    act_refused: "Refused acts" / "Verweigerte Handlungen",
    act_request: "Request" / "Anfrage",
    act_lock_meeting: "Lock meeting" / "Besprechung sperren",
    act_unlock_meeting: "Unlock meeting" / "Besprechung entsperren",
    act_start_recording: "Record meeting" / "Besprechung aufzeichnen",
    act_stop_recording: "Stop recording" / "Aufzeichnung beenden",
    act_end_meeting: "End meeting" / "Besprechung beenden",
    no_entries: "Nothing has been done yet." / "Es wurde noch nichts getan.",

    live_lead: "Who is waiting, who is talking, and what each caller hears, live." / "Wer wartet, wer spricht und was jeder Anrufer hört, während es geschieht.",
    meeting: "Meeting" / "Besprechung",
    meetings: "Meetings" / "Besprechungen",
    demo_meeting: "Demo meeting" / "Demobesprechung",
    in_lobby: "In the lobby" / "Im Wartebereich",
    in_meeting: "In the meeting" / "In der Besprechung",
    screening: "Entering" / "Bei den Abfragen",
    on_the_way: "On the way" / "Unterwegs",
    nobody_calls: "No calls right now. Launch some simulated callers, and watch a lobby fill and empty." / "Gerade ruft niemand an. Setzen Sie simulierte Anrufer ein und sehen Sie zu, wie sich ein Wartebereich füllt und leert.",
    waits: "Waiting for the organizer" / "Wartet auf den Organisator",
    runs: "Running" / "Läuft",
    locked: "Locked" / "Gesperrt",
    organizer: "Organizer" / "Organisator",
    hold_music: "Music on hold" / "Wartemusik",
    hears_meeting: "The meeting" / "Die Besprechung",
    rings: "Ringing, not answered yet" / "Es klingelt, noch nicht angenommen",
    silence: "Silence" / "Stille",
    muted: "muted" / "stumm",
    hand: "hand raised" / "Hand gehoben",
    admit: "Admit" / "Einlassen",
    deny: "Turn away" / "Abweisen",
    remove_caller: "Remove" / "Entfernen",
    ask_remove_caller: "End this caller's call?" / "Den Anruf dieses Teilnehmers beenden?",
    mute: "Mute" / "Stummschalten",
    unmute: "Unmute" / "Stummschaltung aufheben",
    lock_meeting: "Lock" / "Sperren",
    unlock_meeting: "Unlock" / "Entsperren",
    recorded: "Recorded" / "Wird aufgezeichnet",
    record_meeting: "Record" / "Aufzeichnen",
    stop_recording: "Stop recording" / "Aufzeichnung beenden",
    end_meeting: "End" / "Beenden",
    ask_end_meeting: "End this meeting for everyone?" / "Diese Besprechung für alle beenden?",
    and_more: "more, not shown" / "weitere, nicht gezeigt",
    gone: "This meeting is empty." / "In dieser Besprechung ist niemand mehr.",
    records: "Records" / "Verbindungen",
    records_lead: "What became of calls and meetings, the newest first. Records are kept for 90 days." / "Was aus Anrufen und Besprechungen wurde, das Neueste zuerst. Aufgehoben wird es 90 Tage.",
    no_records: "No records found." / "Keine Verbindungen gefunden.",
    no_record: "There is no such record." / "Diese Verbindung gibt es nicht.",
    from_day: "From" / "Von",
    until_day: "To" / "Bis",
    all_outcomes: "All" / "Alle",
    waited: "Waited" / "Gewartet",
    inside: "In the meeting" / "In der Besprechung",
    export: "Export" / "Exportieren",
    call: "Call" / "Anruf",
    last_hour: "Calls of the last hour" / "Anrufe der letzten Stunde",
    last_hour_lead: "What became of calls that are over. Each can be saved as a scenario that plays it again." / "Was aus beendeten Anrufen wurde. Jeder kann als Szenario gespeichert werden, das ihn noch einmal spielt.",
    calls_dropped: "more calls ended within the last hour; there was no room to keep them." / "weitere Anrufe endeten in der letzten Stunde; für sie war kein Platz.",
    no_calls: "No call has ended within the last hour." / "In der letzten Stunde hat kein Anruf geendet.",
    outcome: "Outcome" / "Ausgang",
    ended: "Ended (UTC)" / "Ende (UTC)",
    who: "Caller" / "Anrufer",
    why: "Why" / "Warum",
    nothing_decided: "The bridge has decided nothing about this caller yet." / "Die Brücke hat über diesen Anrufer noch nichts entschieden.",
    call_is_up: "This call is up." / "Dieser Anruf besteht.",
    save_scenario: "Save as scenario" / "Als Szenario speichern",
    save_scenario_hint: "With all other calls of the meeting. PINs are named, numbers are replaced; the first line says whether it passes when it is replayed." / "Mit allen anderen Anrufen der Besprechung. PINs werden genannt, Nummern ersetzt; die erste Zeile sagt, ob es besteht, wenn es noch einmal gespielt wird.",
    not_kept: "This call or meeting is not kept: that is so while it is up and for an hour after." / "Dieser Anruf oder diese Besprechung ist nicht mehr da: aufgehoben wird sie, solange sie besteht, und eine Stunde danach.",
    too_many_to_save: "A scenario is written of so many calls at most:" / "Ein Szenario wird von höchstens so vielen Anrufen geschrieben:",
    all_meetings: "All meetings" / "Alle Besprechungen",
    calls: "Calls" / "Anrufe",
    disconnected: "Connection lost: what you see is out of date. Reconnecting." / "Verbindung unterbrochen: die Anzeige ist veraltet. Es wird neu verbunden.",

    place: "Launch simulated callers" / "Simulierte Anrufer einsetzen",
    place_demo: "Three callers and an organizer" / "Drei Anrufer und ein Organisator",
    place_demo_lead: "They wait in a demo meeting until the organizer keys the PIN." / "Sie warten in einer Demobesprechung, bis der Organisator die PIN eingibt.",
    place_other: "Another scene" / "Eine andere Szene",
    story: "What happens" / "Was geschieht",
    play_meeting: "Callers wait, the organizer releases them" / "Anrufer warten, der Organisator lässt sie ein",
    play_waiting: "Callers wait in the lobby" / "Anrufer warten im Wartebereich",
    play_organizer: "An organizer calls" / "Ein Organisator ruft an",
    play_wrong_pin: "A caller keys wrong PINs" / "Ein Anrufer gibt falsche PINs ein",
    how_many: "Callers" / "Anrufer",
    how_many_hint: "Only if callers wait; empty means 3. At most" / "Nur, wenn Anrufer warten; leer bedeutet 3. Höchstens",
    scenarios: "Scenarios" / "Szenarien",
    whose_meeting: "Conference ID" / "Konferenz-ID",
    whose_hint: "Empty: a demo meeting" / "Leer: eine Demobesprechung",
    with_pin: "The organizer's PIN" / "PIN des Organisators",
    with_pin_hint: "Only for a real conference ID" / "Nur für eine echte Konferenz-ID",
    place_now: "Launch" / "Anrufen lassen",
    placed: "The simulated callers have dialled." / "Die simulierten Anrufer haben gewählt.",
    needs_pin: "For a real conference ID the organizer needs the PIN." / "Für eine echte Konferenz-ID braucht der Organisator die PIN.",
    bad_pin: "A PIN has 4 to 12 digits." / "Eine PIN hat 4 bis 12 Ziffern.",
    bad_conference_id: "A conference ID has 1 to 12 digits, with or without blanks between groups." / "Eine Konferenz-ID hat 1 bis 12 Ziffern, in Gruppen oder nicht.",
    callers_from_one_to: "You can launch as many callers at once as a meeting holds: 1 to" / "Gleichzeitig können so viele Anrufer eingesetzt werden, wie eine Besprechung fasst: 1 bis",
    callers_of_its_own: "This scene has its own callers. Leave the fields for waiting callers empty." / "Diese Szene hat eigene Anrufer. Lassen Sie die Felder für wartende Anrufer leer.",
    pin_of_nobody: "A PIN needs a conference ID: give both, or neither." / "Eine PIN gehört zu einer Konferenz-ID: geben Sie beide an oder keine.",
    too_many_placed: "Too many simulated callers. Wait until some have hung up. The most at once is" / "Zu viele simulierte Anrufer. Warten Sie, bis einige aufgelegt haben. Gleichzeitig möglich sind höchstens",
    unknown_scenario: "Unknown scenario." / "Dieses Szenario gibt es nicht.",
    not_in_service: "The bridge is shutting down." / "Die Brücke wird heruntergefahren.",
    not_running: "This meeting has not started: nothing was done." / "Diese Besprechung läuft noch nicht: es wurde nichts getan.",
    nobody_waits: "This caller is no longer waiting: nothing was done." / "Dieser Anrufer wartet nicht mehr: es wurde nichts getan.",
    not_joined: "This caller is no longer in the meeting: nothing was done." / "Dieser Anrufer ist nicht mehr in der Besprechung: es wurde nichts getan.",
    nobody_there: "This meeting is empty: nothing was done." / "In dieser Besprechung ist niemand: es wurde nichts getan.",

    wall_lead: "The bridge at a glance" / "Die Brücke auf einen Blick",
    calls_up: "Active calls" / "Bestehende Anrufe",
    lobby_depth: "In lobbies" / "In Wartebereichen",
    talking: "In meetings" / "In Besprechungen",
    answered_a_second: "Answered per second" / "Angenommen pro Sekunde",
    last_minutes: "last five minutes, peak" / "letzte fünf Minuten, höchstens",
    latencies: "Latencies" / "Latenzen",
    metric: "From – to" / "Von – bis",
    call_setup: "Dialled – answered" / "Gewählt – angenommen",
    digit_to_response: "Key – answer" / "Taste – Antwort",
    lobby_entry: "Dialled – lobby" / "Gewählt – Wartebereich",
    start_to_joined: "PIN – last caller released" / "PIN – letzter eingelassen",
    release_spread: "First – last caller released" / "Erster – letzter eingelassen",
    hang_up: "Hung up – off the roster" / "Aufgelegt – von der Liste",
    count: "Count" / "Anzahl",
    median: "Median" / "Median",
    p99: "99th percentile" / "99. Perzentil",
    longest: "Longest" / "Längste",

    api_lead: "The same operations for programs, under the same rules. Programs sign in with a token:" / "Dieselben Vorgänge für Programme, mit denselben Regeln. Programme melden sich mit einem Token an:",
    api_document: "The OpenAPI document" / "Das OpenAPI-Dokument",
    answers: "Answers" / "Antworten",
    takes: "Parameters" / "Parameter",
    body: "Body" / "Inhalt",
    schemas: "Schemas" / "Schemata",
    required: "required" / "erforderlich",

    store_unavailable: "The directory does not answer. Try again later." / "Das Verzeichnis antwortet nicht. Versuchen Sie es später noch einmal.",
    unknown_user: "Unknown user" / "Diesen Benutzer gibt es nicht",
    user_not_enabled: "This user is not enabled for dial-in conferencing" / "Dieser Benutzer ist nicht für Einwahlkonferenzen aktiviert",
    bad_name: "Not a user name; expected name@domain" / "Das ist kein Benutzername; erwartet wird name@domäne",
    bad_address: "Not a mail address; expected name@domain" / "Das ist keine E-Mail-Adresse; erwartet wird name@domäne",
    bad_text: "A text is too long, or contains control characters." / "Ein Text ist zu lang oder enthält Zeichen, die nicht gedruckt werden können.",
    conference_id_taken: "This conference ID belongs to somebody else" / "Diese Konferenz-ID gehört jemand anderem",
    pin_inside: "The user's PIN must not be a part of this number" / "Die PIN des Benutzers darf nicht in dieser Nummer enthalten sein",
    bad_number: "Not a telephone number with country code, such as +1 425-555-0100" / "Das ist keine Telefonnummer mit Ländervorwahl wie +1 425-555-0100",
    unknown_number: "Unknown service number" / "Diese Dienstnummer gibt es nicht",
    number_there: "This number already exists" / "Diese Nummer gibt es schon",
    number_in_use: "This number is used in invitations; give those users another one first" / "Diese Nummer steht in Einladungen; geben Sie diesen Benutzern zuerst eine andere",
    bad_languages: "A number has each language only once: a primary one, and at most four others." / "Eine Nummer hat jede Sprache nur einmal: eine erste und höchstens vier weitere.",
    sender_incomplete: "To send mail under another name, give both the address and the name." / "Um E-Mails unter anderem Namen zu senden, geben Sie Adresse und Namen an.",
    not_the_present_password: "The current password is wrong." / "Das bisherige Kennwort ist falsch.",
    same_password: "The new password is the same as the current one. Choose another." / "Das neue Kennwort ist dasselbe wie das bisherige. Wählen Sie ein anderes.",
    password_length: "The new password must have 12 to 128 characters, of any kind." / "Das neue Kennwort muss 12 bis 128 beliebige Zeichen haben.",
    password_pattern: "The new password is a pattern. Use more different characters." / "Das neue Kennwort ist ein Muster. Verwenden Sie mehr als ein paar verschiedene Zeichen.",
    password_known: "The new password is easy to guess. Leave out your name and words from this page." / "Das neue Kennwort ist leicht zu erraten. Lassen Sie Ihren Namen und Wörter dieser Seite weg.",
    no_free_conference_id: "No free conference ID was found. Choose a longer one yourself." / "Es wurde keine freie Konferenz-ID gefunden. Wählen Sie selbst eine längere.",

    not_found: "Page not found." / "Diese Seite gibt es nicht.",
    wrong: "That did not work" / "Das ging nicht",
    back: "Back" / "Zurück",
}

/// The page's texts for a setting of the tenant.
pub(crate) struct SettingTranslation {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// The values that the field accepts, with the id of the sentence.
    pub(crate) hint: Option<(&'static str, &'static str)>,
    /// The words that it takes, as the page says them.
    pub(crate) options: Vec<(&'static str, &'static str)>,
    /// The type of a field for text.
    pub(crate) input: &'static str,
}

fn setting(name: &'static str, label: &'static str) -> SettingTranslation {
    SettingTranslation { name, label, hint: None, options: Vec::new(), input: "text" }
}

impl Translation {
    /// The language of this tag.
    pub(crate) fn language_name(&self, tag: &str) -> &'static str {
        match Language::from_tag(tag).unwrap_or_default() {
            Language::EnUs => self.english,
            Language::DeDe => self.german,
            Language::EsEs => self.spanish,
            Language::FrFr => self.french,
            Language::JaJp => self.japanese,
        }
    }

    /// The filter of users whom this concerns.
    pub(crate) const fn matter(&self, matter: Matter) -> &'static str {
        match matter {
            Matter::Disabled => self.disabled,
            Matter::WithoutPin => self.without_pin,
            Matter::WithoutNumber => self.without_number,
            Matter::LockedOut(_) => self.locked_out,
        }
    }

    /// The settings of the tenant, in the groups of the page.
    pub(crate) fn setting_groups(&self) -> [(&'static str, Vec<SettingTranslation>); 3] {
        let pin_length = setting("pin_length", self.pin_length);
        let announcements = setting("entry_exit_announcements", self.announce_with);
        let address = setting("mail_from_address", self.sender_address);
        [
            (
                self.group_pins,
                vec![
                    SettingTranslation { hint: Some(("length-hint", self.pin_length_hint)), ..pin_length },
                    setting("allow_anonymous_start_by_default", self.anonymous_default),
                ],
            ),
            (
                self.group_announce,
                vec![
                    setting("entry_exit_notifications", self.announce),
                    SettingTranslation {
                        options: vec![
                            ("names", self.with_names),
                            ("names_or_numbers", self.with_numbers),
                            ("tone", self.with_tone),
                            ("tone_entry", self.with_tone_entry),
                            ("tone_exit", self.with_tone_exit),
                        ],
                        ..announcements
                    },
                    setting("name_recording", self.name_recording),
                ],
            ),
            (
                self.group_mail,
                vec![
                    setting("send_mail_automatically", self.automatic_mail),
                    setting("mail_from_override", self.sender_override),
                    SettingTranslation { input: "email", ..address },
                    setting("mail_from_name", self.sender_name),
                ],
            ),
        ]
    }

    /// An act of the audit log; empty for one that is newer than the page.
    pub(crate) fn act(&self, word: &str) -> &'static str {
        match word {
            "enable" => self.enable,
            "disable" => self.disable,
            "reset_pin" => self.reset_pin,
            "change" | "edit" => self.edit,
            "describe" => self.act_describe,
            "show_user" | "show_pin" | "list_users" | "show_tenant" | "show_numbers" | "list_tokens"
            | "list_accounts" => self.act_look,
            "set_tenant" => self.act_set_tenant,
            "reset_tenant" => self.act_reset_tenant,
            "add_number" => self.add_number,
            "set_number" => self.act_set_number,
            "remove_number" => self.act_remove_number,
            "lock_pin" => self.act_lock_pin,
            "unlock_pin" => self.unlock,
            "issue_token" => self.act_issue_token,
            "revoke_token" => self.act_revoke_token,
            "give_account" => self.act_give_account,
            "remove_account" => self.act_remove_account,
            "sign_in" => self.sign_in,
            "change_password" => self.change_password,
            "import" => self.act_import,
            "prune_audit" => self.act_prune_audit,
            "prune_mails" => self.act_prune_mails,
            "rotate_key" => self.act_rotate_key,
            "adopt_keyring" => self.act_adopt_keyring,
            "audit_sealed" => self.act_audit_sealed,
            "audit_broken" => self.act_audit_broken,
            "refused_acts" => self.act_refused,
            "request" => self.act_request,
            "resend_mail" => self.resend,
            "admit" => self.admit,
            "deny" => self.deny,
            "remove" => self.remove_caller,
            "mute" => self.mute,
            "unmute" => self.unmute,
            "lock_meeting" => self.act_lock_meeting,
            "unlock_meeting" => self.act_unlock_meeting,
            "start_recording" => self.act_start_recording,
            "stop_recording" => self.act_stop_recording,
            "end_meeting" => self.act_end_meeting,
            "place_callers" => self.place,
            _ => "",
        }
    }
}

/// The language that a request wants: what was chosen, or what the browser prefers of the two.
pub(crate) fn of(headers: &HeaderMap) -> &'static Translation {
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
    use crate::control::policy::Policy;

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

    #[test]
    fn the_page_has_every_setting_of_the_tenant() {
        let groups = EN.setting_groups();
        let mut shown: Vec<&str> =
            groups.iter().flat_map(|(_, all)| all.iter().map(|one| one.name)).collect();
        let mut known: Vec<&str> = Policy::tenant_settings().map(|setting| setting.name).collect();
        shown.sort_unstable();
        known.sort_unstable();
        assert_eq!(shown, known);
    }
}
