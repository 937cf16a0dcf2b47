//! Routes requests to their endpoints.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::tenants::idempotency::Seed;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_aws::system::System;
use couponflow_domain::automation::template::FILTERS;
use couponflow_domain::automation::trigger_catalog;
use couponflow_http::auth::{KeyCache, authenticate};
use couponflow_http::idempotency::once;
use couponflow_http::{Answer, Operation, Problem, Request, Response, openapi, routes, to_gateway, view};
use lambda_runtime::Error;
use serde_json::{Value, json};

use crate::endpoints::automation::{dry_runs, executions, templates, workflow_templates, workflows};
use crate::endpoints::contacts::{contact, suppressions, unsubscribe};
use crate::endpoints::coupons::{codes, coupon, statistics};
use crate::endpoints::delivery::webhook_secrets;
use crate::endpoints::events::event_log;
use crate::endpoints::purchases::{applications, redemptions};
use crate::endpoints::tenants::{bootstrap, tenant_settings};
use crate::endpoints::timers::overdue_timers;
use crate::reply::EndpointResult;

/// Handler of the function that serves every endpoint except apply and redeem.
pub(crate) struct Api {
    table: Table,
    keys: KeyCache,
}

impl Api {
    /// Creates a handler that uses `table`.
    pub(crate) fn new(table: Table) -> Self {
        Self { table, keys: KeyCache::default() }
    }

    /// Handles an HTTP request from the gateway, or an operator's command from a direct invocation of the function.
    ///
    /// # Errors
    /// Returns an error if the event is neither a request nor a valid command, or if a command
    /// fails.
    pub(crate) async fn handle(&self, event: Value) -> Result<Value, Error> {
        if let Some(command) = event.get("create_tenant") {
            return bootstrap::create_tenant(&self.table, command).await;
        }
        if let Some(command) = event.get("configure_tenant") {
            return tenant_settings::configure_tenant(&self.table, command).await;
        }
        if let Some(command) = event.get("list_overdue_timers") {
            return overdue_timers::list(&self.table, command).await;
        }
        if let Some(command) = event.get("requeue_overdue_timers") {
            return overdue_timers::requeue(&self.table, command).await;
        }
        let request: ApiGatewayV2httpRequest = serde_json::from_value(event)?;
        let response = to_gateway(self.answer(&Request::new(request)).await);
        Ok(serde_json::to_value(response)?)
    }

    async fn answer(&self, request: &Request) -> Result<Response, Problem> {
        let (operation, id) = routes::find(&request.method, &request.path)?;
        match operation {
            Operation::CheckHealth => return Ok(Answer::json(200, json!({"status": "ok"})).into()),
            Operation::ReadDocument => return Ok(Answer::json(200, openapi::document()).into()),
            Operation::ShowUnsubscribePage => return Ok(unsubscribe::show(&self.table, id).await?.into()),
            Operation::Unsubscribe => return Ok(unsubscribe::unsubscribe(&self.table, id).await?.into()),
            _ => {}
        }
        let key = authenticate(&self.table, &self.keys, request, operation, System.now()).await?;
        let store = self.table.of(&key.tenant_id);
        let answer = async |seed| route(&store, request, operation, id, seed).await;
        once(&store, &System, &key, request, answer).await
    }
}

async fn route(store: &TenantStore, request: &Request, operation: Operation, id: &str, seed: Seed) -> EndpointResult {
    match operation {
        Operation::CreateCoupon => coupon::create(store, request, seed).await,
        Operation::ListCoupons => coupon::list(store, request).await,
        Operation::ReadCoupon => coupon::read(store, id).await,
        Operation::EditCoupon => coupon::edit(store, request, id).await,
        Operation::DeleteCoupon => coupon::delete(store, request, id).await,
        Operation::PauseCoupon => coupon::pause(store, id).await,
        Operation::ActivateCoupon => coupon::activate(store, id).await,
        Operation::IssueCodes => codes::issue(store, request, id, seed).await,
        Operation::ListCodes => codes::list(store, request, id).await,
        Operation::ReadJob => codes::read_job(store, id).await,
        Operation::ReadCouponStatistics => statistics::of_coupon(store, request, id).await,
        Operation::ReadStatistics => statistics::without_coupon(store, request).await,
        Operation::CreateWorkflow => workflows::create(store, request, seed).await,
        Operation::ListWorkflows => workflows::list(store, request).await,
        Operation::ReadWorkflow => workflows::read(store, id).await,
        Operation::SaveWorkflow => workflows::save(store, request, id).await,
        Operation::DeleteWorkflow => workflows::delete(store, request, id).await,
        Operation::ListWorkflowVersions => workflows::versions(store, request, id).await,
        Operation::RestoreWorkflow => workflows::restore(store, request, id).await,
        Operation::DryRunWorkflow => dry_runs::dry_run(store, request, id).await,
        Operation::ReplayWorkflow => dry_runs::replay(store, request, id).await,
        Operation::ListWorkflowTemplates => workflow_templates::list(request),
        Operation::UseWorkflowTemplate => workflow_templates::make(store, request, id, seed).await,
        Operation::PublishWorkflow => workflows::publish(store, id).await,
        Operation::PauseWorkflow => workflows::pause(store, id).await,
        Operation::ListTriggers => {
            Ok(Answer::json(200, view::triggers(&trigger_catalog::triggers(), FILTERS, &trigger_catalog::steps())))
        }
        Operation::PreviewTemplate => templates::preview(store, request).await,
        Operation::CreateWebhookSecret => webhook_secrets::create(store, seed).await,
        Operation::ListWebhookSecrets => webhook_secrets::list(store, request).await,
        Operation::ListExecutions => executions::list(store, request).await,
        Operation::ReadExecution => executions::read(store, id).await,
        Operation::CancelExecution => executions::cancel(store, id).await,
        Operation::RetryExecution => executions::retry(store, id).await,
        Operation::CreateContact => contact::create(store, request, seed).await,
        Operation::ListContacts => contact::list(store, request).await,
        Operation::ReadContact => contact::read(store, id).await,
        Operation::EditContact => contact::edit(store, request, id).await,
        Operation::EraseContact => contact::erase(store, request, id).await,
        Operation::ReadSuppression => suppressions::read(store, request).await,
        Operation::LiftSuppression => suppressions::lift(store, request).await,
        Operation::ReadApplication => applications::read(store, id).await,
        Operation::RemoveApplication => applications::remove(store, id).await,
        Operation::ListRedemptions => redemptions::list(store, request).await,
        Operation::ReadRedemption => redemptions::read(store, id).await,
        Operation::RollBackRedemption => redemptions::roll_back(store, request, id).await,
        Operation::ReadBillingDiscount => redemptions::billing_discount(store, request, id).await,
        Operation::ListEvents => event_log::list(store, request).await,
        // `Api::answer` handles the first four of these operations. Other functions handle `Apply`
        // and `Redeem`.
        Operation::CheckHealth
        | Operation::ReadDocument
        | Operation::ShowUnsubscribePage
        | Operation::Unsubscribe
        | Operation::Apply
        | Operation::Redeem => Err(Problem::not_found("resource")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::config::{BehaviorVersion, Config};

    /// Creates a handler whose table cannot be reached, to test endpoints that need neither a key nor the table.
    fn api() -> Api {
        let config = Config::builder().behavior_version(BehaviorVersion::latest()).build();
        Api::new(Table::new(aws_sdk_dynamodb::Client::from_conf(config), "none".to_owned()))
    }

    async fn get(path: &str) -> (Value, String) {
        let http = json!({"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"});
        let event = json!({"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
            "headers": {}, "isBase64Encoded": false, "requestContext": {"http": http}});
        let answer = api().handle(event).await.unwrap();
        (answer["statusCode"].clone(), answer["body"].as_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn openapi_document_and_health_need_neither_key_nor_table() {
        let (status, body) = get("/openapi.json").await;
        let document: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &document["openapi"]), (200.into(), &json!("3.1.0")));
        assert_eq!(get("/healthz").await.0, 200);
        assert_eq!(get("/v1/coupons").await.0, 401);
    }
}
