//! Routes requests to endpoints and to the console, and commands of operators to their handlers.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_http::auth::authenticate;
use couponflow_http::{Problem, Request, Response, routes, to_gateway};
use lambda_runtime::Error;
use serde_json::Value;

use crate::call::PublicCall;
use crate::dispatch::Dispatch;
use crate::{commands, console, endpoints};

/// Error for an event that is neither a request nor a command. Does not quote the event.
const NOT_A_REQUEST: &str = "the event is neither a request of the HTTP API nor a known command";

/// Handler of the function that serves every endpoint except apply and redeem.
pub struct Api {
    dispatch: Dispatch,
}

impl Api {
    /// Creates a handler that uses `table`.
    pub fn new(table: Table) -> Self {
        Self { dispatch: Dispatch::new(table) }
    }

    /// Handles an HTTP request from the gateway, or a command from an operator who invokes the
    /// function directly.
    ///
    /// # Errors
    /// Returns an error if the event is neither a request nor a valid command, or if a command
    /// fails.
    pub async fn handle(&self, event: Value) -> Result<Value, Error> {
        if let Some(result) = commands::run(&self.dispatch.table, &event).await {
            return result;
        }
        let request: ApiGatewayV2httpRequest = serde_json::from_value(event).map_err(|_| NOT_A_REQUEST)?;
        let response = to_gateway(self.answer(&Request::new(request)).await);
        Ok(serde_json::to_value(response)?)
    }

    async fn answer(&self, request: &Request) -> Result<Response, Problem> {
        let dispatch = &self.dispatch;
        if request.path.first().is_some_and(|first| first == "console") {
            return Ok(console::answer(dispatch, request).await);
        }
        let (operation, path_id) = routes::find(&request.method, &request.path)?;
        if let Some(answer) =
            endpoints::run_public(operation, &PublicCall { table: &dispatch.table, request, token: path_id }).await
        {
            return Ok(answer?.into());
        }
        let caller = authenticate(&dispatch.table, &dispatch.keys, request, operation, System.now()).await?;
        Ok(dispatch.run(&caller, operation, path_id, request).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::config::{BehaviorVersion, Config};
    use serde_json::json;

    /// Creates a handler whose table cannot be reached. The tests therefore fail if an endpoint
    /// reads the table.
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
