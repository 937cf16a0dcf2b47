//! The access log of the gateway: what each line contains, and what no line contains. A second test changes each of these
//! settings, and expects that the first test would notice.
//!
//! The gateway does not know the id of a key, and could log the address of a client only as it is. The functions log the
//! id of the key and a keyed digest of the address, under the same request id.

use std::collections::BTreeMap;

use couponflow_tests::expanded::{resources, template};
use serde_json::{Value, json};

const STAGE: &str = "AWS::ApiGatewayV2::Stage";

/// Members of a line, with the variables of the gateway that are their values.
const MEMBERS: [(&str, &str); 9] = [
    ("requestId", "$context.requestId"),
    ("time", "$context.requestTime"),
    ("method", "$context.httpMethod"),
    ("routeKey", "$context.routeKey"),
    ("status", "$context.status"),
    ("responseLatency", "$context.responseLatency"),
    ("responseLength", "$context.responseLength"),
    ("userAgent", "$context.identity.userAgent"),
    ("integrationError", "$context.integrationErrorMessage"),
];

/// Variables of the gateway that identify a person or grant access. The path of an unsubscribe link contains its token.
const PERSONAL: [&str; 4] =
    ["$context.identity.sourceIp", "$context.path", "$context.identity.user", "$context.authorizer.principalId"];

/// Lists what is wrong with the access logs of a template.
fn faults(template: &Value) -> Vec<String> {
    let stages = resources(template, STAGE);
    let mut faults = Vec::new();
    if stages.is_empty() {
        faults.push("there is no stage".to_owned());
    }
    for (name, stage) in stages {
        let settings = &stage["Properties"]["AccessLogSettings"];
        let group = settings["DestinationArn"]["Fn::GetAtt"][0].as_str().unwrap_or_default();
        if template["Resources"][group]["Type"] != "AWS::Logs::LogGroup" {
            faults.push(format!("{name}: {group:?} is no log group"));
        }
        let format = settings["Format"].as_str().unwrap_or_default();
        let Ok(members) = serde_json::from_str::<BTreeMap<String, String>>(format) else {
            faults.push(format!("{name}: a line is no JSON object of texts: {format}"));
            continue;
        };
        let expected: BTreeMap<String, String> =
            MEMBERS.map(|(member, variable)| (member.to_owned(), variable.to_owned())).into();
        if members != expected {
            faults.push(format!("{name}: {members:?}"));
        }
    }
    faults
}

#[test]
fn the_access_log_names_method_status_user_agent_and_request_but_no_person() {
    assert_eq!(faults(&template()), Vec::<String>::new());
    for variable in PERSONAL {
        assert!(MEMBERS.iter().all(|(_, logged)| *logged != variable), "{variable}");
    }
    for required in ["method", "status", "userAgent", "requestId"] {
        assert!(MEMBERS.iter().any(|(member, _)| *member == required), "{required}");
    }
}

/// Returns the template with another format of the access log.
fn with_format(template: &Value, stage: &str, members: &BTreeMap<&str, &str>) -> Value {
    let mut changed = template.clone();
    changed["Resources"][stage]["Properties"]["AccessLogSettings"]["Format"] = json!(json!(members).to_string());
    changed
}

#[test]
fn breaking_any_setting_of_the_access_log_is_noticed() {
    let original = template();
    let [(stage, _)] = resources(&original, STAGE)[..] else { panic!("the template has one stage") };
    assert_eq!(faults(&with_format(&original, stage, &MEMBERS.into())), Vec::<String>::new(), "an equal format");

    let mut changes = Vec::new();
    for (member, _) in MEMBERS {
        let mut members = BTreeMap::from(MEMBERS);
        members.remove(member);
        changes.push((format!("without {member}"), with_format(&original, stage, &members)));
        let mut members = BTreeMap::from(MEMBERS);
        members.insert(member, "$context.identity.sourceIp");
        changes.push((format!("an address as {member}"), with_format(&original, stage, &members)));
    }
    for variable in PERSONAL {
        let mut members = BTreeMap::from(MEMBERS);
        members.insert("added", variable);
        changes.push((format!("with {variable}"), with_format(&original, stage, &members)));
    }
    for settings in [
        Value::Null,
        json!({"DestinationArn": {"Fn::GetAtt": ["ApiLogs", "Arn"]}}),
        json!({"DestinationArn": {"Fn::GetAtt": ["ApiLogs", "Arn"]}, "Format": "$context.identity.sourceIp"}),
    ] {
        let mut changed = original.clone();
        changed["Resources"][stage]["Properties"]["AccessLogSettings"] = settings.clone();
        changes.push((settings.to_string(), changed));
    }
    let mut changed = original.clone();
    changed["Resources"][stage]["Properties"]["AccessLogSettings"]["DestinationArn"]["Fn::GetAtt"][0] = json!("Table");
    changes.push(("another destination".to_owned(), changed));
    let mut changed = original.clone();
    changed["Resources"].as_object_mut().expect("resources").remove(stage);
    changes.push(("without a stage".to_owned(), changed));

    for (change, changed) in &changes {
        assert!(!faults(changed).is_empty(), "{change}");
    }
    assert_eq!(changes.len(), 2 * MEMBERS.len() + PERSONAL.len() + 5);
}
