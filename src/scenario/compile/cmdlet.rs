//! A cmdlet that a story's administrator types: the words and rules are the real administrator's, what it does is done
//! to the story's own directory.

use crate::admin::act::{Act as Wish, Change, ConferenceIdChange, Enable, UserName};
use crate::admin::cmdlet::order::Deed;
use crate::admin::cmdlet::{Fault, read};
use crate::control::caller::OrganizerRef;
use crate::control::policy::{Group, Policy};
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::span::Span;
use crate::scenario::story::Act;
use crate::scenario::tree::Node;

use super::cx::short;
use super::script::Script;

impl<'f> Script<'_, 'f, '_> {
    /// Returns the acts of a cmdlet; empty with `-WhatIf`.
    pub(super) fn cmdlet(&mut self, value: &'f Node) -> Vec<Act> {
        let Some(text) = self.cx.text(value, "cmdlet") else { return Vec::new() };
        let ordered = read(&text).and_then(|command| {
            let nothing =
                || Fault::new("`cmdlet` is empty", "a cmdlet, such as Set-CsOnlineDialInConferencingUser");
            command.ok_or_else(nothing)?.order()
        });
        match ordered {
            Err(fault) => {
                self.cx.error(value.span, fault.to_string());
                Vec::new()
            }
            Ok(order) => {
                let acts = match order.deed {
                    Deed::Act(wish) => self.wished(&wish, value.span),
                    Deed::Tell(_) => self.of_no_use(value.span),
                };
                if order.what_if { Vec::new() } else { acts }
            }
        }
    }

    fn wished(&mut self, wish: &Wish, at: Span) -> Vec<Act> {
        match wish {
            Wish::Enable(enable) => self.enabled(enable, at),
            Wish::Disable { user, .. } => self.of_user(user, at, Act::Disable),
            Wish::Change(change) => self.changed(change, at),
            Wish::LockPin(user) => self.of_user(user, at, Act::LockPin),
            Wish::UnlockPin(user) => self.of_user(user, at, Act::Unlock),
            Wish::SetTenant(settings) => {
                settings.iter().filter_map(|(name, value)| self.set_to(name, value, at)).collect()
            }
            Wish::ResetTenant => {
                let base = Policy::default();
                let tenant = Policy::SETTINGS.iter().filter(|setting| setting.group == Group::Tenant);
                let wishes = tenant.filter_map(|setting| Some((setting.name, base.show(setting.name)?)));
                wishes.filter_map(|(name, value)| self.set_to(name, &value, at)).collect()
            }
            Wish::SetNumber { .. } => {
                let problem =
                    Problem::error(at, "a service number's languages cannot change while the story runs");
                self.cx.problem(problem.help("set them under `given.numbers`"));
                Vec::new()
            }
            Wish::ShowUser(_)
            | Wish::ListUsers(_)
            | Wish::ShowTenant
            | Wish::ShowNumbers(_)
            | Wish::ShowPin(_)
            | Wish::AddNumber(_)
            | Wish::RemoveNumber(_)
            | Wish::Describe(_)
            | Wish::Edit(..)
            | Wish::IssueToken(_)
            | Wish::ListTokens(_)
            | Wish::RevokeToken(_)
            | Wish::GiveAccount { .. }
            | Wish::ListAccounts
            | Wish::RemoveAccount(_) => self.of_no_use(at),
        }
    }

    fn of_no_use(&mut self, at: Span) -> Vec<Act> {
        let problem =
            Problem::error(at, "this cmdlet only shows something, and a story does not read its output");
        self.cx.problem(
            problem.help("to check the end, write `then: [{ that: organizer(amos).locked_out, is: false }]`"),
        );
        Vec::new()
    }

    fn enabled(&mut self, wish: &Enable, at: Span) -> Vec<Act> {
        let Some(organizer) = self.user(&wish.user, at) else { return Vec::new() };
        if wish.conference_id.is_some() {
            return self.id_is_drawn(at);
        }
        let allow = wish.allow_anonymous_start.map(|allow| Act::AllowAnonymousStart(organizer, allow));
        [Act::Enable(organizer)].into_iter().chain(allow).collect()
    }

    fn changed(&mut self, wish: &Change, at: Span) -> Vec<Act> {
        let Some(organizer) = self.user(&wish.user, at) else { return Vec::new() };
        let new_id = match wish.conference_id {
            None => None,
            Some(ConferenceIdChange::Reset) => Some(Act::ResetConferenceId(organizer)),
            Some(ConferenceIdChange::Set(_)) => return self.id_is_drawn(at),
        };
        let allow = wish.allow_anonymous_start.map(|allow| Act::AllowAnonymousStart(organizer, allow));
        let pin = wish.reset_pin.then_some(Act::ResetPin(organizer));
        new_id.into_iter().chain(allow).chain(pin).collect()
    }

    fn id_is_drawn(&mut self, at: Span) -> Vec<Act> {
        let problem = Problem::error(at, "a conference ID cannot be chosen while the story runs");
        self.cx.problem(
            problem.help("set it under `given.organizers`, or draw a new one with -ResetConferenceId"),
        );
        Vec::new()
    }

    fn of_user(&mut self, user: &UserName, at: Span, act: fn(OrganizerRef) -> Act) -> Vec<Act> {
        self.user(user, at).map(act).into_iter().collect()
    }

    fn set_to(&mut self, name: &str, value: &str, at: Span) -> Option<Act> {
        match self.cx.scratch.set(name, value) {
            Ok(()) => Some(Act::Set { name: name.to_owned(), value: value.to_owned() }),
            Err(error) => {
                self.cx.error(at, error.to_string());
                None
            }
        }
    }

    /// The organizer who is meant: by the story's name, by its mail, or by the part before the `@`, as
    /// `amos@contoso.com` is amos.
    fn user(&mut self, user: &UserName, at: Span) -> Option<OrganizerRef> {
        let wanted = user.0.to_lowercase();
        let before_at = wanted.split('@').next().unwrap_or_default();
        let organizers = &self.cx.organizers;
        let found = organizers
            .iter()
            .find(|known| {
                let mail = known.mail.as_ref().is_some_and(|mail| mail.to_lowercase() == wanted);
                mail || known.name.to_lowercase() == wanted
            })
            .or_else(|| organizers.iter().find(|known| known.name.to_lowercase() == before_at));
        if let Some(name) = found.map(|organizer| organizer.name.clone()) {
            return self.cx.organizer_named(&name, at);
        }
        let help = suggest(before_at, organizers.iter().map(|organizer| organizer.name.as_str()));
        let problem = Problem::error(at, format!("-Identity: unknown organizer `{}`", short(&user.0)));
        let named =
            "organizers are listed under `given.organizers`; -Identity takes their name or mail address";
        self.cx.problem(problem.help(help.unwrap_or_else(|| named.to_owned())));
        None
    }
}
