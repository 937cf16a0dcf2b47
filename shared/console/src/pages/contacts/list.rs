//! Search for contacts.

use askama::Template;
use couponflow_http::Operation;

use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{Contact, List};
use crate::failure::{PageResult, read};
use crate::format;
use crate::layout::Layout;
use crate::paging::next_page;
use crate::response::PageResponse;

/// Filters: query parameter and label.
const FILTERS: [(&str, &str); 3] = [("email", "E-mail address"), ("tag", "Tag"), ("list", "List")];

#[derive(Template)]
#[template(path = "contacts/list.html")]
struct ListPage {
    layout: Layout,
    contacts: Vec<Contact>,
    /// Name, label and value of each filter.
    filters: Vec<(&'static str, &'static str, String)>,
    is_filtered: bool,
    next: String,
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>) -> PageResult {
    let request = context.request;
    let mut list = ApiRequest::new(Operation::ListContacts, "").with("cursor", request.query("cursor"));
    for (name, _) in FILTERS {
        list = list.with(name, request.query(name).trim());
    }
    let list: List<Contact> = read(context.api, list).await?;
    let filters = FILTERS.map(|(name, label)| (name, label, request.query(name).to_owned()));
    let page = ListPage {
        layout: Layout::new(request, context.person, "contacts", "Contacts"),
        contacts: list.data,
        is_filtered: filters.iter().any(|(_, _, value)| !value.is_empty()),
        filters: filters.into(),
        next: next_page(request, list.next_cursor.as_deref()),
    };
    Ok(PageResponse::html(200, page.render()?))
}
