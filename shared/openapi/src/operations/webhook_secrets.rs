//! Signing secrets of webhooks.

use crate::operation_doc::OperationDoc;
use crate::{list_page, samples, tags};

pub(crate) fn create() -> OperationDoc {
    OperationDoc::new(
        tags::WORKFLOWS,
        "Create a signing secret",
        201,
        "NewWebhookSecret",
        samples::new_signing_secret(),
    )
    .description(
        "Only this response contains the secret value. After the request, webhooks are signed with the new secret, as \
         Standard Webhooks specifies. For another 24 hours, webhooks are also signed with the previous secret. Older \
         secrets are no longer used.",
    )
}

pub(crate) fn list() -> OperationDoc {
    OperationDoc::new(
        tags::WORKFLOWS,
        "List signing secrets",
        200,
        "WebhookSecretPage",
        list_page::example(samples::signing_secret()),
    )
    .description("Lists the valid signing secrets, at most two, newest first. The secret values are not included.")
    .query_parameters(Vec::new())
}
