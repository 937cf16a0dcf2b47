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
            "Renders templates for `event`, or for the sample event of the trigger if `event` is absent. Sends \
             nothing. If `event` lacks customer data, the data of the customer's contact is used, as in a workflow. A \
             template is rejected if a merge field has neither a value nor a `|default`, because a workflow would skip \
             the message.",
        )
        .body("TemplatePreviewInput", true, &[("for_germany", request)])
        .rule("/subject", TEMPLATE_RULE)
        .rule("/html", TEMPLATE_RULE)
        .rule("/text", TEMPLATE_RULE)
        .rule("/event", "must be the `detail` of an event, as returned by `GET /v1/events`")
        .rule("/event/data/*", "must have every member that is required in events of the trigger")
        .rule("/locale", "must be a supported locale")
        .rule("/time_zone", "must be an IANA time zone")
}
