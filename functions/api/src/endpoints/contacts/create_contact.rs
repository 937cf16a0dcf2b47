//! `POST /v1/contacts`

use couponflow_app::contacts::ports::{ContactStore as _, CreateContactOutcome};
use couponflow_domain::contacts::contact::{Contact, ContactDetails};
use couponflow_domain::kernel::input;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Operation, Problem, ProblemCode, view};

use super::shared::{CONTACT_RULES, answer};
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Contact> {
    OperationDoc::json(tags::CONTACTS, "Create a contact", 201, samples::contacts::contact())
        .description(
            "There is one contact per e-mail address, or per `customer_id` if the contact has no address. An event \
             that names a customer, such as `CouponApplied`, also creates a contact. If an erased contact had \
             withdrawn consent, and the same contact is created again, the consent of the new contact is \
             `withdrawn`. To change the consent, edit the contact.",
        )
        .body("ContactInput", true, &[("subscriber", samples::contacts::contact_details())])
        .rules(&CONTACT_RULES)
        .fails_with([ProblemCode::ContactExists])
        .link(Operation::ReadContact, "/id")
        .link(Operation::EditContact, "/id")
        .link(Operation::EraseContact, "/id")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Contact> {
    let details = call.request.body(|body| input::read(body, ContactDetails::read))?;
    let contact = Contact::new(details, call.seed.at, call.seed.bits).map_err(Problem::invalid)?;
    match call.store.create_contact(&contact).await.map_err(failure)? {
        CreateContactOutcome::Created(contact) => Ok(answer(201, &contact)),
        CreateContactOutcome::Existing(id) => Err(Problem::contact_exists(&id)),
    }
}
