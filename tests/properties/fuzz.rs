//! Input that no client would send: random bytes, random JSON, and samples in which a part is replaced. No parser may
//! panic, and what an answer says about the input must not be much longer than the input.

use apply::Apply;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config};
use couponflow_aws::dynamo::Table;
use couponflow_aws::stream;
use couponflow_aws::timer_queue::TimerMessage;
use couponflow_domain::automation::filter::Filter;
use couponflow_domain::automation::template::{Context, Format, OutputKind, Preview, Scope, check, render};
use couponflow_domain::automation::workflow::{Definition, Trigger};
use couponflow_domain::contacts::contact::ContactDetails;
use couponflow_domain::coupons::code::{GenerateCodes, read_code_list};
use couponflow_domain::coupons::coupon::Terms;
use couponflow_domain::delivery::mail::Sender;
use couponflow_domain::delivery::mail_event::MailEvent;
use couponflow_domain::events::event::{Envelope, Event, EventType, sample};
use couponflow_domain::kernel::input::{self, Errors};
use couponflow_domain::purchases::{Checkout, RedeemRequest};
use couponflow_http::Problem;
use couponflow_tests::repository;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use redeem::Redeem;
use serde_json::{Value, json};

/// Samples of Lambda events and request bodies.
const SAMPLES: [&str; 18] = [
    "CouponRedeemed",
    "CouponRejected",
    "action-executor-events",
    "action-executor-timers",
    "apply",
    "coupon-of-all-terms",
    "create-contact",
    "create-workflow",
    "edit-coupon",
    "event-relay",
    "generate-codes",
    "redeem",
    "redeem-several",
    "schedule",
    "ses-bounced",
    "ses-rejected",
    "workflow-beta50",
    "workflow-of-all-steps",
];

/// Any JSON value of moderate size, with texts that parsers treat in a special way.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        ".{0,40}",
        select(vec![
            "",
            "{{",
            "{% for i in range(9999999) %}x{% endfor %}",
            "2026-02-30",
            "-1",
            "\u{202e}",
            "P999999999Y"
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let name = prop_oneof![
            "[a-z_]{1,12}",
            select(vec!["code", "customer", "order", "type", "steps"]).prop_map(str::to_owned)
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Returns the pointers to all parts of a value.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            pointers(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, value)| pointers(value, &format!("{at}/{i}"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A sample in which up to three parts are replaced. Bodies inside of events are parsed first, so that their parts are
/// replaced too.
fn damaged_sample() -> impl Strategy<Value = Value> {
    (select(SAMPLES.to_vec()), prop::collection::vec((any::<Index>(), any_json()), 0..3)).prop_map(|(name, changes)| {
        let mut sample = repository::json(&format!("events/samples/{name}.json"));
        let body = sample["body"].as_str().and_then(|body| serde_json::from_str::<Value>(body).ok());
        if let Some(body) = body {
            sample["body"] = body;
        }
        for (place, with) in changes {
            let mut places = Vec::new();
            pointers(&sample, "", &mut places);
            let place = place.get(&places);
            if let Some(part) = sample.pointer_mut(place) {
                *part = with;
            }
        }
        sample
    })
}

fn any_input() -> impl Strategy<Value = Value> {
    prop_oneof![1 => any_json(), 3 => damaged_sample()]
}

/// Checks that the problem about faults is not much longer than the input.
fn check_size<T>(input: &Value, read: Result<T, Errors>) {
    let Err(errors) = read else { return };
    assert!(!errors.is_empty());
    let (input, answer) = (input.to_string().len(), Problem::invalid(errors).answer().body.to_string().len());
    assert!(answer <= 20 * input + 10_000, "{input} bytes get an answer of {answer} bytes");
}

/// A table that cannot be reached. Each call fails at once.
fn unreachable_table() -> Table {
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).build();
    Table::new(aws_sdk_dynamodb::Client::from_conf(config), "none".to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_request_body_makes_a_parser_panic(input in any_input()) {
        let body = input.get("body").filter(|body| body.is_object()).unwrap_or(&input);
        check_size(body, input::read(body, Checkout::read));
        check_size(body, input::read(body, RedeemRequest::read));
        check_size(body, input::read(body, Terms::read));
        check_size(body, input::read(body, ContactDetails::read));
        check_size(body, input::read(body, GenerateCodes::read));
        check_size(body, input::read(body, Preview::read));
        check_size(body, input::read(body, Sender::read));
        check_size(body, Definition::read(body));
        let filters = body.pointer("/trigger/filters").unwrap_or(body);
        for kind in EventType::ALL {
            check_size(filters, Filter::from_json(filters, Trigger::Event(*kind)));
        }
    }

    #[test]
    fn no_message_or_stream_record_makes_a_parser_panic(input in any_input()) {
        let records = input["Records"].as_array().cloned().unwrap_or_else(|| vec![input.clone()]);
        for record in records {
            let body = record["body"].as_str().and_then(|body| serde_json::from_str(body).ok()).unwrap_or(record.clone());
            let _ = serde_json::from_value::<TimerMessage>(body.clone());
            let _ = serde_json::from_value::<Envelope>(body.clone()).map(Event::from);
            let _ = MailEvent::read(&body);
            let _ = stream::read(record);
        }
    }

    #[test]
    fn any_template_is_checked_and_renders_to_a_bounded_text(
        source in prop_oneof![
            "\\PC{0,200}",
            r"(\{\{[ a-z_.|()0-9,']{0,20}\}\}|\{%[ a-z_.|()0-9]{0,30}%\}|[a-z<>& ]{0,10}){0,12}",
        ]
    ) {
        let event = serde_json::from_str::<Envelope>(sample(EventType::CouponRedeemed)).map(Event::from).unwrap();
        let _ = check(&source, &Scope::of(Trigger::Event(EventType::CouponRedeemed)));
        let context = Context::new(&event, event.data.customer.as_ref(), &Default::default(), &Format::default());
        for form in [OutputKind::Line, OutputKind::Text, OutputKind::Html] {
            if let Ok(text) = render(&source, form, &context) {
                assert!(text.len() <= 1_000_000, "{} bytes", text.len());
            }
        }
    }

    #[test]
    fn no_file_makes_the_reader_of_codes_panic(
        file in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..2000),
            r#"(code\r?\n)?([A-Za-z0-9",; ]{0,12}\r?\n){0,60}"#.prop_map(String::into_bytes),
        ]
    ) {
        match read_code_list(&file) {
            Ok(codes) => assert!(codes.len() <= file.len()),
            Err(errors) => {
                let answer = Problem::invalid(errors).answer().body.to_string().len();
                assert!(answer <= 100 * file.len() + 10_000, "{} bytes get {answer} bytes", file.len());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_event_makes_a_function_of_the_api_panic(input in any_input(), path in "/[a-z0-9/_%.-]{0,60}", query in "[ -~]{0,60}") {
        let mut event = repository::json("events/samples/apply.json");
        event["body"] = json!(input["body"].as_str().map_or_else(|| input.to_string(), str::to_owned));
        let mut odd = event.clone();
        odd["rawPath"] = json!(path);
        odd["rawQueryString"] = json!(query);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for event in [event, odd, input] {
                let answered = api::Api::new(unreachable_table()).handle(event.clone()).await;
                if let Ok(answer) = answered {
                    assert!(answer.to_string().len() < 2_000_000);
                }
                let Ok(request) = serde_json::from_value(event.clone()) else { continue };
                let answer = Apply::new(unreachable_table()).handle(request).await;
                assert!(answer.status_code >= 400);
                let Ok(request) = serde_json::from_value(event) else { continue };
                let answer = Redeem::new(unreachable_table()).handle(request).await;
                assert!(answer.status_code >= 400);
            }
        });
    }
}
