//! Reads steps: a tree as its author wrote it becomes a list in which each step knows where to go on.

use std::collections::HashSet;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::action::{Action, NewCoupon, Next, NotMet, Notification, Wait};
use super::happening::Happening;
use super::window::Window;
use super::{LONGEST_WAIT, MAX_RECIPIENTS, Step, Trigger};
use crate::audience::Audience;
use crate::contact::SetChange;
use crate::coupon::{Terms, ZoneName};
use crate::customer::Email;
use crate::filter::Filter;
use crate::ids::{CouponId, WorkflowId};
use crate::input::{self, Errors, Field};
use crate::span::Span;
use crate::template::{self, Scope};
use crate::webhook::{Reach, parse_url};

/// Steps of one workflow, those within others included.
const MAX_STEPS: usize = 100;

/// Steps within steps.
const MAX_DEPTH: usize = 8;

const MAX_WAYS: usize = 20;
const MAX_SUBJECT: usize = 500;
const MAX_BODY: usize = 100_000;
const MAX_RAISE: i64 = 1_000_000_000;

/// The shortest wait.
const SHORTEST_WAIT: TimeDelta = TimeDelta::seconds(1);

/// A generated coupon's life.
const COUPON_LIVES: std::ops::RangeInclusive<TimeDelta> = TimeDelta::minutes(1)..=TimeDelta::days(3660);

/// The terms that each generated coupon has for itself, so that a workflow does not say them.
pub const EACH_ITS_OWN: [&str; 10] = [
    "code",
    "code_type",
    "max_redemptions",
    "max_redemptions_per_customer",
    "starts_at",
    "expires_at",
    "thresholds",
    "backup_coupon_id",
    "offer_backup",
    "only_for",
];

/// A place from which it is not yet known where to go on.
#[derive(Clone, Copy)]
enum Loose {
    /// After the step at this place.
    After(usize),
    /// This way of the step at this place.
    Way(usize, usize),
}

/// The steps of a list, one after the other: where they begin, and what is loose at their end.
struct Block {
    first: Option<usize>,
    loose: Vec<Loose>,
}

pub(super) struct Reader {
    trigger: Trigger,
    scope: Scope,
    seen: HashSet<String>,
    steps: Vec<Step>,
    depth: usize,
    has_contact: bool,
    reach: Reach,
}

pub(super) fn steps(
    field: &Field<'_>,
    trigger: Option<Trigger>,
    reach: Reach,
    errors: &mut Errors,
) -> Option<Vec<Step>> {
    let trigger = trigger.unwrap_or(Trigger::Manual);
    let mut reader = Reader {
        trigger,
        scope: Scope::of(trigger),
        seen: HashSet::from([super::ALERT.to_owned()]),
        steps: Vec::new(),
        depth: 0,
        has_contact: false,
        reach,
    };
    reader.block(field, 1, errors)?;
    match reader.steps.len() {
        0..=MAX_STEPS => Some(reader.steps),
        _ => field.refuse(format_args!("may have {MAX_STEPS} steps, those within others included"), errors),
    }
}

impl Reader {
    fn block(&mut self, field: &Field<'_>, least: usize, errors: &mut Errors) -> Option<Block> {
        if self.depth > MAX_DEPTH {
            return field.refuse(format_args!("steps may be nested {MAX_DEPTH} deep"), errors);
        }
        let mut block = Block { first: None, loose: Vec::new() };
        let read = field.list(least..=MAX_STEPS, errors, |field, errors| {
            let place = self.steps.len();
            block.first.get_or_insert(place);
            self.tie(&block.loose, place);
            block.loose = self.step(field, errors)?;
            Some(())
        });
        read.map(|_| block)
    }

    fn tie(&mut self, loose: &[Loose], place: usize) {
        for end in loose {
            match *end {
                Loose::After(step) => self.steps[step].next = Next::Step(place),
                Loose::Way(step, way) => self.steps[step].action.ways_mut()[way] = Next::Step(place),
            }
        }
    }

    /// Reads a step with those within it, and answers with what is loose at its end.
    fn step(&mut self, field: &Field<'_>, errors: &mut Errors) -> Option<Vec<Loose>> {
        field.object_of_any(errors)?;
        let place = self.steps.len();
        let id = field.get("id").parse(parse_id, errors);
        let id = match id {
            Some(id) if !self.seen.insert(id.clone()) => {
                field.get("id").refuse("must differ from the ids of the other steps", errors)
            }
            id => id,
        };
        // Steps within come after the one that they are in, so it has its place before it is read.
        let placeholder = Action::Wait(Wait::For(TimeDelta::zero()));
        let pointer = field.pointer().to_owned();
        self.steps.push(Step { id: id.clone().unwrap_or_default(), action: placeholder, next: Next::End, pointer });
        let (action, loose) = self.action(place, field, errors)?;
        let id = id?;
        self.scope.add_step(&id, action.outputs());
        self.steps[place].action = action;
        Some(loose)
    }

    fn action(&mut self, place: usize, field: &Field<'_>, errors: &mut Errors) -> Option<(Action, Vec<Loose>)> {
        let kind = field.get("type").parse(|kind| Ok::<_, String>(kind.to_owned()), errors)?;
        let straight = |action: Action| (action, vec![Loose::After(place)]);
        match kind.as_str() {
            "wait_for_event" => {
                let members = [&["timeout", "then", "on_timeout"], Happening::MEMBERS].concat();
                self.members(field, &members, errors)?;
                let happening = Happening::read(field, errors);
                let timeout = Span::read(&field.get("timeout"), SHORTEST_WAIT..=LONGEST_WAIT, errors);
                let (ways, loose) = self.ways(place, &[field.get("then"), field.get("on_timeout")], errors)?;
                let ways = [*ways.first()?, *ways.get(1)?];
                let (happening, timeout) = (happening?, timeout?.delta());
                Some((Action::WaitForEvent { happening, timeout, ways }, loose))
            }
            "branch" => {
                self.members(field, &["branches", "else"], errors)?;
                let trigger = self.trigger;
                let has_contact = self.has_contact;
                let mut lists = Vec::new();
                let filters = field.get("branches").list(1..=MAX_WAYS, errors, |field, errors| {
                    field.object(&["filters", "steps"], errors)?;
                    lists.push(field.get("steps"));
                    let filters = field.get("filters");
                    if filters.is_absent() {
                        return filters
                            .refuse("is required: what leads this way; for all others there is else", errors);
                    }
                    Filter::read_within(&filters, trigger, has_contact, errors)
                });
                lists.push(field.get("else"));
                let (ways, loose) = self.ways(place, &lists, errors)?;
                Some((Action::Branch { filters: filters?, ways }, loose))
            }
            "random_split" => {
                self.members(field, &["branches"], errors)?;
                let mut lists = Vec::new();
                let weights = field.get("branches").list(2..=MAX_WAYS, errors, |field, errors| {
                    field.object(&["weight", "steps"], errors)?;
                    lists.push(field.get("steps"));
                    field.get("weight").integer(1..=1_000_000, errors).and_then(|weight| u32::try_from(weight).ok())
                });
                let (ways, loose) = self.ways(place, &lists, errors)?;
                Some((Action::RandomSplit { weights: weights?, ways }, loose))
            }
            "for_each_contact" => {
                self.members(field, &["audience", "steps"], errors)?;
                if self.has_contact {
                    return field.get("type").refuse("can't be within another for_each_contact", errors);
                }
                let audience = Audience::read(&field.get("audience"), errors);
                let inside = self.scope.clone().with_contact();
                let outside = std::mem::replace(&mut self.scope, inside);
                self.has_contact = true;
                let block = self.within(&field.get("steps"), 1, errors);
                self.has_contact = false;
                self.scope = outside;
                // What is loose inside stays so: each contact's execution ends there.
                let first = block?.first?;
                Some(straight(Action::ForEachContact { audience: audience?, first }))
            }
            "goal" => {
                let members = [&["if_not_met"], Happening::MEMBERS].concat();
                self.members(field, &members, errors)?;
                if self.depth > 0 {
                    return field
                        .get("type")
                        .refuse("can't be within another step: a goal is the workflow's own", errors);
                }
                let otherwise =
                    field.get("if_not_met").optional(errors, |field, errors| field.parse(parse_not_met, errors));
                let happening = Happening::read(field, errors);
                let (happening, otherwise) = (happening?, otherwise?.unwrap_or(NotMet::Continue));
                Some(straight(Action::Goal { happening, otherwise }))
            }
            _ => self.effect(&kind, field, errors).map(straight),
        }
    }

    fn members(&self, field: &Field<'_>, members: &[&str], errors: &mut Errors) -> Option<()> {
        field.object(&[&["id", "type"], members].concat(), errors)
    }

    fn within(&mut self, field: &Field<'_>, least: usize, errors: &mut Errors) -> Option<Block> {
        self.depth += 1;
        let block = self.block(field, least, errors);
        self.depth -= 1;
        block
    }

    /// The ways of a step: where each goes on, and what is loose at the ends of them.
    fn ways(&mut self, place: usize, lists: &[Field<'_>], errors: &mut Errors) -> Option<(Vec<Next>, Vec<Loose>)> {
        let mut ways = Vec::new();
        let mut loose = Vec::new();
        for (way, list) in lists.iter().enumerate() {
            let block = match list.is_absent() {
                true => Some(Block { first: None, loose: Vec::new() }),
                false => self.within(list, 0, errors),
            };
            ways.push(block.map(|block| {
                loose.extend(block.loose);
                match block.first {
                    Some(first) => Next::Step(first),
                    None => {
                        loose.push(Loose::Way(place, way));
                        Next::End
                    }
                }
            }));
        }
        Some((ways.into_iter().collect::<Option<_>>()?, loose))
    }

    /// A step that does something, once, and leads to the next.
    fn effect(&self, kind: &str, field: &Field<'_>, errors: &mut Errors) -> Option<Action> {
        let members = |members: &[&str], errors: &mut Errors| self.members(field, members, errors);
        match kind {
            "add_tag" => self.change(field, "tag", SetChange::AddTag, errors),
            "remove_tag" => self.change(field, "tag", SetChange::RemoveTag, errors),
            "add_to_list" => self.change(field, "list", SetChange::AddToList, errors),
            "remove_from_list" => self.change(field, "list", SetChange::RemoveFromList, errors),
            "send_email" => {
                members(&["subject", "html", "text"], errors)?;
                let subject = self.line(field, "subject", errors);
                let html = field.get("html").optional(errors, |_, errors| self.body(field, "html", errors));
                let text = field.get("text").optional(errors, |_, errors| self.body(field, "text", errors));
                let (subject, html, text) = (subject?, html?, text?);
                if html.is_none() && text.is_none() {
                    return field.get("html").refuse("is required, or else text", errors);
                }
                Some(Action::SendEmail { subject, html, text })
            }
            "notify" => self.notification(field, errors).map(Action::Notify),
            "webhook" => {
                members(&["url", "body"], errors)?;
                let url = self.url(field, errors);
                let body = field.get("body").optional(errors, |_, errors| self.body(field, "body", errors));
                Some(Action::Webhook { url: url?, body: body? })
            }
            "pause_coupon" => {
                members(&["coupon_id"], errors)?;
                Some(Action::PauseCoupon { coupon_id: coupon_id(field, errors)? })
            }
            "replace_with_backup_coupon" => members(&[], errors).map(|()| Action::ReplaceWithBackupCoupon),
            "generate_coupon" => self.new_coupon(field, errors).map(Box::new).map(Action::GenerateCoupon),
            "extend_coupon" => {
                members(&["coupon_id", "by"], errors)?;
                let by = Span::read(&field.get("by"), SHORTEST_WAIT..=LONGEST_WAIT, errors);
                Some(Action::ExtendCoupon { coupon_id: coupon_id(field, errors)?, by: by? })
            }
            "raise_limit" => {
                members(&["coupon_id", "by"], errors)?;
                let by = field.get("by").integer(1..=MAX_RAISE, errors);
                Some(Action::RaiseLimit { coupon_id: coupon_id(field, errors)?, by: by? })
            }
            "start_workflow" => {
                members(&["workflow_id"], errors)?;
                let workflow_id = field.get("workflow_id").parse(WorkflowId::parse, errors);
                Some(Action::StartWorkflow { workflow_id: workflow_id? })
            }
            "stop_workflow" => {
                members(&["workflow_id"], errors)?;
                let id =
                    field.get("workflow_id").optional(errors, |field, errors| field.parse(WorkflowId::parse, errors));
                Some(Action::StopWorkflow { workflow_id: id? })
            }
            "wait" => self.wait(field, errors).map(Action::Wait),
            _ => field.get("type").refuse(format_args!("must be one of {}", super::STEP_TYPES.join(", ")), errors),
        }
    }

    fn template(&self, field: &Field<'_>, source: &str, errors: &mut Errors) -> Option<String> {
        match template::check(source, &self.scope) {
            Ok(()) => Some(source.to_owned()),
            Err(fault) => field.refuse(fault, errors),
        }
    }

    fn url(&self, step: &Field<'_>, errors: &mut Errors) -> Option<String> {
        let checked = |text: &str| parse_url(text, self.reach).map(|_| text.to_owned());
        step.get("url").parse(checked, errors)
    }

    fn line(&self, step: &Field<'_>, name: &str, errors: &mut Errors) -> Option<String> {
        let field = step.get(name);
        field.text(1..=MAX_SUBJECT, errors).and_then(|source| self.template(&field, source, errors))
    }

    fn body(&self, step: &Field<'_>, name: &str, errors: &mut Errors) -> Option<String> {
        let field = step.get(name);
        field.lines(1..=MAX_BODY, errors).and_then(|source| self.template(&field, source, errors))
    }

    fn change(
        &self,
        field: &Field<'_>,
        member: &str,
        change: fn(String) -> SetChange,
        errors: &mut Errors,
    ) -> Option<Action> {
        let known = self.members(field, &[member], errors);
        let name = field.get(member).text(1..=100, errors)?.to_owned();
        known.map(|()| Action::ChangeSet(change(name)))
    }

    fn notification(&self, field: &Field<'_>, errors: &mut Errors) -> Option<Notification> {
        self.members(field, &["channel", "to", "url", "topic_arn", "subject", "text"], errors)?;
        let channel = |channel: &str| match channel {
            "email" | "slack" | "sns" => Ok(channel.to_owned()),
            _ => Err("must be \"email\", \"slack\" or \"sns\""),
        };
        let channel = field.get("channel").parse(channel, errors);
        let text = self.body(field, "text", errors);
        let channel = channel?;
        let unfit: &[&str] = match channel.as_str() {
            "email" => &["url", "topic_arn"],
            "slack" => &["to", "topic_arn", "subject"],
            _ => &["to", "url"],
        };
        for member in unfit.iter().filter(|member| !field.get(member).is_absent()) {
            field.get(member).refuse::<()>(format_args!("does not go with the channel {channel}"), errors);
        }
        match channel.as_str() {
            "email" => {
                let each = |field: &Field<'_>, errors: &mut Errors| field.parse(Email::parse, errors);
                let to = field.get("to").list(1..=MAX_RECIPIENTS, errors, each);
                let subject = self.line(field, "subject", errors);
                Some(Notification::Email { to: to?, subject: subject?, text: text? })
            }
            "slack" => {
                let url = self.url(field, errors);
                Some(Notification::Slack { url: url?, text: text? })
            }
            _ => {
                let topic_arn = field.get("topic_arn").text(1..=300, errors).map(str::to_owned);
                let subject = field.get("subject").optional(errors, |_, errors| self.line(field, "subject", errors));
                Some(Notification::Topic { topic_arn: topic_arn?, subject: subject?, text: text? })
            }
        }
    }

    fn new_coupon(&self, field: &Field<'_>, errors: &mut Errors) -> Option<NewCoupon> {
        self.members(field, &["coupon", "prefix", "expires_in", "only_for_contact"], errors)?;
        let prefix = field.get("prefix").optional(errors, |field, errors| field.parse(parse_prefix, errors));
        let expires_in =
            field.get("expires_in").optional(errors, |field, errors| Span::read(field, COUPON_LIVES, errors));
        let only_for_contact = field.get("only_for_contact").optional(errors, Field::boolean);
        let terms = read_new_terms(&field.get("coupon"), errors);
        Some(NewCoupon {
            terms: terms?,
            prefix: prefix?.unwrap_or_default(),
            expires_in: expires_in?,
            only_for_contact: only_for_contact?.unwrap_or(false),
        })
    }

    fn wait(&self, field: &Field<'_>, errors: &mut Errors) -> Option<Wait> {
        self.members(field, &["for", "until", "time_zone", "before", "window"], errors)?;
        let given: Vec<&str> =
            ["for", "until", "window"].into_iter().filter(|member| !field.get(member).is_absent()).collect();
        let only_with_until = |member: &str, errors: &mut Errors| match field.get(member).is_absent() {
            true => Some(()),
            false => field.get(member).refuse("goes with until only", errors),
        };
        match given[..] {
            ["until"] => {
                let before = field
                    .get("before")
                    .optional(errors, |field, errors| Span::read(field, SHORTEST_WAIT..=LONGEST_WAIT, errors));
                let zone =
                    field.get("time_zone").optional(errors, |field, errors| field.parse(ZoneName::parse, errors));
                let (zone, instant) = (zone?, self.line(field, "until", errors)?);
                // One without merge fields can be checked now.
                if !instant.contains("{{")
                    && let Err(fault) = crate::coupon::parse_instant(&instant, zone.as_ref())
                {
                    return field.get("until").refuse(fault, errors);
                }
                let earlier = before?.map_or(TimeDelta::zero(), Span::delta);
                Some(Wait::Until { instant, zone, earlier })
            }
            ["window"] => {
                only_with_until("time_zone", errors)?;
                only_with_until("before", errors)?;
                Window::read(&field.get("window"), errors).map(Wait::Window)
            }
            ["for"] | [] => {
                only_with_until("time_zone", errors)?;
                only_with_until("before", errors)?;
                let span = Span::read(&field.get("for"), SHORTEST_WAIT..=LONGEST_WAIT, errors)?;
                Some(Wait::For(span.delta()))
            }
            _ => field.refuse("must have one of for, until and window", errors),
        }
    }
}

/// The terms of a coupon that is not there yet: what the workflow decides about each one is left out.
fn read_new_terms(field: &Field<'_>, errors: &mut Errors) -> Option<Terms> {
    field.object_of_any(errors)?;
    let mut document = field.value().cloned().unwrap_or_default();
    for member in EACH_ITS_OWN.iter().filter(|member| document.get(member).is_some()) {
        field
            .get(member)
            .refuse::<()>("is left out: each coupon has its own code, expires_in and one redemption", errors);
    }
    if let Value::Object(map) = &mut document {
        map.insert("code".to_owned(), json!("GENERATED"));
        map.insert("max_redemptions".to_owned(), json!(1));
    }
    match input::read(&document, Terms::read) {
        Ok(terms) => Some(terms),
        Err(faults) => {
            for fault in faults {
                field.at(&fault.pointer).refuse::<()>(fault.detail, errors);
            }
            None
        }
    }
}

fn coupon_id(field: &Field<'_>, errors: &mut Errors) -> Option<Option<CouponId>> {
    field.get("coupon_id").optional(errors, |field, errors| field.parse(CouponId::parse, errors))
}

fn parse_not_met(text: &str) -> Result<NotMet, &'static str> {
    match text {
        "continue" => Ok(NotMet::Continue),
        "wait" => Ok(NotMet::Wait),
        "end" => Ok(NotMet::End),
        _ => Err("must be \"continue\", \"wait\" or \"end\""),
    }
}

fn parse_prefix(text: &str) -> Result<String, &'static str> {
    match text.len() {
        1..=20 if text.bytes().all(|b| b.is_ascii_alphanumeric()) => Ok(text.to_ascii_uppercase()),
        _ => Err("must be 1 to 20 letters and digits"),
    }
}

fn parse_id(text: &str) -> Result<String, &'static str> {
    let of_the_alphabet = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if starts_well && text.len() <= 40 && text.bytes().all(of_the_alphabet) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 40 lower-case letters, digits or underscores, the first a letter")
    }
}
