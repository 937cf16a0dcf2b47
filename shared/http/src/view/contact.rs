//! Views of contacts and suppressed addresses.

use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::delivery::mail::Suppression;
use couponflow_domain::purchases::customer::Email;
use serde_json::{Value, json};

/// Represents a contact. Leaves out internal data: the unsubscribe token and the executions that
/// listen to the contact.
pub fn contact(contact: &Contact) -> Value {
    json!({
        "id": contact.id,
        "email": contact.email,
        "customer_id": contact.customer_id,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "tags": contact.tags,
        "lists": contact.lists,
        "time_zone": contact.time_zone,
        "locale": contact.locale,
        "consent": contact.consent,
        "created_at": contact.created_at,
    })
}

/// Represents the suppression of an address.
pub fn suppression(email: &Email, suppression: &Suppression) -> Value {
    json!({"email": email, "reason": suppression.reason, "updated_at": suppression.at})
}
