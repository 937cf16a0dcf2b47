//! Progress of a job that issues unique codes.

use askama::Template;
use couponflow_http::Operation;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::Job;
use crate::failure::{PageResult, read};
use crate::format;
use crate::layout::Layout;
use crate::response::PageResponse;

#[derive(Template)]
#[template(path = "coupons/job.html")]
struct JobPage {
    layout: Layout,
    job: Job,
}

/// Shows the page. While the job runs, the page updates its contents every few seconds.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let job: Job = read(context.api, ApiRequest::new(Operation::ReadJob, id)).await?;
    let layout = Layout::new(context.request, context.person, "coupons", "Issuing codes");
    let page = JobPage { layout, job };
    Ok(PageResponse::html(200, page.render()?))
}
