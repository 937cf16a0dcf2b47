//! The suppression list.

use couponflow_http::ProblemCode;
use serde_json::{Value, json};

use super::DELIVERABLE;
use crate::entry::Entry;
use crate::{parameters, samples};

const TAG: &str = "Contacts";

fn email() -> Vec<Value> {
    let mut email = parameters::filter("email", "The e-mail address.", json!({"type": "string", "format": "email"}));
    email["required"] = json!(true);
    vec![email]
}

pub(crate) fn read() -> Entry {
    Entry::new(TAG, "Read the suppression of an address", 200, "Suppression", samples::suppression())
        .described(
            "Returns why the address gets no more mail. E-mails to contacts are skipped while their address is on the \
             suppression list. The list stores no addresses.",
        )
        .takes(email())
        .rule("?email", DELIVERABLE)
        .fails_with([ProblemCode::NotFound])
}

pub(crate) fn lift() -> Entry {
    Entry::without_answer(TAG, "Remove an address from the suppression list", 204)
        .described("The address gets mail again, until the next permanent bounce or spam complaint.")
        .takes(email())
        .rule("?email", DELIVERABLE)
        .fails_with([ProblemCode::NotFound])
}
