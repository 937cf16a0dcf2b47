//! Failures that a page shows instead of its contents.

use askama::Template;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api::{Api, ApiRequest, ApiResponse};
use crate::layout::Layout;
use crate::request::{PageRequest, SignedIn};
use crate::response::PageResponse;

/// Result of a page.
pub(crate) type PageResult = Result<PageResponse, Failure>;

/// Reason why a page cannot be shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) detail: String,
    pub(crate) faults: Vec<Fault>,
}

/// Fault of one member of a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Fault {
    /// JSON pointer to the member. Empty for the whole body.
    pub(crate) pointer: String,
    pub(crate) detail: String,
}

impl Failure {
    /// The page does not exist.
    pub(crate) fn not_found() -> Self {
        let detail = "This page does not exist. Choose a page in the navigation.".to_owned();
        Self { status: 404, detail, faults: Vec::new() }
    }

    /// Reads the problem of the API.
    pub(crate) fn of(response: &ApiResponse) -> Self {
        let detail = response.body["detail"].as_str().unwrap_or("The request failed. Try again.").to_owned();
        let faults = Vec::deserialize(&response.body["errors"]).unwrap_or_default();
        Self { status: response.status.max(400), detail, faults }
    }

    fn unreadable() -> Self {
        let detail = "The console cannot read the response of the API. During an upgrade, reload the page in a minute.";
        Self { status: 500, detail: detail.to_owned(), faults: Vec::new() }
    }
}

impl From<askama::Error> for Failure {
    fn from(_: askama::Error) -> Self {
        Self { status: 500, detail: "The page could not be rendered.".to_owned(), faults: Vec::new() }
    }
}

/// Sends a request. A problem becomes a failure.
pub(crate) async fn send(api: &impl Api, request: ApiRequest) -> Result<ApiResponse, Failure> {
    let response = api.send(request).await;
    if response.status < 400 { Ok(response) } else { Err(Failure::of(&response)) }
}

/// Sends a request and parses the response.
pub(crate) async fn read<T: DeserializeOwned>(api: &impl Api, request: ApiRequest) -> Result<T, Failure> {
    parse(&send(api, request).await?.body)
}

/// Parses a response of the API.
pub(crate) fn parse<T: DeserializeOwned>(body: &Value) -> Result<T, Failure> {
    T::deserialize(body).map_err(|_| Failure::unreadable())
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    layout: Layout,
    failure: Failure,
}

/// Renders the page of a failure.
pub(crate) fn page(request: &PageRequest, person: &SignedIn, failure: Failure) -> PageResponse {
    let title = if failure.status == 404 { "Not found" } else { "This did not work" };
    let status = failure.status;
    let page = FailurePage { layout: Layout::new(request, person, "", title), failure };
    PageResponse::html(status, page.render().unwrap_or_else(|_| "The page could not be rendered.".to_owned()))
}
