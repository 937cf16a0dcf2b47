//! Preparation of a step: what the action can use to decide and render its effect.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::automation::execution::Outcome;
use crate::automation::template::{Context, Format, OutputKind, TemplateError, render};
use crate::automation::workflow::{Settings, WaitCondition};
use crate::contacts::contact::Contact;
use crate::events::event::Event;
use crate::kernel::ids::{ContactId, CouponId, ExecutionId, WorkflowId};
use crate::kernel::personal::PersonalText;
use crate::purchases::customer::Customer;

/// Reason why a step that needs a contact is skipped.
const NO_CUSTOMER: &str = "the event names no customer";

/// State of an execution at a claimed step.
pub(in crate::automation) struct Preparation<'a> {
    pub(in crate::automation) now: DateTime<Utc>,
    /// When the execution reached the step.
    pub(in crate::automation) started_at: DateTime<Utc>,
    pub(in crate::automation) event: Event,
    /// Current state of the contact that the execution runs for.
    pub(in crate::automation) contact: Option<&'a Contact>,
    pub(in crate::automation) contact_id: Option<&'a ContactId>,
    /// Whether the execution is notified about events with its order id or customer id.
    pub(in crate::automation) has_correlation_keys: bool,
    pub(in crate::automation) execution_id: &'a ExecutionId,
    pub(in crate::automation) workflow_id: &'a WorkflowId,
    pub(in crate::automation) workflow_name: &'a str,
    pub(in crate::automation) settings: &'a Settings,
    pub(in crate::automation) step_id: &'a str,
    /// Outputs of earlier steps, by step id.
    pub(in crate::automation) outputs: BTreeMap<String, Map<String, Value>>,
    /// Last step that has ended.
    pub(in crate::automation) ended: Option<EndedStep<'a>>,
}

/// Step that has ended.
pub(in crate::automation) struct EndedStep<'a> {
    pub(in crate::automation) id: &'a str,
    /// Why the step was skipped or failed.
    pub(in crate::automation) detail: Option<&'a str>,
}

impl Preparation<'_> {
    /// Returns the contact, or the outcome of a step that needs a contact if there is none.
    pub(super) fn contact(&self) -> Result<&Contact, Outcome> {
        self.contact.ok_or_else(|| Outcome::Skipped(NO_CUSTOMER.to_owned()))
    }

    /// Returns the given coupon, or else the coupon of the event.
    pub(super) fn coupon_or_own(&self, id: Option<&CouponId>) -> CouponId {
        id.unwrap_or(&self.event.data.coupon.id).clone()
    }

    /// Checks that the execution can observe the condition. An execution observes signals through
    /// its contact. An execution without a contact observes events through its correlation keys
    /// (order id, customer id).
    pub(super) fn check_observable(&self, condition: &WaitCondition) -> Result<(), Outcome> {
        let has_order = self.contact_id.is_none() && self.has_correlation_keys;
        match condition {
            WaitCondition::Event { .. } if has_order => Ok(()),
            WaitCondition::Event { .. } | WaitCondition::Change(_) => self.contact().map(|_| ()),
        }
    }

    /// Whether a request with a `server` or `admin` key named the recipient: the customer of the event, or else the
    /// contact.
    pub(super) fn is_recipient_verified(&self, contact: &Contact) -> bool {
        self.event.data.customer.as_ref().map_or(contact.verified, |customer| customer.verified)
    }

    /// Renders a template of a message that people read.
    pub(super) fn render(&self, source: &str, form: OutputKind) -> Result<PersonalText, Outcome> {
        let event = self.event.for_messages();
        let person = self.person().map(Customer::for_messages);
        self.rendered_for(&event, person, |context| render(source, form, context)).map(PersonalText::from)
    }

    /// Renders with the merge fields of this execution, for a program. The step is skipped if a field that the
    /// template uses has no value.
    pub(super) fn rendered<T>(&self, render: impl FnOnce(&Context) -> Result<T, TemplateError>) -> Result<T, Outcome> {
        self.rendered_for(&self.event, self.person(), render)
    }

    fn person(&self) -> Option<Customer> {
        let named = self.event.data.customer.as_ref();
        self.contact.map(|contact| contact.merge_customer(named)).or_else(|| named.cloned())
    }

    fn rendered_for<T>(
        &self,
        event: &Event,
        person: Option<Customer>,
        render: impl FnOnce(&Context) -> Result<T, TemplateError>,
    ) -> Result<T, Outcome> {
        let locale = self.contact.and_then(|contact| contact.locale.as_ref()?.locale());
        let zone = self.contact.and_then(|contact| contact.time_zone.clone());
        let format = Format {
            locale: locale.or_else(|| self.settings.locale.clone()).unwrap_or_default(),
            zone: zone.or_else(|| self.settings.time_zone.clone()).unwrap_or_default(),
        };
        let context = Context::new(event, person.as_ref(), &self.outputs, &format);
        render(&context).map_err(|error| match error {
            TemplateError::Missing(_) => Outcome::Skipped(error.to_string()),
            TemplateError::Invalid { .. } | TemplateError::UnknownField { .. } | TemplateError::TooLong { .. } => {
                Outcome::Failed(error.to_string())
            }
        })
    }
}
