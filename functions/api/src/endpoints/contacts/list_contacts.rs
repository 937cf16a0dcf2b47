//! `GET /v1/contacts`

use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::kernel::label::Label;
use couponflow_domain::purchases::customer::Email;
use couponflow_http::doc::parameters::filter;
use couponflow_http::doc::rules::{EMAIL_RULE, LABEL_RULE};
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Operation, Page as PageView, Problem, Reply, view};
use serde_json::json;

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<PageView<view::Contact>> {
    let filters = vec![
        filter("email", "Only the contact with this address.", json!({"type": "string", "format": "email"})),
        filter(
            "tag",
            "Only contacts with this tag. Case and surrounding white space are ignored.",
            Label::schema("Name of a tag."),
        ),
        filter(
            "list",
            "Only contacts on this list. Case and surrounding white space are ignored.",
            Label::schema("Name of a list."),
        ),
    ];
    OperationDoc::list(tags::CONTACTS, "List contacts", samples::contacts::contact(), filters)
        .description(
            "Newest first. With `tag` or `list`, the order is unspecified but stable, and a page can be short or \
             empty and still have a `next_cursor`.",
        )
        .link(Operation::ReadContact, "/data/0/id")
        .rule("?email", EMAIL_RULE)
        .rule("?tag", LABEL_RULE)
        .rule("?list", LABEL_RULE)
}

/// Lists contacts. With both a tag and a list, reads the contacts with the tag and leaves out
/// contacts that are not on the list. Therefore a page can be short or empty.
pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<PageView<view::Contact>> {
    let (store, request) = (call.store, call.request);
    let email = request.query_as("email", Email::parse)?;
    let (tag, list) = (request.query_as("tag", Label::parse)?, request.query_as("list", Label::parse)?);
    let by_tag = tag.clone().map(|tag| Audience::Tag { tag });
    let audience = by_tag.or_else(|| list.clone().map(|list| Audience::List { list }));
    let cursors = if audience.is_some() { "member#" } else { ContactId::PREFIX };
    let page = request.page(cursors, &["email", "tag", "list"])?;
    let mut found = match (&email, &audience) {
        (Some(email), _) => {
            let found = store.contact_by_email(email).await.map_err(failure)?;
            Page::new(found.into_iter().collect(), None)
        }
        (None, Some(audience)) => members(store, audience, &page).await?,
        (None, None) => store.contacts(&page).await.map_err(failure)?,
    };
    let is_wanted = |contact: &Contact| {
        tag.as_ref().is_none_or(|tag| contact.tags.contains(tag))
            && list.as_ref().is_none_or(|list| contact.lists.contains(list))
    };
    found.data.retain(is_wanted);
    Ok(Reply::stored_page(found, |contact| view::Contact::from(&contact)))
}

async fn members(store: &TenantStore, audience: &Audience, page: &PageRequest) -> Result<Page<Contact>, Problem> {
    let ids = store.audience(audience, page.cursor.as_ref(), page.limit).await.map_err(failure)?;
    let contacts = store.contacts_with_ids(&ids.data).await.map_err(failure)?;
    Ok(Page { next_cursor: ids.next_cursor, ..contacts })
}
