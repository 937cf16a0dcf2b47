//! Examples of signing secrets.

use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::SigningSecretId;

use super::example_time;
use crate::view::{NewWebhookSecret, WebhookSecret};

fn a_signing_secret() -> SigningSecret {
    SigningSecret::new(
        SigningSecretId::new(example_time(), bits80(&["secret"])),
        [bits80(&["an example"]); 3],
        example_time(),
    )
}

/// Response with a signing secret, without the secret value.
pub fn signing_secret() -> WebhookSecret {
    WebhookSecret::from(&a_signing_secret())
}

/// Response of creating a signing secret, with the secret value.
pub fn new_signing_secret() -> NewWebhookSecret {
    NewWebhookSecret::from(&a_signing_secret())
}
