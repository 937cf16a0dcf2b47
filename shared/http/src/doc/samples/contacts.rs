//! Examples of contacts and suppressions.

use couponflow_domain::contacts::contact::{self, ContactDetails};
use couponflow_domain::delivery::mail::{self, SuppressionReason};
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::customer::Email;
use serde_json::Value;

use super::{body, example_time};
use crate::view::{Contact, Suppression};

/// Request body that creates a contact.
pub fn contact_details() -> Value {
    body(sample_file!("create-contact"))
}

/// Response with a contact.
pub fn contact() -> Contact {
    let details = input::read(&contact_details(), ContactDetails::read).expect("the sample is valid");
    Contact::from(&contact::Contact::new(details, example_time(), [0; 10]).expect("the sample is valid"))
}

/// Response with an entry of the suppression list.
pub fn suppression() -> Suppression {
    let email = Email::parse("ana@example.com").expect("the address is valid");
    Suppression::new(email, &mail::Suppression { reason: SuppressionReason::Bounced, at: example_time() })
}
