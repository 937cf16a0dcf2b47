//! Guarantees of the template, each of which depends on a single value, such as deletion protection. A
//! second test removes each of these values, and requires that the check reports the change.

use couponflow_tests::expanded::{resources, template};
use serde_json::{Value, json};

/// What a value of a resource must be.
enum Expected {
    Is(Value),
    AtLeast(i64),
    /// An integer, or a reference to a parameter.
    Given,
    /// The ARN attribute of a resource of this type.
    ArnOf(&'static str),
    Absent,
}

use Expected::{Absent, ArnOf, AtLeast, Given, Is};

/// A value that every resource of a type must have.
struct Promise {
    kind: &'static str,
    /// JSON pointer within the resource.
    at: &'static str,
    expected: Expected,
}

fn promise(kind: &'static str, at: &'static str, expected: Expected) -> Promise {
    Promise { kind, at, expected }
}

const TABLE: &str = "AWS::DynamoDB::Table";
const QUEUE: &str = "AWS::SQS::Queue";
const RULE: &str = "AWS::Events::Rule";
const FUNCTION: &str = "AWS::Lambda::Function";
const ALIAS: &str = "AWS::Lambda::Alias";
const INVOCATION: &str = "AWS::Lambda::EventInvokeConfig";
const SOURCE: &str = "AWS::Lambda::EventSourceMapping";
const DEPLOYMENT: &str = "AWS::CodeDeploy::DeploymentGroup";
const LOGS: &str = "AWS::Logs::LogGroup";
const TOPIC: &str = "AWS::SNS::Topic";
const PERMISSION: &str = "AWS::Lambda::Permission";
const BUCKET: &str = "AWS::S3::Bucket";
const ARCHIVE: &str = "AWS::Events::Archive";

/// Value of a property that names the KMS key: the parameter `KmsKeyArn`, or no value without this parameter.
fn key() -> Value {
    json!({"Fn::If": ["HasKmsKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]})
}

fn promises() -> Vec<Promise> {
    let rollback = json!({"Enabled": true, "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM",
        "DEPLOYMENT_STOP_ON_REQUEST"]});
    let bucket_encryption = json!({"Fn::If": ["HasKmsKey",
        {"BucketKeyEnabled": true,
            "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "KmsKeyArn"}}},
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]});
    let blocked = json!({"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true,
        "RestrictPublicBuckets": true});
    vec![
        promise(TABLE, "/DeletionPolicy", Is(json!("Retain"))),
        promise(TABLE, "/UpdateReplacePolicy", Is(json!("Retain"))),
        promise(TABLE, "/Properties/DeletionProtectionEnabled", Is(json!(true))),
        promise(TABLE, "/Properties/BillingMode", Is(json!("PAY_PER_REQUEST"))),
        promise(TABLE, "/Properties/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled", Is(json!(true))),
        promise(TABLE, "/Properties/TimeToLiveSpecification", Is(json!({"AttributeName": "ttl", "Enabled": true}))),
        promise(TABLE, "/Properties/StreamSpecification/StreamViewType", Is(json!("NEW_AND_OLD_IMAGES"))),
        promise(TABLE, "/Properties/SSESpecification/Fn::If/0", Is(json!("HasKmsKey"))),
        promise(QUEUE, "/Properties/KmsMasterKeyId", Is(key())),
        promise(
            QUEUE,
            "/Properties/SqsManagedSseEnabled",
            Is(json!({"Fn::If": ["HasKmsKey", {"Ref": "AWS::NoValue"}, true]})),
        ),
        promise(BUCKET, "/DeletionPolicy", Is(json!("Retain"))),
        promise(BUCKET, "/Properties/BucketEncryption/ServerSideEncryptionConfiguration/0", Is(bucket_encryption)),
        promise(BUCKET, "/Properties/PublicAccessBlockConfiguration", Is(blocked)),
        promise(ARCHIVE, "/Properties/KmsKeyIdentifier", Is(key())),
        promise(LOGS, "/Properties/KmsKeyId", Is(key())),
        promise(LOGS, "/Properties/RetentionInDays", Is(json!(30))),
        promise(TOPIC, "/Properties/KmsMasterKeyId", Is(key())),
        promise(RULE, "/Properties/Targets/0/DeadLetterConfig/Arn", ArnOf(QUEUE)),
        promise(RULE, "/Properties/Targets/0/RetryPolicy/MaximumRetryAttempts", AtLeast(1)),
        promise(RULE, "/Properties/Targets/0/RetryPolicy/MaximumEventAgeInSeconds", AtLeast(60)),
        promise(RULE, "/Properties/Targets/1", Absent),
        promise(INVOCATION, "/Properties/DestinationConfig/OnFailure/Destination", ArnOf(QUEUE)),
        promise(INVOCATION, "/Properties/MaximumRetryAttempts", Is(json!(0))),
        promise(INVOCATION, "/Properties/MaximumEventAgeInSeconds", Is(json!(60))),
        promise(SOURCE, "/Properties/FunctionResponseTypes", Is(json!(["ReportBatchItemFailures"]))),
        promise(FUNCTION, "/Properties/Role/Fn::GetAtt/1", Is(json!("Arn"))),
        promise(FUNCTION, "/Properties/Timeout", AtLeast(20)),
        promise(FUNCTION, "/Properties/LoggingConfig/LogGroup/Ref", Given),
        promise(FUNCTION, "/Properties/VpcConfig", Absent),
        promise(ALIAS, "/Properties/Name", Is(json!("live"))),
        promise(DEPLOYMENT, "/Properties/AutoRollbackConfiguration", Is(rollback)),
        promise(DEPLOYMENT, "/Properties/AlarmConfiguration/Enabled", Is(json!(true))),
        promise(DEPLOYMENT, "/Properties/AlarmConfiguration/Alarms/0/Name/Ref", Given),
        promise(DEPLOYMENT, "/Properties/ServiceRoleArn", ArnOf("AWS::IAM::Role")),
        promise(PERMISSION, "/Properties/SourceArn", Given),
    ]
}

fn is_kept(template: &Value, expected: &Expected, value: Option<&Value>) -> bool {
    let Some(value) = value else { return matches!(expected, Absent) };
    match expected {
        Is(expected) => value == expected,
        AtLeast(least) => value.as_i64().is_some_and(|value| value >= *least),
        Given => value.as_str().is_some_and(|name| !name.is_empty()) || value.is_object(),
        ArnOf(kind) => {
            let target = value["Fn::GetAtt"][0].as_str().unwrap_or_default();
            value["Fn::GetAtt"][1] == "Arn" && template["Resources"][target]["Type"] == *kind
        }
        Absent => false,
    }
}

/// Lists the values that break a promise.
fn broken(template: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    for Promise { kind, at, expected } in promises() {
        for (name, resource) in resources(template, kind) {
            let value = resource.pointer(at);
            if !is_kept(template, &expected, value) {
                broken.push(format!("{name}{at}: {value:?}"));
            }
        }
    }
    broken
}

#[test]
fn the_template_keeps_its_promises() {
    let template = template();
    assert_eq!(broken(&template), Vec::<String>::new());
    for Promise { kind, .. } in promises() {
        assert!(!resources(&template, kind).is_empty(), "there is no {kind}");
    }
}

/// Removes the value at a pointer, or adds one if there is none.
fn break_value(resource: &mut Value, at: &str) {
    let (parent, name) = at.rsplit_once('/').expect("a pointer");
    match resource.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            if members.remove(name).is_none() {
                members.insert(name.to_owned(), json!({}));
            }
        }
        Some(Value::Array(elements)) => {
            let place: usize = name.parse().expect("an index");
            if place < elements.len() {
                elements.remove(place);
            } else {
                elements.push(json!({}));
            }
        }
        other => panic!("{at} has no parent: {other:?}"),
    }
}

#[test]
fn breaking_any_promised_value_is_noticed() {
    let original = template();
    let mut changes = 0;
    for Promise { kind, at, .. } in promises() {
        for (name, _) in resources(&original, kind) {
            let mut changed = original.clone();
            break_value(&mut changed["Resources"][name], at);
            assert!(!broken(&changed).is_empty(), "{name}{at}");
            changes += 1;
        }
    }
    assert!(changes > 100, "{changes} changes");
}

#[test]
fn every_queue_denies_requests_without_tls() {
    let template = template();
    let policies = resources(&template, "AWS::SQS::QueuePolicy");
    let denial = json!({"Bool": {"aws:SecureTransport": "false"}});
    for (queue, _) in resources(&template, QUEUE) {
        let of_queue: Vec<_> = policies
            .iter()
            .filter(|(_, policy)| policy["Properties"]["Queues"].as_array().unwrap().contains(&json!({"Ref": queue})))
            .collect();
        let [(_, policy)] = of_queue[..] else { panic!("{queue} needs exactly one policy: {of_queue:?}") };
        let statements = policy["Properties"]["PolicyDocument"]["Statement"].as_array().unwrap();
        let arn = json!({"Fn::GetAtt": [queue, "Arn"]});
        let denies = |statement: &&Value| {
            let resource = &statement["Resource"];
            let names_queue = *resource == arn || resource.as_array().is_some_and(|of| of.contains(&arn));
            statement["Effect"] == "Deny" && statement["Condition"] == denial && names_queue
        };
        assert!(statements.iter().any(|statement| denies(&statement)), "{queue}");
    }
}

#[test]
fn a_queue_accepts_redriven_messages_only_if_it_is_a_dead_letter_queue() {
    let template = template();
    let queues = resources(&template, QUEUE);
    let targets: Vec<&str> = queues
        .iter()
        .filter_map(|(_, queue)| queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0].as_str())
        .collect();
    assert!(targets.len() >= 2, "{targets:?}");
    for (name, queue) in &queues {
        let permission = &queue["Properties"]["RedriveAllowPolicy"]["redrivePermission"];
        let expected = if targets.contains(name) { "byQueue" } else { "denyAll" };
        assert_eq!(*permission, expected, "{name}");
    }
}

#[test]
fn event_sources_and_integrations_use_the_alias() {
    let template = template();
    let is_alias = |value: &Value| template["Resources"][value["Ref"].as_str().unwrap_or_default()]["Type"] == ALIAS;
    let mut checked = 0;
    for (kind, property) in
        [(SOURCE, "FunctionName"), ("AWS::ApiGatewayV2::Integration", "IntegrationUri"), (PERMISSION, "FunctionName")]
    {
        for (name, resource) in resources(&template, kind) {
            assert!(is_alias(&resource["Properties"][property]), "{name}: {}", resource["Properties"][property]);
            checked += 1;
        }
    }
    assert!(checked >= 9, "{checked}");
}

#[test]
fn reserved_and_maximum_concurrency_are_parameters_whose_defaults_suit_a_new_account() {
    let template = template();
    for function in ["Apply", "Redeem"] {
        let reserved =
            &template["Resources"][format!("{function}Function")]["Properties"]["ReservedConcurrentExecutions"];
        let parameter = format!("{function}Concurrency");
        let expected = json!({"Fn::If": [format!("Reserves{function}"), {"Ref": parameter}, {"Ref": "AWS::NoValue"}]});
        assert_eq!(*reserved, expected);
        assert_eq!(template["Parameters"][parameter]["Default"], 0, "a new account can reserve nothing");
    }
    let queues =
        resources(&template, SOURCE).into_iter().filter(|(_, it)| it["Properties"].get("StartingPosition").is_none());
    for (name, source) in queues {
        let maximum = &source["Properties"]["ScalingConfig"]["MaximumConcurrency"];
        assert!(maximum["Ref"].is_string() || maximum.is_u64(), "{name}");
    }
}

#[test]
fn private_addresses_cannot_be_permitted_by_a_deployment() {
    let template = couponflow_tests::repository::text("infra/template.yaml").to_lowercase();
    for word in ["private", "aws_endpoint_url", "endpoint_url"] {
        assert!(!template.contains(word), "{word}");
    }
}
