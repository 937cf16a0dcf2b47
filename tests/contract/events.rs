//! Event schemas and samples: each committed schema equals the schema that the code generates. Each
//! sample passes its schema, and no data is lost when the code reads and writes the sample.

use couponflow_domain::coupons::coupon::Threshold;
use couponflow_domain::events::contact_erased::ContactErased;
use couponflow_domain::events::event::{Detail, EventPart, EventType, schema};
use couponflow_domain::kernel::span::Span;
use couponflow_tests::repository;

#[test]
fn committed_event_schemas_match_the_code() {
    for kind in EventType::ALL {
        let committed = repository::json(&format!("events/schemas/{kind}.json"));
        assert_eq!(
            committed,
            schema(*kind),
            "run `cargo run -p couponflow-tests --example schemas` and commit the change"
        );
    }
}

#[test]
fn every_event_sample_passes_its_schema_and_is_read_without_loss() {
    for kind in EventType::ALL {
        let sample = repository::json(&format!("events/samples/{kind}.json"));
        let validator = jsonschema::validator_for(&schema(*kind)).unwrap();
        let faults: Vec<String> =
            validator.iter_errors(&sample).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{kind}: {faults:?}");
        let detail: Detail =
            serde_json::from_value(sample["detail"].clone()).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(serde_json::to_value(detail).unwrap(), sample["detail"], "{kind}");
    }
}

#[test]
fn event_samples_are_consistent_in_themselves() {
    let (mut limits, mut orders, mut lead_times, mut thresholds) = (0, 0, 0, 0);
    for kind in EventType::ALL {
        let sample = repository::json(&format!("events/samples/{kind}.json"));
        let Detail { metadata, data } = serde_json::from_value(sample["detail"].clone()).unwrap();
        assert_eq!(data.coupon.remaining, data.coupon.limit.map(|limit| limit - data.coupon.times_redeemed), "{kind}");
        limits += usize::from(data.coupon.limit.is_some());
        let needs = |part: EventPart| kind.has(part);
        assert!(data.order.is_some() || !needs(EventPart::Order), "{kind}");
        if let Some(order) = data.order {
            assert_eq!(order.total.amount, order.value.amount - order.discount.amount, "{kind}");
            orders += 1;
        }
        assert!(data.lead_time.is_some() || !needs(EventPart::LeadTime), "{kind}");
        if let Some(lead_time) = data.lead_time {
            let lead_time = Span::parse(&lead_time).unwrap().delta();
            assert_eq!(data.coupon.expires_at, Some(metadata.occurred_at + lead_time), "{kind}");
            lead_times += 1;
        }
        assert!(data.threshold.is_some() || !needs(EventPart::Threshold), "{kind}");
        if let Some(threshold) = data.threshold {
            let percent = threshold.strip_suffix('%').expect("the sample has a threshold in per cent");
            let threshold = Threshold::PercentUsed(percent.parse().unwrap());
            assert!(threshold.is_reached(data.coupon.times_redeemed, data.coupon.limit.unwrap()), "{kind}");
            thresholds += 1;
        }
    }
    assert!(
        limits > 0 && orders >= 6 && lead_times > 0 && thresholds > 0,
        "{limits} {orders} {lead_times} {thresholds}"
    );
}

#[test]
fn event_schema_rejects_an_event_without_a_required_part() {
    for kind in EventType::ALL {
        let validator = jsonschema::validator_for(&schema(*kind)).unwrap();
        for part in kind.properties().parts.iter().map(|part| part.into_str()).chain(["coupon"]) {
            let mut sample = repository::json(&format!("events/samples/{kind}.json"));
            assert!(validator.is_valid(&sample), "{kind}");
            assert!(sample["detail"]["data"].as_object_mut().unwrap().remove(part).is_some(), "{kind} has no {part}");
            assert!(!validator.is_valid(&sample), "{kind} without {part}");
        }
    }
}

#[test]
fn contact_erased_has_a_committed_schema_and_a_sample_without_further_data() {
    let schema = ContactErased::schema();
    assert_eq!(repository::json("events/schemas/ContactErased.json"), schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut sample = repository::json("events/samples/ContactErased.json");
    assert!(validator.is_valid(&sample));
    let event: ContactErased = serde_json::from_value(sample["detail"].clone()).unwrap();
    assert_eq!(serde_json::to_value(event).unwrap(), sample["detail"]);
    sample["detail"]["data"].as_object_mut().unwrap().remove("contact");
    assert!(!validator.is_valid(&sample));
}
