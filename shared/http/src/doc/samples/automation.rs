//! Examples of workflows, executions and dry runs.

use couponflow_app::automation::dry_run::{DryRun, PlannedStep};
use couponflow_app::automation::ports::{self, WorkflowStatus};
use couponflow_domain::automation::actions::StepKind;
use couponflow_domain::automation::execution::{self, AttemptResult, ExecutionStatus, NextAction, Outcome, StepStatus};
use couponflow_domain::automation::filter::Subject;
use couponflow_domain::automation::workflow::{Definition, PublishedWorkflow};
use couponflow_domain::events::event::{Envelope, Event, EventType};
use couponflow_domain::kernel::counters;
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::WorkflowId;
use serde_json::{Map, Value, json};

use super::{body, event, example_time};
use crate::view::{Execution, Workflow, WorkflowVersion};

/// Request body that creates a workflow.
pub fn workflow_document() -> Value {
    body(sample_file!("create-workflow"))
}

fn workflow_id() -> WorkflowId {
    WorkflowId::new(example_time(), bits80(&["workflow"]))
}

fn stored_workflow() -> ports::Workflow {
    let draft = ports::Workflow::draft(workflow_id(), workflow_document(), example_time());
    ports::Workflow {
        status: WorkflowStatus::Published,
        version: counters::WorkflowVersion::FIRST,
        has_unpublished_changes: false,
        ..draft
    }
}

/// A workflow as an entry of a list, without `warnings`.
pub fn workflow() -> Workflow {
    Workflow::listed(&stored_workflow())
}

/// Response with a single workflow, with `warnings`.
pub fn reviewed_workflow() -> Workflow {
    Workflow::reviewed(&stored_workflow(), Vec::new())
}

fn published() -> PublishedWorkflow {
    let definition = Definition::read(&workflow_document()).expect("the sample is valid");
    PublishedWorkflow { id: workflow_id(), version: counters::WorkflowVersion::FIRST, definition }
}

pub(super) fn limit_reached() -> Event {
    let envelope: Envelope = serde_json::from_value(event(EventType::CouponLimitReached)).expect("the sample is valid");
    envelope.into()
}

/// Response with an execution whose first step is completed.
pub fn execution() -> Execution {
    let published = published();
    let execution = execution::Execution::new(&limit_reached(), None, &published, Vec::new(), example_time());
    let done = AttemptResult::without_input(Outcome::Completed(Map::new()));
    match execution.next_action(&published.definition, [0; 10], example_time()) {
        NextAction::Perform(claimed) => {
            Execution::from(&claimed.record(&published.definition, &done, [0; 10], example_time()))
        }
        _ => Execution::from(&execution),
    }
}

/// Result of a dry run for one event.
pub fn dry_run() -> DryRun {
    let event = limit_reached();
    let filters = published().definition.filter.explain(Subject { event: &event, tags: None });
    DryRun {
        event_id: event.id().clone(),
        event_type: event.kind,
        occurred_at: event.metadata.occurred_at,
        matches: filters.held,
        expected_event: None,
        filters: Some(filters),
        would_skip: None,
        would_end: Some(ExecutionStatus::Completed),
        steps: vec![PlannedStep {
            id: "off".to_owned(),
            r#type: StepKind::PauseCoupon,
            status: StepStatus::Completed,
            detail: None,
            input: Some(Map::from_iter([("coupon_id".to_owned(), json!(event.data.coupon.id))])),
            note: None,
            at: example_time(),
            for_one_contact: Vec::new(),
        }],
    }
}

/// A published version of a workflow.
pub fn workflow_version() -> WorkflowVersion {
    let version = ports::PublishedDocument {
        version: counters::WorkflowVersion::FIRST,
        document: workflow_document(),
        published_at: Some(example_time()),
        created_by: Some(super::tenants::key_id().to_string()),
    };
    WorkflowVersion::from(&version)
}
