//! Template previews.

use serde_json::json;

use super::rules::TEMPLATE_RULE;
use crate::operation_doc::OperationDoc;
use crate::tags;

pub(crate) fn preview() -> OperationDoc {
    let request = json!({"trigger": "coupon_redeemed", "subject": "{{coupon.code}} until \
        {{coupon.expires_at|date('long')}}",
        "html": "<p>You paid {{order.total|money}}.</p>", "locale": "de-DE", "time_zone": "Europe/Berlin"});
    let rendered = json!({"subject": "MEMBER20 until 1. Januar 2027", "html": "<p>You paid 39,20\u{a0}$.</p>",
        "text": null});
    OperationDoc::new(tags::WORKFLOWS, "Preview templates", 200, "RenderedTemplates", rendered)
        .description(
            "Renders templates with an event and sends nothing. The default is the sample event of the trigger. As \
             in a workflow, customer data that the event lacks is taken from the contact. A merge field without a \
             value and without `|default` is rejected, because a workflow would skip a message with such a field.",
        )
        .body("TemplatePreviewInput", true, &[("for_germany", request)])
        .rule("/subject", TEMPLATE_RULE)
        .rule("/html", TEMPLATE_RULE)
        .rule("/text", TEMPLATE_RULE)
        .rule("/event", "must be the `detail` of an event, as in the event log")
        .rule("/event/data/*", "must have every member that events of the trigger have")
        .rule("/locale", "must be a supported locale")
        .rule("/time_zone", "must be an IANA time zone")
}
