//! Endpoints for contacts.

use couponflow_app::contacts::edit;
use couponflow_app::contacts::edit::{ContactEditOutcome, Erased};
use couponflow_app::contacts::ports::{Contacts as _, CreateContactOutcome, EditContacts as _};
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::tenants::idempotency::Seed;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::contacts::contact::{Contact, ContactDetails};
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::input::FieldError;
use couponflow_domain::kernel::label::Label;
use couponflow_domain::purchases::customer::Email;
use couponflow_http::{Answer, IfMatch, Problem, Request, etag, view};
use serde_json::{Value, json};

use crate::reply::{EndpointResult, failure, id};

pub(crate) async fn create(store: &TenantStore, request: &Request, seed: Seed) -> EndpointResult {
    let details = request.body(|body| input::read(body, ContactDetails::read))?;
    let contact = Contact::new(details, seed.at, seed.bits).map_err(Problem::invalid)?;
    match store.create_contact(&contact).await.map_err(failure)? {
        CreateContactOutcome::Now(contact) => Ok(answer(201, &contact)),
        CreateContactOutcome::Existing(id) => Err(Problem::contact_exists(&id)),
    }
}

pub(crate) async fn read(store: &TenantStore, contact_id: &str) -> EndpointResult {
    let id = id(ContactId::parse, contact_id, "contact")?;
    let contact = store.contact(&id).await.map_err(failure)?.ok_or_else(no_such_contact)?;
    Ok(answer(200, &contact))
}

/// Edits a contact with a JSON merge patch (RFC 7396) of the contact's details. A `consent` in the patch replaces the
/// stored consent as a whole.
pub(crate) async fn edit(store: &TenantStore, request: &Request, contact_id: &str) -> EndpointResult {
    let id = id(ContactId::parse, contact_id, "contact")?;
    let expected = IfMatch::of(request)?;
    let patch = request.json()?;
    if !patch.is_object() {
        let detail = "must be an object with the members to change; null removes a member".to_owned();
        return Err(Problem::invalid(vec![FieldError { pointer: String::new(), detail }]));
    }
    let change = |details: &ContactDetails| {
        let mut document = json!(details);
        if patch.get("consent").is_some() {
            document["consent"] = Value::Null;
        }
        json_patch::merge(&mut document, &patch);
        match patch.get("email") {
            Some(_) => input::read(&document, ContactDetails::read),
            None => input::read(&document, ContactDetails::read_with_stored_email),
        }
    };
    let accepts = |version| expected.accepts(version);
    match edit::edit(store, &id, accepts, change, System.now()).await.map_err(failure)? {
        ContactEditOutcome::Now(contact) => Ok(answer(200, &contact)),
        ContactEditOutcome::NotFound => Err(no_such_contact()),
        ContactEditOutcome::Stale => Err(Problem::stale()),
        ContactEditOutcome::Invalid(errors) => Err(Problem::invalid(errors)),
    }
}

pub(crate) async fn erase(store: &TenantStore, request: &Request, contact_id: &str) -> EndpointResult {
    let id = id(ContactId::parse, contact_id, "contact")?;
    let expected = IfMatch::of(request)?;
    match edit::erase(store, &id, |version| expected.accepts(version), System.now()).await.map_err(failure)? {
        Erased::Now => Ok(Answer::no_content()),
        Erased::Stale => Err(Problem::stale()),
        Erased::NotFound => Err(no_such_contact()),
    }
}

/// Lists contacts. The filters are an e-mail address, a tag and a list, in any combination. With
/// both a tag and a list, a page can be short or empty although more pages follow.
pub(crate) async fn list(store: &TenantStore, request: &Request) -> EndpointResult {
    let email = request.query_as("email", Email::parse)?;
    let (tag, list) = (request.query_as("tag", Label::parse)?, request.query_as("list", Label::parse)?);
    let by_tag = tag.clone().map(|tag| Audience::Tag { tag });
    let audience = by_tag.or_else(|| list.clone().map(|list| Audience::List { list }));
    let cursors = if audience.is_some() { "member#" } else { ContactId::PREFIX };
    let page = request.page(cursors, &["email", "tag", "list"])?;
    let mut found = match (&email, &audience) {
        (Some(email), _) => {
            let found = store.contact_by_email(email).await.map_err(failure)?;
            Page { data: found.into_iter().collect(), next_cursor: None }
        }
        (None, Some(audience)) => members(store, audience, &page).await?,
        (None, None) => store.contacts(&page).await.map_err(failure)?,
    };
    let is_wanted = |contact: &Contact| {
        tag.as_ref().is_none_or(|tag| contact.tags.contains(tag))
            && list.as_ref().is_none_or(|list| contact.lists.contains(list))
    };
    found.data.retain(is_wanted);
    Ok(Answer::page(found.data.iter().map(view::contact).collect(), found.next_cursor))
}

async fn members(store: &TenantStore, audience: &Audience, page: &PageRequest) -> Result<Page<Contact>, Problem> {
    let ids = store.audience(audience, page.cursor.as_deref(), page.limit).await.map_err(failure)?;
    let mut data = Vec::with_capacity(ids.data.len());
    for id in &ids.data {
        data.extend(store.contact(id).await.map_err(failure)?);
    }
    Ok(Page { data, next_cursor: ids.next_cursor })
}

/// Builds a response with a contact. The `ETag` header is the version of the contact.
fn answer(status: u16, contact: &Contact) -> Answer {
    let (name, version) = etag(contact.version);
    Answer::json(status, view::contact(contact)).with_header(name, version)
}

fn no_such_contact() -> Problem {
    Problem::not_found("contact")
}
