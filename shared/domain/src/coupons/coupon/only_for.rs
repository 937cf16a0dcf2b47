//! Coupons that are restricted to one customer.

use serde::Serialize;

use crate::contacts::contact::Contact;
use crate::kernel::input::{Errors, Field};
use crate::kernel::personal::PersonalText;
use crate::purchases::customer::{Customer, Email, ID_LENGTH};

/// The only customer who may use a coupon, identified by e-mail address, by the shop's customer id,
/// or by both. One match is enough, because a customer may use another e-mail address. After the erasure of the customer, both
/// are absent, and no customer can use the coupon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct OnlyFor {
    /// E-mail address of the customer. Comparisons ignore case and the Unicode form.
    pub email: Option<Email>,
    /// The shop's id of the customer.
    pub customer_id: Option<PersonalText>,
}

impl OnlyFor {
    pub(super) fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["email", "customer_id"], errors)?;
        let email = field.get("email").optional(errors, |field, errors| field.parse(Email::parse_stated, errors));
        let customer_id = field.get("customer_id").optional(errors, |field, errors| field.text(ID_LENGTH, errors));
        let (email, customer_id) = (email?, customer_id?.map(PersonalText::from));
        if email.is_none() && customer_id.is_none() {
            return field.reject("must have email or customer_id", errors);
        }
        Some(Self { email, customer_id })
    }

    /// Returns the customer with these identities. `None` if the customer was erased.
    pub fn customer(&self) -> Option<Customer> {
        let (email, id) = (self.email.clone(), self.customer_id.clone());
        let is_known = email.is_some() || id.is_some();
        is_known.then_some(Customer { email, id, first_name: None, last_name: None, verified: true })
    }

    /// Whether `customer` is the customer who may use the coupon.
    pub fn is(&self, customer: &Customer) -> bool {
        let same_email =
            self.email.as_ref().zip(customer.email.as_ref()).map(|(a, b)| a.normalised() == b.normalised());
        let same_id = self.customer_id.as_ref().zip(customer.id.as_ref()).map(|(a, b)| a == b);
        // One match is enough, because a customer may have several addresses, and some shops do not
        // send the id.
        same_email.unwrap_or(false) || same_id.unwrap_or(false)
    }
}

impl From<&Contact> for OnlyFor {
    fn from(contact: &Contact) -> Self {
        Self { email: contact.email.clone(), customer_id: contact.customer_id.clone() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kernel::input;

    #[test]
    fn customer_id_has_the_same_limit_as_in_a_purchase() {
        for (length, is_valid) in [(100, true), (101, false)] {
            let id = "c".repeat(length);
            let only_for = input::read(&json!({"customer_id": id}), OnlyFor::read);
            let customer = input::read(&json!({"id": id}), Customer::read);
            assert_eq!((only_for.is_ok(), customer.is_ok()), (is_valid, is_valid), "{length} characters");
        }
    }
}
