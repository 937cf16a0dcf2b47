//! Generates the OpenAPI 3.1 document from the code: paths and scopes from the routes, errors from the problem and
//! rejection codes, response schemas from Rust types. Request schemas are written by hand in
//! [`requests`](mod@requests); tests send allowed and forbidden requests to check that the readers of
//! `couponflow-domain` agree with these schemas.
//!
//! To add an endpoint, add a row to `couponflow_http::routes` and an entry to [`operations`](mod@operations).

mod events;
mod operation_doc;
mod operations;
mod parameters;
mod problems;
mod requests;
mod samples;
mod views;

use couponflow_http::Operation;
use serde_json::{Map, Value, json};

const DESCRIPTION: &str = "\
Coupons for online shops. Storefronts apply codes, shop servers redeem them, operators manage coupons and workflows, \
and every change publishes an event.

**Authentication.** Send `Authorization: Bearer <key>`. Each key has a scope: `storefront` keys may be used in a \
browser, `server` keys include the `storefront` scope, and `admin` keys give full access. Each operation states the \
scope that it requires.

**Errors** are RFC 9457 problem documents with a stable `code`. `invalid_request` lists all faults in `errors`, each \
with a pointer to its place. A method that a path does not support returns 405 with `Allow`. The gateway in front of \
the API returns its own errors (429 above its rate limit, 503 when no function responds) as JSON with a `message` and \
no `code`.

**Money** is an integer amount in minor units plus an ISO 4217 currency code. **Timestamps** are RFC 3339 with an \
offset; responses use UTC.

**Lists** accept `limit` and `cursor`, reject undocumented query parameters, and return `next_cursor`, which is null \
on the last page.

**Idempotency.** Every authenticated `POST` accepts an `Idempotency-Key`. Sending the same request with the same key \
again returns the first response, byte for byte, for at least 24 hours.";

/// Builds the complete OpenAPI document.
pub fn document() -> Value {
    let mut paths = Map::new();
    for operation in Operation::ALL {
        let item = paths.entry(operation.path()).or_insert_with(|| json!({}));
        item[operation.method().to_lowercase()] = operations::entry(*operation).document(*operation);
    }
    let mut schemas = views::schemas();
    schemas.extend(requests::schemas());
    schemas.extend(events::schemas());
    schemas.insert("Problem".into(), problems::schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "couponflow",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Coupon automation",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": ".", "description": "The host that served this document."}],
        "tags": operations::tags(),
        "paths": paths,
        "webhooks": events::webhooks(),
        "components": {
            "schemas": schemas,
            "responses": problems::common_responses(),
            "examples": problems::examples(),
            "parameters": parameters::shared(),
            "headers": problems::headers(),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key of the tenant."},
            },
        },
    })
}

/// Builds the JSON Schema of a workflow document, including all schemas that it references.
pub fn workflow_schema() -> Value {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let mut definitions = Map::new();
    let mut wanted = vec!["WorkflowInput".to_owned()];
    while let Some(name) = wanted.pop() {
        if definitions.contains_key(&name) {
            continue;
        }
        let schema = schemas[&name].clone();
        references(&schema, &mut wanted);
        definitions.insert(name, schema);
    }
    definitions.sort_keys();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Workflow",
        "$ref": "#/components/schemas/WorkflowInput",
        "components": {"schemas": definitions},
    })
}

/// Collects the names of the component schemas that `schema` references.
fn references(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            let name =
                map.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/components/schemas/"));
            names.extend(name.map(str::to_owned));
            map.values().for_each(|value| references(value, names));
        }
        Value::Array(elements) => elements.iter().for_each(|value| references(value, names)),
        _ => {}
    }
}

/// Returns a `$ref` to a component schema.
fn schema(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}
