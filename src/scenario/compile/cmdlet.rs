//! A cmdlet that a story's administrator types: the words and rules are the real administrator's, what it does is done
//! to the story's own directory.

use crate::admin::act::{Act as Wish, Effect, UserName};
use crate::admin::cmdlet::order::Deed;
use crate::admin::cmdlet::{Fault, read};
use crate::control::account::AccountAct;
use crate::control::caller::OrganizerRef;
use crate::control::policy::{Group, Policy};
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::span::Span;
use crate::scenario::story::Act;
use crate::scenario::tree::Node;

use super::script::Script;
use super::values::short;

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
        match wish.effect() {
            Effect::Account(user, acts) => {
                let Some(organizer) = self.user(user, at) else { return Vec::new() };
                acts.into_iter().flat_map(|act| self.on_account(organizer, act, at)).collect()
            }
            Effect::Tenant(settings) => {
                settings.iter().filter_map(|(name, value)| self.set_to(name, value, at)).collect()
            }
            Effect::TenantReset => {
                let base = Policy::default();
                let tenant = Policy::SETTINGS.iter().filter(|setting| setting.group == Group::Tenant);
                let wishes = tenant.filter_map(|setting| Some((setting.name, base.show(setting.name)?)));
                wishes.filter_map(|(name, value)| self.set_to(name, &value, at)).collect()
            }
            Effect::Numbers => {
                let problem =
                    Problem::error(at, "a service number's languages cannot change while the story runs");
                self.cx.problem(problem.help("set them under `given.numbers`"));
                Vec::new()
            }
            Effect::Nothing => self.of_no_use(at),
        }
    }

    fn on_account(&mut self, organizer: OrganizerRef, act: AccountAct, at: Span) -> Vec<Act> {
        match act {
            AccountAct::Enable { conference_id: Some(_), .. } | AccountAct::ChangeConferenceId(Some(_)) => {
                let problem = Problem::error(at, "a conference ID cannot be chosen while the story runs");
                self.cx.problem(
                    problem
                        .help("set it under `given.organizers`, or draw a new one with -ResetConferenceId"),
                );
                Vec::new()
            }
            AccountAct::Enable { conference_id: None, allow_anonymous_start } => {
                let allow = allow_anonymous_start.map(|allow| Act::AllowAnonymousStart(organizer, allow));
                [Act::Enable(organizer)].into_iter().chain(allow).collect()
            }
            AccountAct::Disable => vec![Act::Disable(organizer)],
            AccountAct::ResetPin => vec![Act::ResetPin(organizer)],
            AccountAct::ChangeConferenceId(None) => vec![Act::ResetConferenceId(organizer)],
            AccountAct::AllowAnonymousStart(allow) => vec![Act::AllowAnonymousStart(organizer, allow)],
            AccountAct::LockPin => vec![Act::LockPin(organizer)],
            AccountAct::UnlockPin => vec![Act::Unlock(organizer)],
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
        let organizers = &self.cx.people.organizers;
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
