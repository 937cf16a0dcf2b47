//! Context in which the effect of a claimed step is performed.

use couponflow_domain::automation::execution::{Execution, Outcome};
use couponflow_domain::automation::workflow::{Definition, Step};
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::tenants::tenant::TenantId;
use serde_json::Value;

/// Claimed step of an execution, with the ports to perform it.
pub(in crate::automation) struct StepRun<'a, S, O, E> {
    pub(in crate::automation) store: &'a S,
    pub(in crate::automation) outbound: &'a O,
    pub(in crate::automation) system: &'a E,
    pub(in crate::automation) workflow: &'a Definition,
    pub(in crate::automation) step: &'a Step,
    pub(in crate::automation) execution: &'a Execution,
    pub(in crate::automation) contact: Option<&'a Contact>,
}

impl<S, O, E> StepRun<'_, S, O, E> {
    /// Returns the id of the step's effect. It is the same for each attempt.
    pub(super) fn effect_id(&self) -> String {
        format!("{}_{}", self.execution.id, self.step.id)
    }

    pub(super) fn tenant(&self) -> &TenantId {
        &self.execution.event.metadata.tenant_id
    }

    /// Returns the outcome of a completed step with these outputs.
    pub(super) fn completed<const N: usize>(output: [(&str, Value); N]) -> Outcome {
        Outcome::Completed(output.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
