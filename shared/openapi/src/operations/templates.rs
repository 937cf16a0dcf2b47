//! Templates.

use serde_json::json;

use super::workflows::{TAG, TEMPLATE};
use crate::entry::Entry;

pub(crate) fn preview() -> Entry {
    let request = json!({"trigger": "coupon_redeemed", "subject": "{{coupon.code}} until {{coupon.expires_at|date('long')}}",
        "html": "<p>You paid {{order.total|money}}.</p>", "locale": "de-DE", "time_zone": "Europe/Berlin"});
    let rendered = json!({"subject": "MEMBER20 until 1. Januar 2027", "html": "<p>You paid 39,20\u{a0}$.</p>",
        "text": null});
    Entry::new(TAG, "Preview templates", 200, "RenderedTemplates", rendered)
        .described("Filled with an event, by default the sample of the trigger; nothing is sent. What the event leaves out about its \
             customer is taken from the contact, as in a workflow. A field that has no value, and no `|default`, is refused: \
             a message with it would be skipped.")
        .body("TemplatePreviewInput", true, &[("for_germany", request)])
        .rule("/subject", TEMPLATE)
        .rule("/html", TEMPLATE)
        .rule("/text", TEMPLATE)
        .rule("/event", "is the detail of an event, as the event log has it")
        .rule("/event/data/*", "is what every event of the trigger has")
        .rule("/locale", "is a locale that there is data for")
        .rule("/time_zone", "is a time zone of the IANA database")
}
