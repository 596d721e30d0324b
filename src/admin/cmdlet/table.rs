//! Every cmdlet with its parameters: one table for the binder, the help, the completion and the tests.
//!
//! Names, aliases and positions are Microsoft's, from the pages of the module Skype for Business Online
//! (`MicrosoftDocs/office-docs-powershell`, folder `skype/skype-ps/skype`) and, for the PIN cmdlets, of Skype for
//! Business Server.

use super::command::{Cmdlet, Made};
use super::parameter::{ANNOUNCEMENTS, Key, Parameter, Takes};
use crate::admin::act::Act;
use crate::control::policy::PinLength;

const fn parameter(key: Key, name: &'static str, takes: Takes) -> Parameter {
    Parameter { key, name, aliases: &[], takes }
}

const fn alias(key: Key, name: &'static str, aliases: &'static [&'static str], takes: Takes) -> Parameter {
    Parameter { key, name, aliases, takes }
}

/// The largest number of an Int32.
const INT32_MAX: u32 = 2_147_483_647;

const ONE_BRIDGE: Key = Key::PassedOver("there is one tenant and one bridge");
const NO_DOMAIN_CONTROLLER: Key = Key::PassedOver("there is no domain controller");
const NO_JOBS: Key = Key::Refused("there are no background jobs");
const NOT_SIMULATED: Key = Key::Refused("what it sets is not simulated");
const NO_ACTIVE_DIRECTORY: Key = Key::Refused("there is no Active Directory to ask");
const NO_OBJECTS: Key = Key::Refused("there is no pipeline to pass objects to");
const NO_CITIES: Key = Key::Refused("service numbers have no city here");
const NO_VARIABLES: Key = Key::Refused("there are no variables");
const NO_PREFERENCES: Key = Key::PassedOver("errors, warnings and remarks are always shown");

const PREFERENCES: Takes =
    Takes::Word(&["Continue", "Ignore", "Inquire", "SilentlyContinue", "Stop", "Suspend"]);

const IDENTITY: Parameter = parameter(Key::Identity, "Identity", Takes::Text);
const CONFERENCE_ID: Parameter = alias(Key::ConferenceId, "ConferenceId", &["Passcode"], Takes::Text);
const SERVICE_NUMBER: Parameter = parameter(Key::ServiceNumber, "ServiceNumber", Takes::Text);
const TOLL_FREE: Parameter = parameter(Key::TollFreeServiceNumber, "TollFreeServiceNumber", Takes::Text);
const ALLOW_PSTN_ONLY: Parameter = parameter(Key::AllowAnonymousStart, "AllowPSTNOnlyMeetings", Takes::Flag);
const ALLOW_TOLL_FREE: Parameter = parameter(Key::AllowTollFree, "AllowTollFreeDialIn", Takes::Flag);
const RESULT_SIZE: Parameter = parameter(Key::ResultSize, "ResultSize", Takes::Count(0, INT32_MAX));
/// The settings have no name that anybody would need.
const GLOBAL: Parameter = parameter(ONE_BRIDGE, "Identity", Takes::Text);

/// A mail that is asked for by name.
const MAIL: &[Parameter] = &[
    parameter(Key::SendEmail, "SendEmail", Takes::Switch),
    parameter(Key::SendEmailTo, "SendEmailToAddress", Takes::Text),
    parameter(Key::SendEmailFrom, "SendEmailFromAddress", Takes::Text),
    parameter(Key::SendEmailFromName, "SendEmailFromDisplayName", Takes::Text),
];

const BRIDGE: &[Parameter] =
    &[parameter(ONE_BRIDGE, "BridgeId", Takes::Text), parameter(ONE_BRIDGE, "BridgeName", Takes::Text)];

const DOMAIN: &[Parameter] = &[
    parameter(ONE_BRIDGE, "TenantDomain", Takes::Text),
    alias(NO_DOMAIN_CONTROLLER, "DomainController", &["DC"], Takes::Text),
];

/// Parameters that are reserved for Microsoft or for scripts.
const RESERVED: &[Parameter] = &[
    parameter(ONE_BRIDGE, "Tenant", Takes::Text),
    parameter(Key::Force, "Force", Takes::Switch),
    parameter(NO_JOBS, "AsJob", Takes::Switch),
];

const fn flag_setting(setting: &'static str, name: &'static str) -> Parameter {
    parameter(Key::Setting(setting), name, Takes::Flag)
}

const fn not_simulated(name: &'static str) -> Parameter {
    parameter(NOT_SIMULATED, name, Takes::Flag)
}

/// Every cmdlet that changes something has these too.
pub const SHOULD_PROCESS: &[Parameter] = &[
    alias(Key::WhatIf, "WhatIf", &["wi"], Takes::Switch),
    alias(Key::Confirm, "Confirm", &["cf"], Takes::Switch),
];

/// Every cmdlet has these too ("about_CommonParameters").
pub const COMMON: &[Parameter] = &[
    alias(Key::Verbose, "Verbose", &["vb"], Takes::Switch),
    alias(NO_PREFERENCES, "Debug", &["db"], Takes::Switch),
    alias(NO_PREFERENCES, "ErrorAction", &["ea"], PREFERENCES),
    alias(NO_PREFERENCES, "WarningAction", &["wa"], PREFERENCES),
    alias(NO_PREFERENCES, "InformationAction", &["infa"], PREFERENCES),
    alias(NO_VARIABLES, "ErrorVariable", &["ev"], Takes::Text),
    alias(NO_VARIABLES, "WarningVariable", &["wv"], Takes::Text),
    alias(NO_VARIABLES, "InformationVariable", &["iv"], Takes::Text),
    alias(NO_VARIABLES, "OutVariable", &["ov"], Takes::Text),
    alias(NO_VARIABLES, "PipelineVariable", &["pv"], Takes::Text),
    alias(NO_PREFERENCES, "OutBuffer", &["ob"], Takes::Count(0, INT32_MAX)),
];

const USER_PIN: Cmdlet = Cmdlet {
    makes: |given| given.on_user(Act::ShowPin),
    name: "Get-CsClientPinInfo",
    parameters: &[&[IDENTITY]],
    positional: Some("Identity"),
    required: true,
    changes: false,
    doc: "Shows whether a user has a PIN, and whether PIN entry is locked.",
};

/// Every cmdlet.
pub const CMDLETS: &[Cmdlet] = &[
    Cmdlet {
        makes: |given| given.enable(),
        name: "Enable-CsOnlineDialInConferencingUser",
        parameters: &[
            &[IDENTITY, CONFERENCE_ID, SERVICE_NUMBER, TOLL_FREE, ALLOW_PSTN_ONLY, ALLOW_TOLL_FREE],
            MAIL,
            &[
                parameter(ONE_BRIDGE, "ReplaceProvider", Takes::Switch),
                parameter(ONE_BRIDGE, "BypassDualWrite", Takes::Flag),
            ],
            BRIDGE,
            DOMAIN,
            RESERVED,
        ],
        doc: "Enables a user for dial-in conferencing: a conference ID, a PIN, a mail.",
        ..CHANGES_A_USER
    },
    Cmdlet {
        makes: |given| given.disable(),
        name: "Disable-CsOnlineDialInConferencingUser",
        parameters: &[&[IDENTITY], MAIL, DOMAIN, RESERVED],
        doc: "Removes a user's conference ID and PIN.",
        ..CHANGES_A_USER
    },
    Cmdlet {
        makes: |given| given.get_user(),
        name: "Get-CsOnlineDialInConferencingUser",
        parameters: &[
            &[
                IDENTITY,
                SERVICE_NUMBER,
                RESULT_SIZE,
                parameter(NO_ACTIVE_DIRECTORY, "LdapFilter", Takes::Text),
                parameter(ONE_BRIDGE, "BypassDualWrite", Takes::Flag),
            ],
            BRIDGE,
            DOMAIN,
            RESERVED,
        ],
        required: false,
        changes: false,
        doc: "Shows users who are enabled for dial-in conferencing; the PIN is *******.",
        ..CHANGES_A_USER
    },
    Cmdlet {
        makes: |given| given.change_user(),
        name: "Set-CsOnlineDialInConferencingUser",
        parameters: &[
            &[
                IDENTITY,
                parameter(Key::ResetLeaderPin, "ResetLeaderPin", Takes::Switch),
                alias(Key::ResetConferenceId, "ResetConferenceId", &["ResetPasscode"], Takes::Switch),
                CONFERENCE_ID,
                SERVICE_NUMBER,
                TOLL_FREE,
                ALLOW_PSTN_ONLY,
                ALLOW_TOLL_FREE,
            ],
            MAIL,
            BRIDGE,
            DOMAIN,
            RESERVED,
        ],
        ..CHANGES_A_USER
    },
    Cmdlet {
        makes: |_| Ok(Made::Act(Act::ShowTenant)),
        name: "Get-CsOnlineDialInConferencingTenantSettings",
        parameters: &[&[GLOBAL], RESERVED],
        positional: Some("Identity"),
        required: false,
        changes: false,
        doc: "Shows the settings for all users.",
    },
    Cmdlet {
        makes: |given| given.set_tenant(),
        name: "Set-CsOnlineDialInConferencingTenantSettings",
        parameters: &[
            &[
                GLOBAL,
                flag_setting("allow_anonymous_start_by_default", "AllowPSTNOnlyMeetingsByDefault"),
                flag_setting("send_mail_automatically", "AutomaticallySendEmailsToUsers"),
                flag_setting("entry_exit_notifications", "EnableEntryExitNotifications"),
                parameter(
                    Key::Setting("entry_exit_announcements"),
                    "EntryExitAnnouncementsType",
                    Takes::Word(&[ANNOUNCEMENTS[0].0, ANNOUNCEMENTS[1].0]),
                ),
                flag_setting("name_recording", "EnableNameRecording"),
                parameter(
                    Key::Setting("pin_length"),
                    "PinLength",
                    Takes::Count(PinLength::MIN as u32, PinLength::MAX as u32),
                ),
                flag_setting("mail_from_override", "SendEmailFromOverride"),
                parameter(Key::Setting("mail_from_address"), "SendEmailFromAddress", Takes::Text),
                parameter(Key::Setting("mail_from_name"), "SendEmailFromDisplayName", Takes::Text),
                not_simulated("IncludeTollFreeNumberInMeetingInvites"),
                not_simulated("AutomaticallyReplaceAcpProvider"),
                not_simulated("UseUniqueConferenceIds"),
                not_simulated("AutomaticallyMigrateUserMeetings"),
                not_simulated("MigrateServiceNumbersOnCrossForestMove"),
                not_simulated("EnableDialOutJoinConfirmation"),
                parameter(NO_OBJECTS, "Instance", Takes::Text),
            ],
            RESERVED,
        ],
        positional: Some("Identity"),
        required: false,
        changes: true,
        doc: "Changes the settings for all users.",
    },
    Cmdlet {
        makes: |_| Ok(Made::Act(Act::ResetTenant)),
        name: "Remove-CsOnlineDialInConferencingTenantSettings",
        parameters: &[&[GLOBAL], RESERVED],
        positional: Some("Identity"),
        required: false,
        changes: true,
        doc: "Resets every setting to its default.",
    },
    Cmdlet {
        makes: |given| given.get_numbers(),
        name: "Get-CsOnlineDialInConferencingServiceNumber",
        parameters: &[
            &[IDENTITY, RESULT_SIZE, parameter(NO_CITIES, "City", Takes::Text)],
            BRIDGE,
            DOMAIN,
            RESERVED,
        ],
        positional: Some("Identity"),
        required: false,
        changes: false,
        doc: "Shows the numbers that callers dial, with their languages.",
    },
    Cmdlet {
        makes: |given| given.set_number(),
        name: "Set-CsOnlineDialInConferencingServiceNumber",
        parameters: &[
            &[
                IDENTITY,
                parameter(Key::PrimaryLanguage, "PrimaryLanguage", Takes::Text),
                parameter(Key::SecondaryLanguages, "SecondaryLanguages", Takes::Texts),
                parameter(Key::RestoreLanguages, "RestoreDefaultLanguages", Takes::Switch),
                parameter(NO_OBJECTS, "Instance", Takes::Text),
            ],
            DOMAIN,
            RESERVED,
        ],
        positional: Some("Identity"),
        required: true,
        changes: true,
        doc: "Changes the languages of a number that callers dial.",
    },
    Cmdlet {
        makes: |given| given.on_user(Act::LockPin),
        name: "Lock-CsClientPin",
        parameters: &[&[IDENTITY]],
        changes: true,
        doc: "Refuses every PIN for a user, until PIN entry is unlocked.",
        ..USER_PIN
    },
    Cmdlet {
        makes: |given| given.on_user(Act::UnlockPin),
        name: "Unlock-CsClientPin",
        parameters: &[&[IDENTITY]],
        changes: true,
        doc: "Unlocks a user's PIN entry, and resets the count of wrong PINs.",
        ..USER_PIN
    },
    USER_PIN,
    Cmdlet {
        makes: |_| Ok(Made::EveryCmdlet),
        name: "Get-Command",
        parameters: &[],
        positional: None,
        required: false,
        changes: false,
        doc: "Shows every cmdlet.",
    },
    Cmdlet {
        makes: |given| Ok(Made::Help(given.help_topic())),
        name: "Get-Help",
        parameters: &[&[parameter(Key::HelpName, "Name", Takes::Text)]],
        positional: Some("Name"),
        required: true,
        changes: false,
        doc: "Shows the parameters of a cmdlet.",
    },
];

const CHANGES_A_USER: Cmdlet = Cmdlet {
    makes: |given| given.change_user(),
    name: "",
    parameters: &[],
    positional: Some("Identity"),
    required: true,
    changes: true,
    doc: "Changes a user: a new PIN, another conference ID or number, a mail.",
};

impl Cmdlet {
    /// The cmdlet of this name, in any case and with any dash.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        let plain: String = name.chars().map(|c| if super::lex::is_dash(c) { '-' } else { c }).collect();
        CMDLETS.iter().find(|cmdlet| cmdlet.name.eq_ignore_ascii_case(&plain))
    }

    /// Its own parameters.
    pub fn own(&self) -> impl Iterator<Item = &'static Parameter> + use<> {
        self.parameters.iter().copied().flatten()
    }

    /// All that it takes: its own parameters, then those that others have too.
    pub fn all(&self) -> impl Iterator<Item = &'static Parameter> + use<> {
        let should_process = if self.changes { SHOULD_PROCESS } else { &[] };
        self.own().chain(should_process).chain(COMMON)
    }
}
