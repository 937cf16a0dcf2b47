//! Whom a coupon is for, where it is for one customer only.

use serde::{Deserialize, Serialize};

use crate::contact::Contact;
use crate::customer::{Customer, Email};
use crate::input::{Errors, Field};

/// The customer who alone may use a coupon: by e-mail address or by the shop's id. A purchase is theirs
/// where either is the same, since one person may pay from another address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OnlyFor {
    /// Their address, compared in its normal form.
    pub email: Option<Email>,
    /// The shop's id of them.
    pub customer_id: Option<String>,
}

impl OnlyFor {
    pub(super) fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["email", "customer_id"], errors)?;
        let email = field.get("email").optional(errors, |field, errors| field.parse(Email::parse, errors));
        let customer_id = field.get("customer_id").optional(errors, |field, errors| field.text(1..=200, errors));
        let (email, customer_id) = (email?, customer_id?.map(str::to_owned));
        if email.is_none() && customer_id.is_none() {
            return field.refuse("must have email or customer_id", errors);
        }
        Some(Self { email, customer_id })
    }

    /// Whether this is the customer.
    pub fn is(&self, customer: &Customer) -> bool {
        let same_email =
            self.email.as_ref().zip(customer.email.as_ref()).map(|(a, b)| a.normalised() == b.normalised());
        let same_id = self.customer_id.as_ref().zip(customer.id.as_ref()).map(|(a, b)| a == b);
        // One person has several addresses, and not every storefront knows the id: either is enough.
        same_email.unwrap_or(false) || same_id.unwrap_or(false)
    }
}

impl From<&Contact> for OnlyFor {
    fn from(contact: &Contact) -> Self {
        Self { email: contact.email.clone(), customer_id: contact.customer_id.clone() }
    }
}
