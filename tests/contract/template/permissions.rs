//! The roles of the functions: what each role permits, and what no role permits.

use std::collections::BTreeSet;

use couponflow_tests::expanded::{resources, template};
use serde_json::{Value, json};

const API: &str = "ApiRole";
const EXECUTOR: &str = "ActionExecutorRole";
const PUBLIC: [&str; 2] = ["ApplyRole", "RedeemRole"];
const RELAY: &str = "EventRelayRole";
const SCAN: &str = "ExpiryScanRole";

/// One partition key of each kind that roles treat differently.
const KEY: &str = "key#0123";
const SECRETS: &str = "t#shop#signing_secrets";
const AUDIT: &str = "t#shop#audit#01J";
/// Entry of a key in the list, with the day of its last use.
const KEY_ENTRY: &str = "t#shop#api_key#01J";
const SESSION: &str = "session#0123";
const SIGN_IN_LINK: &str = "sign_in_link#0123";
const COUPON: &str = "t#shop#coupon#01J";
const TIMERS: &str = "timers#20261127T1200#3";

/// Returns the statements of a role's own policies.
fn statements(template: &Value, role: &str) -> Vec<Value> {
    let policies = template["Resources"][role]["Properties"]["Policies"].as_array().expect("policies");
    let statements = policies.iter().filter_map(|policy| policy["PolicyDocument"]["Statement"].as_array());
    // A statement that depends on a condition counts as present.
    statements
        .flatten()
        .map(|statement| statement.get("Fn::If").map_or(statement, |choice| &choice[1]).clone())
        .collect()
}

/// Returns the elements of a list, or the single value.
fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |values| values.iter().collect())
}

fn actions(statement: &Value) -> BTreeSet<String> {
    list(&statement["Action"]).into_iter().map(|action| action.as_str().expect("a text").to_owned()).collect()
}

/// Whether a pattern of a policy, in which `*` stands for any text, matches a partition key.
fn matches(pattern: &str, key: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == key };
    let Some(mut left) = key.strip_prefix(first) else { return false };
    loop {
        if matches(rest, left) {
            return true;
        }
        let Some(next) = left.chars().next() else { return false };
        left = &left[next.len_utf8()..];
    }
}

/// Whether a statement applies to a DynamoDB action on items of a partition.
fn applies(statement: &Value, action: &str, key: &str) -> bool {
    let is_of_table = |resource: &&Value| resource["Fn::GetAtt"] == json!(["Table", "Arn"]);
    if !actions(statement).contains(action) || !list(&statement["Resource"]).iter().any(is_of_table) {
        return false;
    }
    let mut applies = true;
    for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
        match operator.as_str() {
            "ForAnyValue:StringLike" | "ForAllValues:StringLike" => {
                let patterns = list(&keys["dynamodb:LeadingKeys"]);
                applies &= patterns.iter().any(|pattern| matches(pattern.as_str().expect("a text"), key));
            }
            "Null" => assert_eq!(*keys, json!({"dynamodb:LeadingKeys": "false"})),
            other => panic!("this test does not know the condition {other}"),
        }
    }
    applies
}

fn permits(template: &Value, role: &str, action: &str, key: &str) -> bool {
    let statements = statements(template, role);
    let has = |effect| statements.iter().any(|it| it["Effect"] == effect && applies(it, action, key));
    has("Allow") && !has("Deny")
}

/// Lists the functions that read and write the items of each kind of partition.
fn matrix(template: &Value) -> Vec<(&'static str, &'static str, Vec<String>)> {
    let mut rows = Vec::new();
    for key in [KEY, SECRETS, AUDIT, KEY_ENTRY, SESSION, SIGN_IN_LINK, COUPON, TIMERS, "scan"] {
        for action in ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"] {
            let roles = resources(template, "AWS::IAM::Role").into_iter().map(|(role, _)| role.to_owned());
            rows.push((
                key,
                action,
                roles.filter(|role| has_function(role) && permits(template, role, action, key)).collect(),
            ));
        }
    }
    rows
}

fn has_function(role: &str) -> bool {
    [API, EXECUTOR, RELAY, SCAN].contains(&role) || PUBLIC.contains(&role)
}

fn expected(key: &str, action: &str) -> BTreeSet<String> {
    let roles: &[&str] = match (key, action) {
        (KEY, "dynamodb:GetItem") => &[API, "ApplyRole", "RedeemRole"],
        (KEY | SESSION | SIGN_IN_LINK, _) => &[API],
        (SECRETS, "dynamodb:GetItem") => &[API, EXECUTOR],
        (SECRETS, _) => &[API],
        (AUDIT, "dynamodb:GetItem") => &[API, "ApplyRole", "RedeemRole"],
        (AUDIT, _) => &[API],
        (COUPON | KEY_ENTRY, _) => &[API, EXECUTOR, RELAY, "ApplyRole", "RedeemRole"],
        _ => &[API, EXECUTOR, RELAY, SCAN, "ApplyRole", "RedeemRole"],
    };
    roles.iter().map(|role| (*role).to_owned()).collect()
}

fn deviations(template: &Value) -> Vec<String> {
    let mut deviations = Vec::new();
    for (key, action, roles) in matrix(template) {
        let (roles, expected) = (roles.into_iter().collect::<BTreeSet<_>>(), expected(key, action));
        if roles != expected {
            deviations.push(format!("{action} on {key}: permitted to {roles:?}, expected {expected:?}"));
        }
    }
    for (role, _) in resources(template, "AWS::IAM::Role") {
        for statement in statements(template, role).iter().filter(|it| actions(it).contains("dynamodb:Scan")) {
            if scan_permitted_to(role).is_none_or(|condition| statement["Condition"] != condition) {
                deviations.push(format!("{role} may scan: {statement}"));
            }
        }
    }
    deviations
}

/// Condition under which a role may scan. The api function reads only keys and ids of tenants, and the relay reads only keys
/// and kinds of items. The other roles may not scan.
fn scan_permitted_to(role: &str) -> Option<Value> {
    let attributes = match role {
        API => json!(["pk", "sk", "tenant_id", "timer"]),
        RELAY => json!(["pk", "sk", "kind"]),
        _ => return None,
    };
    Some(json!({
        "ForAllValues:StringEquals": {"dynamodb:Attributes": attributes},
        "StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
    }))
}

#[test]
fn only_the_api_writes_keys_signing_secrets_and_the_audit_log() {
    assert_eq!(deviations(&template()), Vec::<String>::new());
}

#[test]
fn removing_a_condition_or_a_denial_changes_what_roles_permit() {
    let original = template();
    let mut changes = 0;
    for (role, _) in resources(&original, "AWS::IAM::Role").into_iter().filter(|(role, _)| has_function(role)) {
        for (i, statement) in statements(&original, role).iter().enumerate() {
            let at = format!("/Resources/{role}/Properties/Policies/0/PolicyDocument/Statement/{i}");
            let mut changed = original.clone();
            let target = changed.pointer_mut(&at).expect("the statement");
            if statement["Effect"] == "Deny" {
                target["Effect"] = json!("Allow");
            } else if statement.get("Condition").is_some() {
                target["Condition"] = json!({});
            } else {
                continue;
            }
            assert!(!deviations(&changed).is_empty(), "{role}: {statement}");
            changes += 1;
        }
    }
    assert!(changes >= 6, "{changes} changes");
}

#[test]
fn every_function_has_a_role_of_its_own_without_managed_policies() {
    let template = template();
    let functions = resources(&template, "AWS::Lambda::Function");
    let roles: BTreeSet<String> =
        functions.iter().map(|(_, function)| function["Properties"]["Role"].to_string()).collect();
    assert_eq!(roles.len(), functions.len(), "{roles:?}");
    for (name, role) in resources(&template, "AWS::IAM::Role") {
        assert_eq!(role["Properties"].get("ManagedPolicyArns"), None, "{name}");
    }
    assert!(resources(&template, "AWS::IAM::ManagedPolicy").is_empty());
    assert!(resources(&template, "AWS::IAM::Policy").is_empty());
}

#[test]
fn no_role_permits_a_scan_of_data_or_a_wildcard() {
    let template = template();
    let mut allowed = BTreeSet::new();
    for (role, _) in resources(&template, "AWS::IAM::Role") {
        for statement in statements(&template, role) {
            assert!(
                statement.get("NotAction").is_none() && statement.get("NotResource").is_none(),
                "{role}: {statement}"
            );
            for resource in list(&statement["Resource"]) {
                assert_ne!(*resource, "*", "{role}: {statement}");
            }
            // `deviations` checks the permissions to scan keys.
            let is_scan_of_keys = (role == API && statement["Sid"] == "ScanOfKeys")
                || (role == RELAY && statement["Sid"] == "ScanOfKinds");
            if statement["Effect"] == "Allow" && !is_scan_of_keys {
                allowed.extend(actions(&statement));
            }
        }
    }
    // A PartiQL statement can scan, too.
    let is_forbidden =
        |action: &&String| action.contains('*') || action.starts_with("dynamodb:PartiQL") || *action == "dynamodb:Scan";
    assert_eq!(allowed.iter().filter(is_forbidden).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(allowed.contains("dynamodb:Query"), "the search for actions is broken: {allowed:?}");
}

#[test]
fn streams_and_queues_are_permitted_by_name() {
    let template = template();
    let mut found = 0;
    for (role, _) in resources(&template, "AWS::IAM::Role") {
        for statement in statements(&template, role) {
            let of = |service| actions(&statement).iter().any(|action| action.starts_with(service));
            for resource in list(&statement["Resource"]).into_iter().filter(|_| of("sqs:") || of("events:")) {
                assert!(resource.get("Fn::GetAtt").is_some(), "{role}: {resource}");
                found += 1;
            }
        }
    }
    assert!(found >= 6, "{found} resources");
}

#[test]
fn pattern_of_a_policy_matches_like_iam() {
    assert!(matches("key#*", "key#1") && matches("t#*#signing_secrets", SECRETS) && matches("scan", "scan"));
    assert!(!matches("key#*", "t#key#1") && !matches("t#*#signing_secrets", COUPON) && !matches("scan", "scan2"));
}
