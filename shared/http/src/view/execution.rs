//! View of executions.

use couponflow_domain::automation::execution::{Attempt, Execution, StepRecord};
use serde_json::{Value, json};

/// Represents an execution with its steps.
pub fn execution(execution: &Execution) -> Value {
    json!({
        "id": execution.id,
        "workflow_id": execution.workflow_id,
        "workflow_version": execution.workflow_version,
        "event_id": execution.event.metadata.event_id,
        "event_type": execution.event_type,
        "contact": execution.contact,
        "parent": execution.parent,
        "status": execution.status,
        "detail": execution.detail,
        "wake_at": execution.wake_at,
        "steps": execution.steps.iter().map(step).collect::<Vec<_>>(),
        "created_at": execution.created_at,
        "updated_at": execution.updated_at,
    })
}

/// Represents a step of an execution without internal data.
fn step(record: &StepRecord) -> Value {
    let attempt = |(i, attempt): (usize, &Attempt)| {
        json!({"number": i + 1, "outcome": attempt.outcome, "error": attempt.error, "started_at": attempt.started_at,
            "finished_at": attempt.finished_at})
    };
    json!({
        "id": record.id,
        "type": record.r#type,
        "status": record.status,
        "attempts": record.attempts.iter().enumerate().map(attempt).collect::<Vec<_>>(),
        "input": record.input,
        "output": record.output,
        "detail": record.detail,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
    })
}
