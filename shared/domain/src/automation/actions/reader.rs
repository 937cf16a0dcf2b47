//! Reading of one step. The actions use it to read their members.

use crate::automation::template;
use crate::automation::template::{MAX_BODY, MAX_SUBJECT, Scope};
use crate::automation::workflow::{ReviewFindings, Trigger};
use crate::delivery::webhook::{UrlPolicy, parse_url};
use crate::kernel::ids::CouponId;
use crate::kernel::input::{Errors, Field, FieldError};

/// Position in the workflow at which a step is read.
pub(in crate::automation) struct ReadingContext<'m> {
    pub(in crate::automation) trigger: Trigger,
    /// Merge fields that the step can use.
    pub(in crate::automation) scope: Scope,
    /// Number of steps that contain the step.
    pub(in crate::automation) depth: usize,
    /// Whether the step is inside a `for_each_contact`, so that it always runs for a contact.
    pub(in crate::automation) has_contact: bool,
    pub(in crate::automation) url_policy: UrlPolicy,
    pub(in crate::automation) findings: &'m mut ReviewFindings,
}

/// Lists of steps inside a step.
pub(in crate::automation) enum Nested<'d> {
    None,
    /// Branches, in order. The execution takes one of them. A list may be absent.
    Branches(Vec<Field<'d>>),
    /// Steps that run in a separate execution for each contact of an audience.
    PerContact(Field<'d>),
}

/// Step that is being read.
pub(in crate::automation) struct StepReader<'r, 'm, 'd> {
    step: &'r Field<'d>,
    /// Position of the step in the list of steps.
    place: usize,
    pub(super) context: &'r mut ReadingContext<'m>,
    nested: Nested<'d>,
}

impl<'r, 'm, 'd> StepReader<'r, 'm, 'd> {
    pub(in crate::automation) fn new(step: &'r Field<'d>, place: usize, context: &'r mut ReadingContext<'m>) -> Self {
        Self { step, place, context, nested: Nested::None }
    }

    /// Returns the lists of steps that the action declared.
    pub(in crate::automation) fn into_nested(self) -> Nested<'d> {
        self.nested
    }

    /// Returns a member of the step.
    pub(super) fn get(&self, name: &str) -> Field<'d> {
        self.step.get(name)
    }

    /// Returns the step as a field.
    pub(super) fn field(&self) -> &'r Field<'d> {
        self.step
    }

    /// Rejects members that this kind of step does not have.
    pub(super) fn members(&self, known: &[&str], errors: &mut Errors) -> Option<()> {
        self.step.object(&[&["id", "type"], known].concat(), errors)
    }

    /// Declares the lists of steps of which the execution takes one. They are read after the action.
    pub(super) fn branches(&mut self, lists: Vec<Field<'d>>) {
        self.nested = Nested::Branches(lists);
    }

    /// Declares the steps that run for each contact of an audience. They are read after the action.
    /// Returns the position that the first of them will have.
    pub(super) fn for_each_contact(&mut self, steps: Field<'d>) -> usize {
        self.nested = Nested::PerContact(steps);
        self.place + 1
    }

    /// Rejects a step that requires a contact if executions never have a contact at this step.
    pub(super) fn needs_contact(&mut self) {
        if self.context.has_contact || self.context.trigger.may_have_contact() {
            return;
        }
        let detail = format!(
            "requires a contact, but {} events name no customer; put the step into a for_each_contact",
            self.context.trigger.name()
        );
        self.fault(&self.get("type"), detail);
    }

    /// Whether the contact at this step can be one that only requests with a `storefront` key have named.
    pub(super) fn may_be_unverified(&self) -> bool {
        match self.context.trigger {
            Trigger::Event(event) => self.context.has_contact || event.properties().is_caused_by_browsers,
            Trigger::Manual => self.context.has_contact,
        }
    }

    /// Adds a fault that prevents saving, but not running the workflow.
    pub(super) fn fault(&mut self, field: &Field<'_>, detail: String) {
        self.context.findings.faults.push(FieldError { pointer: field.pointer().to_owned(), detail });
    }

    /// Adds a warning.
    pub(super) fn warning(&mut self, field: &Field<'_>, detail: String) {
        self.context.findings.warnings.push(FieldError { pointer: field.pointer().to_owned(), detail });
    }

    /// Checks a template. Does not warn about merge fields that can be missing.
    pub(super) fn checked(&self, field: &Field<'_>, source: &str, errors: &mut Errors) -> Option<String> {
        match template::check(source, &self.context.scope) {
            Ok(()) => Some(source.to_owned()),
            Err(fault) => field.reject(fault, errors),
        }
    }

    /// Checks a template and adds warnings. For example, warns about a merge field that can be
    /// missing and has no `|default`.
    pub(super) fn template(&mut self, field: &Field<'_>, source: &str, errors: &mut Errors) -> Option<String> {
        let source = self.checked(field, source, errors)?;
        for detail in template::advice(&source, &self.context.scope) {
            self.warning(field, detail);
        }
        Some(source)
    }

    /// Reads a member that is a template of one line.
    pub(super) fn line(&mut self, name: &str, errors: &mut Errors) -> Option<String> {
        let field = self.get(name);
        field.text(1..=MAX_SUBJECT, errors).and_then(|source| self.template(&field, source, errors))
    }

    /// Reads a member that is a template of several lines.
    pub(super) fn body(&mut self, name: &str, errors: &mut Errors) -> Option<String> {
        let field = self.get(name);
        field.lines(1..=MAX_BODY, errors).and_then(|source| self.template(&field, source, errors))
    }

    /// Reads the member `url`.
    pub(super) fn url(&self, errors: &mut Errors) -> Option<String> {
        let checked = |text: &str| parse_url(text, self.context.url_policy).map(|_| text.to_owned());
        self.get("url").parse(checked, errors)
    }

    /// Reads the optional member `coupon_id`.
    pub(super) fn coupon_id(&self, errors: &mut Errors) -> Option<Option<CouponId>> {
        self.get("coupon_id").optional(errors, |field, errors| field.parse(CouponId::parse, errors))
    }
}
