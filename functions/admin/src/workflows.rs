//! Workflows and their executions.

use couponflow_app::ports::{
    Environment as _, Executions as _, ReadCoupons as _, Seed, Workflow, WorkflowStatus, Workflows as _,
};
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::environment::SystemEnvironment;
use couponflow_domain::ids::{ExecutionId, WorkflowId};
use couponflow_domain::input::{Errors, FieldError};
use couponflow_domain::workflow::{Action, Definition};
use couponflow_http::{Answer, Problem, ProblemCode, Request, view};

use crate::handler::{Answered, failure, id};

pub(crate) async fn create(store: &TenantStore, request: &Request, seed: Seed) -> Answered {
    let document = request.json()?;
    let definition = Definition::read(&document).map_err(Problem::invalid)?;
    let dangling = dangling_references(store, &definition).await?;
    if !dangling.is_empty() {
        return Err(Problem::invalid(dangling));
    }
    let workflow = Workflow {
        id: WorkflowId::new(seed.at, seed.bits),
        status: WorkflowStatus::Draft,
        version: 0,
        document,
        created_at: seed.at,
        updated_at: seed.at,
    };
    store.create_workflow(&workflow).await.map_err(failure)?;
    Ok(Answer::json(201, view::workflow(&workflow)))
}

/// Steps that name a workflow or a coupon that there is not.
async fn dangling_references(store: &TenantStore, definition: &Definition) -> Result<Errors, Problem> {
    let mut errors = Errors::new();
    for (i, step) in definition.steps.iter().enumerate() {
        let (member, exists) = match &step.action {
            Action::StartWorkflow { workflow_id } => {
                ("workflow_id", store.workflow(workflow_id).await.map_err(failure)?.is_some())
            }
            Action::PauseCoupon { coupon_id: Some(coupon_id) } => {
                ("coupon_id", store.coupon(coupon_id).await.map_err(failure)?.is_some())
            }
            _ => continue,
        };
        if !exists {
            let detail = "names nothing that exists; create it first".to_owned();
            errors.push(FieldError { pointer: format!("/steps/{i}/{member}"), detail });
        }
    }
    Ok(errors)
}

pub(crate) async fn list(store: &TenantStore, request: &Request) -> Answered {
    let page = store.workflows(&request.page(WorkflowId::PREFIX, &[])?).await.map_err(failure)?;
    Ok(Answer::page(page.data.iter().map(view::workflow).collect(), page.next_cursor))
}

pub(crate) async fn read(store: &TenantStore, workflow_id: &str) -> Answered {
    Ok(Answer::json(200, view::workflow(&find(store, workflow_id).await?)))
}

pub(crate) async fn publish(store: &TenantStore, workflow_id: &str) -> Answered {
    let workflow = find(store, workflow_id).await?;
    if workflow.status == WorkflowStatus::Published {
        return Ok(Answer::json(200, view::workflow(&workflow)));
    }
    moved(store.publish_workflow(&workflow, SystemEnvironment.now()).await.map_err(failure)?)
}

pub(crate) async fn pause(store: &TenantStore, workflow_id: &str) -> Answered {
    let workflow = find(store, workflow_id).await?;
    match workflow.status {
        WorkflowStatus::Paused => Ok(Answer::json(200, view::workflow(&workflow))),
        WorkflowStatus::Draft => {
            Err(Problem::conflict(ProblemCode::NotPublished, "A draft runs nothing; there is nothing to pause."))
        }
        WorkflowStatus::Published => {
            moved(store.pause_workflow(&workflow, SystemEnvironment.now()).await.map_err(failure)?)
        }
    }
}

fn moved(workflow: Option<Workflow>) -> Answered {
    let workflow = workflow.ok_or_else(|| Problem::changed_meanwhile("workflow"))?;
    Ok(Answer::json(200, view::workflow(&workflow)))
}

async fn find(store: &TenantStore, workflow_id: &str) -> Result<Workflow, Problem> {
    let id = id(WorkflowId::parse, workflow_id, "workflow")?;
    store.workflow(&id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("workflow"))
}

pub(crate) async fn list_executions(store: &TenantStore, request: &Request) -> Answered {
    let workflow = request.query_as("workflow_id", WorkflowId::parse)?;
    let page = store
        .executions(workflow.as_ref(), &request.page(ExecutionId::PREFIX, &["workflow_id"])?)
        .await
        .map_err(failure)?;
    Ok(Answer::page(page.data.iter().map(view::execution).collect(), page.next_cursor))
}

pub(crate) async fn read_execution(store: &TenantStore, execution_id: &str) -> Answered {
    let id = id(ExecutionId::parse, execution_id, "execution")?;
    let execution = store.execution(&id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("execution"))?;
    Ok(Answer::json(200, view::execution(&execution)))
}
