//! `POST /v1/templates/preview`

use couponflow_app::automation::preview;
use couponflow_domain::automation::template::{Preview, Rendered};
use couponflow_domain::events::event::{Envelope, Event, EventType, sample};
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::personal::PersonalText;
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, Problem, Reply, Request};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::call::Call;
use crate::reply::failure;

/// Rendered templates. A member is null if the request does not have this template.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RenderedTemplates {
    /// Rendered subject line.
    subject: Option<PersonalText>,
    /// Rendered HTML body, with inserted values escaped.
    html: Option<PersonalText>,
    /// Rendered plain-text body.
    text: Option<PersonalText>,
}

impl From<Rendered> for RenderedTemplates {
    fn from(rendered: Rendered) -> Self {
        let Rendered { subject, html, text } = rendered;
        Self { subject, html, text }
    }
}

/// Rule for templates. A preview has no steps, so the outputs of steps are not available.
const TEMPLATE_RULE: &str = "must be a template that uses only merge fields of the trigger";

pub(crate) fn doc() -> OperationDoc<RenderedTemplates> {
    let request = json!({"trigger": "coupon_redeemed", "subject": "{{coupon.code}} until \
        {{coupon.expires_at|date('long')}}",
        "html": "<p>You paid {{order.total|money}}.</p>", "locale": "de-DE", "time_zone": "Europe/Berlin"});
    let rendered = RenderedTemplates::from(Rendered {
        subject: Some("MEMBER20 until 1. Januar 2027".into()),
        html: Some("<p>You paid 39,20\u{a0}$.</p>".into()),
        text: None,
    });
    OperationDoc::json(tags::WORKFLOWS, "Preview templates", 200, rendered)
        .description(
            "Renders templates for `event`, or for the sample event of the trigger if `event` is absent. Sends \
             nothing. As in a workflow, the contact of the event's customer supplies customer data that `event` \
             omits, such as the first name. A template is rejected if a merge field has neither a value nor a \
             `|default`, because a workflow would skip the message.",
        )
        .own_body("TemplatePreviewInput", Preview::schema(), true, &[("for_germany", request)])
        .rule("/subject", TEMPLATE_RULE)
        .rule("/html", TEMPLATE_RULE)
        .rule("/text", TEMPLATE_RULE)
        .rule("/event", "must be the `detail` of an event, as returned by `GET /v1/events`")
        .rule("/event/data/*", "must have every member that is required in events of the trigger")
        .rule("/locale", "must be a supported locale")
        .rule("/time_zone", "must be an IANA time zone")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<RenderedTemplates> {
    let (preview, sample) = read(call.request)?;
    let rendered = preview::preview(call.store, &preview, &sample).await.map_err(failure)?;
    Ok(Reply::json(200, &rendered.map_err(Problem::invalid)?.into()))
}

/// Reads the templates of a request, and the sample event of their trigger.
fn read(request: &Request) -> Result<(Preview, Event), Problem> {
    let preview = request.body(|body| input::read(body, Preview::read))?;
    let sample = sample_of(preview.event_type()).map_err(|error| Problem::not_json(&error))?;
    Ok((preview, sample))
}

fn sample_of(kind: EventType) -> serde_json::Result<Event> {
    serde_json::from_str::<Envelope>(sample(kind)).map(Event::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
    use serde_json::Value;

    /// Renders a preview without a contact.
    fn previewed(body: &Value) -> Result<Value, Value> {
        let mut gateway = ApiGatewayV2httpRequest::default();
        gateway.body = Some(body.to_string());
        let rendered = read(&Request::new(gateway)).and_then(|(preview, sample)| {
            preview.render(&preview.event().unwrap_or(sample), None).map_err(Problem::invalid)
        });
        rendered.map(|rendered| json!(rendered)).map_err(|problem| problem.answer().body["errors"].clone())
    }

    #[test]
    fn preview_renders_the_documented_example() {
        let document: Value = serde_json::from_str(include_str!("../../../../../shared/http/openapi.json")).unwrap();
        let operation = &document["paths"]["/v1/templates/preview"]["post"];
        let request = &operation["requestBody"]["content"]["application/json"]["examples"]["for_germany"]["value"];
        let answer = &operation["responses"]["200"]["content"]["application/json"]["example"];
        assert_eq!(previewed(request).unwrap(), *answer);
    }

    #[test]
    fn template_without_event_is_rendered_with_the_sample_of_the_trigger() {
        for trigger in EventType::ALL.iter().map(|kind| kind.trigger()).chain(["manual"]) {
            let rendered = previewed(&json!({"trigger": trigger, "text": "{{coupon.code}} {{event.type}}"})).unwrap();
            let kind = EventType::from_trigger(trigger).unwrap_or(EventType::CouponRedeemed);
            assert!(rendered["text"].as_str().unwrap().ends_with(kind.detail_type()), "{trigger}");
        }
    }

    #[test]
    fn preview_reports_pointer_of_every_fault() {
        let faults = previewed(&json!({"trigger": "coupon_expired", "subject": "{{order.total}}", "html": "{{",
            "text": "{{coupon.code|safe}}", "locale": "xx", "time_zone": "Mars/Olympus", "event": {"metadata": 1}}));
        let faults = faults.unwrap_err();
        let places: Vec<&str> = faults.as_array().unwrap().iter().map(|f| f["pointer"].as_str().unwrap()).collect();
        assert_eq!(places, ["/subject", "/html", "/text", "/event", "/locale", "/time_zone"]);
    }

    #[test]
    fn preview_rejects_an_event_without_all_data_of_the_trigger() {
        let event = json!(sample_of(EventType::CouponExpired).unwrap().detail());
        let of = |trigger: &str| previewed(&json!({"trigger": trigger, "text": "{{coupon.code}}", "event": event}));
        assert_eq!(of("coupon_expired").unwrap()["text"], event["data"]["coupon"]["code"]);
        assert_eq!(of("coupon_redeemed").unwrap_err()[0]["pointer"], "/event/data/order");
    }
}
