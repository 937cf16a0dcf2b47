//! Result of a dry run for one step.

use chrono::{DateTime, Utc};
use couponflow_domain::automation::actions::StepKind;
use couponflow_domain::automation::execution::StepStatus;
use couponflow_domain::automation::workflow::Step;
use serde::Serialize;
use serde_json::{Map, Value};

/// What a step would do.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct PlannedStep {
    /// Id of the step.
    pub id: String,
    /// Type of the step.
    #[schemars(with = "String")]
    pub r#type: StepKind,
    /// Status that the step would end with.
    pub status: StepStatus,
    /// `detail` that the step would have in an execution: the reason why the step would be skipped,
    /// fail, take its branch or end the execution. Null without such a reason.
    pub detail: Option<String>,
    /// Rendered input of the step; null if the step would do nothing.
    #[schemars(with = "Option<PlannedStepInput>")]
    pub input: Option<Map<String, Value>>,
    /// Outcome of the step as a sentence, such as `would be skipped: …` or `would wait until …`.
    /// Null if the step would simply complete. For a `for_each_contact` step, states why the first
    /// contact would be skipped.
    pub note: Option<String>,
    /// When the execution would reach the step.
    pub at: DateTime<Utc>,
    /// Steps of a `for_each_contact` as they would run for the first contact of the audience.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub for_one_contact: Vec<PlannedStep>,
}

/// Rendered input of a step, by name.
#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "names the schema of `PlannedStep::input`")]
struct PlannedStepInput(Map<String, Value>);

impl PlannedStep {
    /// Creates the plan of a step that the execution reaches at `at`. The plan has no result yet.
    pub(super) fn new(step: &Step, at: DateTime<Utc>) -> Self {
        Self {
            id: step.id.clone(),
            r#type: step.action.kind(),
            status: StepStatus::Running,
            detail: None,
            input: None,
            note: None,
            at,
            for_one_contact: Vec::new(),
        }
    }
}
