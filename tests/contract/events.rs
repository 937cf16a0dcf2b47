//! Each event: its schema is the one that the code makes, its sample passes the schema, and the code reads the sample.

use couponflow_domain::event::{Detail, EventType, schema};
use couponflow_tests::repository;

#[test]
fn schemas_are_those_of_the_code() {
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
fn every_sample_passes_its_schema_and_loses_nothing_in_the_code() {
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
fn a_schema_refuses_an_event_without_its_parts() {
    for kind in EventType::ALL {
        let validator = jsonschema::validator_for(&schema(*kind)).unwrap();
        for part in kind.parts().iter().chain(&["coupon"]) {
            let mut sample = repository::json(&format!("events/samples/{kind}.json"));
            sample["detail"]["data"].as_object_mut().unwrap().remove(*part);
            assert!(!validator.is_valid(&sample), "{kind} without {part}");
        }
    }
}
