//! `GET /v1/contacts/{id}`

use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, view};

use super::shared::{answer, no_such_contact};
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Contact> {
    OperationDoc::json(tags::CONTACTS, "Read a contact", 200, samples::contacts::contact()).path_id("ContactId")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Contact> {
    let id = call.id(ContactId::parse, "contact")?;
    let contact = call.store.contact(&id).await.map_err(failure)?.ok_or_else(no_such_contact)?;
    Ok(answer(200, &contact))
}
