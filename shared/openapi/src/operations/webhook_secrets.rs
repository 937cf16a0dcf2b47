//! The secrets that webhooks are signed with.

use super::page;
use super::workflows::TAG;
use crate::entry::Entry;
use crate::samples;

pub(crate) fn create() -> Entry {
    Entry::new(TAG, "Make a signing secret", 201, "NewWebhookSecret", samples::new_signing_secret()).described(
        "The secret is shown here and never again. Webhooks are signed with it from now on, by the scheme of Standard \
         Webhooks; for 24 hours also with the former one, and no longer with any other.",
    )
}

pub(crate) fn list() -> Entry {
    Entry::new(TAG, "List signing secrets", 200, "WebhookSecretPage", page(samples::signing_secret()))
        .described("Those that are valid now, two at most, without the secrets themselves.")
        .takes(Vec::new())
}
