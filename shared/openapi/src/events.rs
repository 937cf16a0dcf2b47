//! Documents the event types: as OpenAPI webhooks, and as schemas for the event log.

use couponflow_domain::events::contact_erased::ContactErased;
use couponflow_domain::events::event::{Detail, EventType, schema as event_schema};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use couponflow_http::doc::reference::schema;
use couponflow_http::doc::{samples, tags};

use crate::generator::generator;

/// Builds three schemas per event type, such as `CouponApplied`, `CouponAppliedDetail` and `CouponAppliedData`, and the same
/// schemas for `ContactErased`. The schema `EventDetail` describes the `detail` of events of any type, and `Event` the
/// entries of the event log.
pub(crate) fn schemas() -> Map<String, Value> {
    let mut generator = generator(SchemaSettings::draft2020_12());
    generator.subschema_for::<Detail>();
    generator.subschema_for::<ContactErased>();
    let mut schemas = generator.take_definitions(true);
    for kind in EventType::ALL {
        let mut event = event_schema(*kind);
        let required = event["properties"]["detail"]["properties"]["data"]["required"].take();
        event.as_object_mut().map(|event| event.remove("$schema"));
        let name = kind.detail_type();
        let (detail_name, data_name) = (format!("{name}Detail"), format!("{name}Data"));
        let (mut detail, mut data) = (schemas["EventDetail"].clone(), schemas["EventData"].clone());
        data["required"] = required;
        detail["properties"]["data"]["$ref"] = schema(&data_name)["$ref"].take();
        detail["description"] = json!(format!("`detail` of the event `{name}`."));
        event["properties"]["detail"] = schema(&detail_name);
        schemas.extend([(name.to_owned(), event), (detail_name, detail), (data_name, data)]);
    }
    let mut erased = ContactErased::schema();
    erased.as_object_mut().map(|event| event.remove("$schema"));
    erased["properties"]["detail"] = schema("ContactErasedDetail");
    schemas.insert(ContactErased::DETAIL_TYPE.to_owned(), erased);
    let any: Vec<Value> = EventType::ALL.iter().map(|kind| schema(kind.detail_type())).collect();
    schemas.insert(
        "Event".to_owned(),
        json!({"description": "An event as published on the EventBridge bus.", "anyOf": any}),
    );
    schemas
}

/// Documents the events on the bus as OpenAPI webhooks. EventBridge delivers each event to the
/// targets of the rules on the bus that match the event.
pub(crate) fn webhooks() -> Map<String, Value> {
    let webhook = |name: &str, example: Value| {
        let content = json!({"schema": schema(name), "example": example});
        let post = json!({
            "operationId": format!("on{name}"),
            "tags": [tags::EVENTS],
            "summary": name,
            "description": "couponflow publishes each event on the EventBridge bus at least once. Duplicates of an \
                            event have the same `event_id`.",
            "requestBody": {"content": {"application/json": content}},
            "responses": {"200": {"description": "Received."}},
        });
        (name.to_owned(), json!({"post": post}))
    };
    let of_coupons = EventType::ALL.iter().map(|kind| webhook(kind.detail_type(), samples::event(*kind)));
    of_coupons.chain([webhook(ContactErased::DETAIL_TYPE, samples::contact_erased())]).collect()
}
