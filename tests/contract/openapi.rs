//! The OpenAPI document agrees with the code, with the SAM template and with itself.

use std::collections::BTreeSet;

use couponflow_domain::purchases::rejection::Rejection;
use couponflow_http::{Operation, ProblemCode};
use couponflow_tests::{openapi, repository};
use jsonschema::Validator;
use serde_json::{Value, json};
use strum::VariantArray as _;

fn document() -> Value {
    repository::json("shared/http/openapi.json")
}

/// Builds a validator for a schema that refers to components of the document.
fn validator(document: &Value, schema: &Value) -> Validator {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

/// Collects every value that satisfies `wanted`, with its JSON pointer.
fn find<'a>(value: &'a Value, place: String, wanted: &impl Fn(&Value) -> bool, found: &mut Vec<(String, &'a Value)>) {
    if wanted(value) {
        found.push((place.clone(), value));
    }
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| find(value, format!("{place}/{name}"), wanted, found));
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(i, value)| find(value, format!("{place}/{i}"), wanted, found));
        }
        _ => {}
    }
}

/// Every body with examples in the document: its JSON pointer, its schema and its examples.
fn bodies(document: &Value) -> Vec<(String, Value, Vec<Value>)> {
    let mut found = Vec::new();
    let has_schema = |value: &Value| {
        value.get("schema").is_some() && (value.get("example").is_some() || value.get("examples").is_some())
    };
    find(document, String::new(), &has_schema, &mut found);
    let body = |(place, media): (String, &Value)| {
        let named = media["examples"].as_object().into_iter().flat_map(|named| named.values());
        let named = named.map(|example| match example["$ref"].as_str() {
            Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap()["value"].clone(),
            None => example["value"].clone(),
        });
        (place, media["schema"].clone(), named.chain(media.get("example").cloned()).collect())
    };
    found.into_iter().map(body).collect()
}

#[test]
fn committed_openapi_document_matches_the_code() {
    assert!(
        document() == openapi::document(),
        "run `cargo run -q -p couponflow-tests --example openapi` and commit the change"
    );
}

#[test]
fn the_document_describes_exactly_the_routes() {
    let document = document();
    let items = document["paths"].as_object().unwrap();
    let described: BTreeSet<_> = items
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let routed =
        Operation::ALL.iter().map(|operation| (operation.method().to_owned(), operation.path().to_owned())).collect();
    assert_eq!(described, routed);
}

#[test]
fn the_template_routes_every_operation_to_its_function() {
    let template = repository::template();
    let resources = template["Resources"].as_object().unwrap();
    let routes: Vec<(&str, &str)> = resources
        .values()
        .filter(|resource| resource["Type"] == "AWS::ApiGatewayV2::Route")
        .map(|route| {
            let target = route["Properties"]["Target"]["Sub"].as_str().unwrap();
            (route["Properties"]["RouteKey"].as_str().unwrap(), target)
        })
        // The console has pages instead of operations.
        .filter(|(key, _)| !key.starts_with("ANY /console"))
        .collect();
    let mut used = BTreeSet::new();
    for operation in Operation::ALL {
        let exact = [format!("{} {}", operation.method(), operation.path()), format!("ANY {}", operation.path())];
        let rest = "ANY /v1/{proxy+}".to_owned();
        let keys = exact.into_iter().chain(operation.path().starts_with("/v1/").then_some(rest));
        let route = keys.into_iter().find_map(|key| routes.iter().find(|(route, _)| *route == key));
        let (key, target) = route.unwrap_or_else(|| panic!("no route for {}", operation.name()));
        let function = match operation {
            Operation::Apply => "Apply",
            Operation::Redeem => "Redeem",
            _ => "Api",
        };
        assert_eq!(*target, format!("integrations/${{{function}Integration}}"), "{}", operation.name());
        used.insert(*key);
    }
    assert_eq!(
        used,
        routes.iter().map(|(key, _)| *key).collect(),
        "the operations use the routes on the left, and the template has those on the right"
    );
}

#[test]
fn every_example_passes_its_schema() {
    let document = document();
    let mut examples = 0;
    for (place, schema, of_schema) in bodies(&document) {
        let validator = validator(&document, &schema);
        for example in of_schema {
            let faults: Vec<_> = validator.iter_errors(&example).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{place}: {faults:?}");
            examples += 1;
        }
    }
    assert!(examples > 100, "{examples} examples");
}

#[test]
fn example_responses_have_no_undescribed_members() {
    let document = document();
    let answers = |place: &str| place.contains("/responses/2") && !place.contains("openapi.json");
    let mut checked = 0;
    for (place, mut schema, examples) in bodies(&document).into_iter().filter(|(place, ..)| answers(place)) {
        schema["unevaluatedProperties"] = json!(false);
        let validator = validator(&document, &schema);
        for example in examples {
            assert!(validator.is_valid(&example), "{place}: {example}");
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked} examples of successful responses");
}

#[test]
fn every_request_and_response_body_has_an_example() {
    let document = document();
    let places: BTreeSet<String> = bodies(&document).into_iter().map(|(place, ..)| place).collect();
    let mut contents = Vec::new();
    find(&document["paths"], "/paths".to_owned(), &|value| value.get("content").is_some(), &mut contents);
    let (mut requests, mut responses) = (0, 0);
    for (place, value) in contents {
        for media in value["content"].as_object().unwrap().keys() {
            assert!(places.contains(&format!("{place}/content/{media}")), "{place}");
            let is_request = place.ends_with("/requestBody");
            *(if is_request { &mut requests } else { &mut responses }) += 1;
        }
    }
    assert!(requests > 10 && responses > 100, "{requests} request bodies and {responses} response bodies");
}

#[test]
fn every_problem_and_rejection_is_documented_by_an_operation() {
    let document = document();
    let mut found = Vec::new();
    for place in [&document["paths"], &document["components"]["responses"]] {
        find(place, String::new(), &|value| value.get("$ref").is_some(), &mut found);
    }
    let told: BTreeSet<&str> =
        found.iter().filter_map(|(_, value)| value["$ref"].as_str()?.rsplit('/').next()).collect();
    let problems = ProblemCode::ALL.iter().map(|code| code.name());
    for code in problems.chain(Rejection::VARIANTS.iter().map(|rejection| rejection.code())) {
        // No operation documents this problem, because a request with a wrong method reaches no
        // operation.
        assert_eq!(told.contains(code), code != ProblemCode::MethodNotAllowed.name(), "{code}");
    }
}

#[test]
fn every_operation_documents_the_rate_limit_of_the_gateway() {
    let document = document();
    let routes = repository::template()["Resources"]["HttpStage"]["Properties"]["RouteSettings"].clone();
    let rejection = &document["components"]["responses"]["rate_limited"];
    let description = rejection["description"].as_str().unwrap();
    for route in ["POST /v1/apply", "POST /v1/redeem", "ANY /v1/{proxy+}"] {
        let [rate, burst] = ["ThrottlingRateLimit", "ThrottlingBurstLimit"].map(|limit| routes[route][limit].as_i64());
        let limit = format!("{} requests per second with bursts of {}", rate.unwrap(), burst.unwrap());
        let limit = limit.replace("500 requests", "500");
        assert!(description.contains(&limit), "{route}: {limit}: {description}");
    }
    assert_eq!(rejection["content"]["application/json"]["example"], json!({"message": "Too Many Requests"}));
    for operation in Operation::ALL {
        let documented = &document["paths"][operation.path()][operation.method().to_lowercase()];
        assert_eq!(documented["responses"]["429"], json!({"$ref": "#/components/responses/rate_limited"}));
    }
}

#[test]
fn the_error_page_names_every_problem_and_rejection() {
    let page = repository::text("infra/docs/errors.md");
    let problems = ProblemCode::ALL.iter().map(|code| code.name());
    let codes = problems.chain(Rejection::VARIANTS.iter().map(|rejection| rejection.code()));
    let unnamed: Vec<_> = codes.filter(|code| !page.contains(&format!("`{code}`"))).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
}
