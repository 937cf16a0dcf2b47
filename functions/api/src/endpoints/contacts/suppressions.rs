//! Endpoints for the suppression list: the addresses to which no e-mail is sent. The list stores
//! only digests of the addresses. The API can therefore look up an address, but cannot list
//! addresses.

use couponflow_app::delivery::mail_ports::Suppressions as _;
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::purchases::customer::Email;
use couponflow_http::{Answer, Problem, Request, view};

use crate::reply::{EndpointResult, failure};

pub(crate) async fn read(store: &TenantStore, request: &Request) -> EndpointResult {
    let email = email(request)?;
    let found = store.suppression(&email).await.map_err(failure)?;
    let suppression = found.ok_or_else(|| Problem::not_found("suppression"))?;
    Ok(Answer::json(200, view::suppression(&email, &suppression)))
}

pub(crate) async fn lift(store: &TenantStore, request: &Request) -> EndpointResult {
    match store.lift(&email(request)?, System.now()).await.map_err(failure)? {
        true => Ok(Answer::no_content()),
        false => Err(Problem::not_found("suppression")),
    }
}

fn email(request: &Request) -> Result<Email, Problem> {
    request.only(&["email"])?;
    let email = request.query_as("email", Email::parse)?;
    email.ok_or_else(|| Problem::invalid_parameter("email", "is required: an e-mail address, such as ana@example.com"))
}
