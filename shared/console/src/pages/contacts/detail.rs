//! Page of a contact: details, timeline and erasure.

use askama::Template;
use chrono::{DateTime, Utc};
use couponflow_http::Operation;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{Contact, Execution, List, Redemption};
use crate::failure::{PageResult, parse, read, send};
use crate::format;
use crate::layout::Layout;
use crate::response::PageResponse;

/// Entry of the timeline.
struct Entry {
    at: DateTime<Utc>,
    /// Address of the page of the entry, relative to the console.
    page: String,
    text: String,
    state: String,
}

#[derive(Template)]
#[template(path = "contacts/detail.html")]
struct DetailPage {
    layout: Layout,
    contact: Contact,
    /// Newest first.
    timeline: Vec<Entry>,
}

#[derive(Template)]
#[template(path = "contacts/erase.html")]
struct ErasePage {
    layout: Layout,
    contact: Contact,
    etag: String,
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let contact: Contact = read(context.api, ApiRequest::new(Operation::ReadContact, id)).await?;
    let executions = ApiRequest::new(Operation::ListExecutions, "").with("contact_id", &contact.id).with("limit", "20");
    let executions: List<Execution> = read(context.api, executions).await?;
    let mut timeline: Vec<Entry> = executions.data.into_iter().map(of_execution).collect();
    let by = contact.email.as_deref().map(|email| ("customer_email", email));
    if let Some((name, value)) = by.or(contact.customer_id.as_deref().map(|id| ("customer_id", id))) {
        let redemptions = ApiRequest::new(Operation::ListRedemptions, "").with(name, value).with("limit", "20");
        let redemptions: List<Redemption> = read(context.api, redemptions).await?;
        timeline.extend(redemptions.data.into_iter().map(of_redemption));
    }
    timeline.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    let layout = Layout::new(context.request, context.person, "contacts", contact.label());
    let page = DetailPage { layout, contact, timeline };
    Ok(PageResponse::html(200, page.render()?))
}

fn of_execution(execution: Execution) -> Entry {
    Entry {
        at: execution.created_at,
        page: format!("executions/{}", execution.id),
        text: format!("Execution for {}", execution.event_type),
        state: execution.status,
    }
}

fn of_redemption(redemption: Redemption) -> Entry {
    Entry {
        at: redemption.created_at,
        page: format!("redemptions/{}", redemption.id),
        text: format!("Redeemed {} for order {}", redemption.code, redemption.order_id),
        state: redemption.status,
    }
}

/// Asks for confirmation of the erasure.
pub(crate) async fn confirm_erasure<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let response = send(context.api, ApiRequest::new(Operation::ReadContact, id)).await?;
    let contact: Contact = parse(&response.body)?;
    let layout = Layout::new(context.request, context.person, "contacts", format!("Erase {}?", contact.label()));
    let page = ErasePage { layout, contact, etag: response.etag.unwrap_or_default() };
    Ok(PageResponse::html(200, page.render()?))
}

/// Erases the contact.
pub(crate) async fn erase<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let request = ApiRequest::new(Operation::EraseContact, id).if_match(context.request.field("etag"));
    send(context.api, request).await?;
    Ok(PageResponse::see_other("../../contacts?done=erased".to_owned()))
}
