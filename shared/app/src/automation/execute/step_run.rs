//! Context in which the effect of a claimed step is performed.

use couponflow_domain::automation::execution::{Execution, Outcome};
use couponflow_domain::automation::workflow::Definition;
use couponflow_domain::contacts::contact::Contact;
use serde_json::Value;

/// Claimed step of an execution, with the ports to perform it.
pub(super) struct StepRun<'a, S, O, E> {
    pub(super) store: &'a S,
    pub(super) outbound: &'a O,
    pub(super) system: &'a E,
    pub(super) workflow: &'a Definition,
    pub(super) execution: &'a Execution,
    pub(super) contact: Option<&'a Contact>,
}

impl<S, O, E> StepRun<'_, S, O, E> {
    /// Returns the outcome of a completed step with these outputs.
    pub(super) fn completed<const N: usize>(output: [(&str, Value); N]) -> Outcome {
        Outcome::Completed(output.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
