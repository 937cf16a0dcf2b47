//! The suppression list.

use couponflow_http::ProblemCode;
use serde_json::{Value, json};

use super::DELIVERABLE;
use crate::entry::Entry;
use crate::{parameters, samples};

const TAG: &str = "Contacts";

fn email() -> Vec<Value> {
    let mut email = parameters::filter("email", "The address.", json!({"type": "string", "format": "email"}));
    email["required"] = json!(true);
    vec![email]
}

pub(crate) fn read() -> Entry {
    Entry::new(TAG, "Read why an address gets no more mail", 200, "Suppression", samples::suppression())
        .described(
            "Mail to contacts is skipped while their address is on the list. The list itself keeps no addresses.",
        )
        .takes(email())
        .rule("?email", DELIVERABLE)
        .fails_with([ProblemCode::NotFound])
}

pub(crate) fn lift() -> Entry {
    Entry::without_answer(TAG, "Take an address off the suppression list", 204)
        .described("It gets mail again, until a mail bounces for good or is called spam.")
        .takes(email())
        .rule("?email", DELIVERABLE)
        .fails_with([ProblemCode::NotFound])
}
