//! Each merge field of a trigger has a value in its sample.

use std::collections::BTreeMap;

use couponflow_domain::event::{Detail, Event, EventType};
use couponflow_domain::template::{Context, Form, Format, Kind, Scope, render};
use couponflow_domain::workflow::Trigger;
use couponflow_tests::repository;

#[test]
fn every_merge_field_of_a_trigger_has_a_value_of_its_kind() {
    for kind in EventType::ALL {
        let sample = repository::json(&format!("events/samples/{kind}.json"));
        let Detail { metadata, data } = serde_json::from_value(sample["detail"].clone()).unwrap();
        let event = Event { kind: *kind, metadata, data };
        let context = Context::new(&event, None, &BTreeMap::new(), &Format::default());
        for field in Scope::of(Trigger::Event(*kind)).fields() {
            let filter = match Kind::of(field) {
                Kind::Money => "|money",
                Kind::Instant => "|datetime",
                Kind::Text | Kind::Number => "",
            };
            let printed = render(&format!("{{{{{field}{filter}}}}}"), Form::Text, &context).unwrap();
            let may_be_absent = field.starts_with("customer.") || field == "source";
            assert!(may_be_absent || !printed.is_empty(), "{kind}: {field}");
        }
    }
}
