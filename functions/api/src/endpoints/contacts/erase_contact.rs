//! `DELETE /v1/contacts/{id}`

use couponflow_app::contacts::edit::{self, Erased};
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, IfMatch, NoContent, Problem, Reply};

use super::shared::no_such_contact;
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<NoContent> {
    OperationDoc::no_content(tags::CONTACTS, "Erase a contact")
        .description(
            "Deletes the contact with its personal data, tags and lists. If `If-Match` does not match, nothing is \
             changed. Workflow executions for the contact are cancelled: waiting executions usually within seconds, \
             running executions before their next step. A cancelled execution keeps the status of each step. The \
             inputs, details and errors of the steps are deleted, because these texts may identify the customer. If \
             a workflow starts after the erasure for an event from before the erasure, the workflow runs without the \
             customer. If the contact had withdrawn consent, the withdrawal stays recorded under a digest of the \
             address. Within about two minutes, the data of the contact is also removed from the records of purchases, from \
             the event log, from executions that have ended and from recorded responses. A coupon that only the contact \
             could use becomes unusable. Then the event `ContactErased` is published on the bus. If the response is lost, send the request again. The repeated request \
             completes the erasure, or returns 404 if nothing is left to erase.",
        )
        .path_id("ContactId")
        .requires_if_match()
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<NoContent> {
    let id = call.id(ContactId::parse, "contact")?;
    let expected = IfMatch::of(call.request)?;
    match edit::erase(call.store, &id, |version| expected.accepts(version), System.now()).await.map_err(failure)? {
        Erased::Done => Ok(Reply::no_content()),
        Erased::Stale => Err(Problem::stale()),
        Erased::NotFound => Err(no_such_contact()),
    }
}
