//! The OpenAPI 3.1 document, made from the code: paths and scopes from the routes, problems from the problems, answers
//! from the types. What requests take is written down in [`requests`](mod@requests); the readers of `couponflow-domain`
//! are held to it by tests that send what it allows and what it does not.
//!
//! Adding an endpoint takes a row in `couponflow_http::routes`, and here an entry in [`operations`](mod@operations).

mod entry;
mod events;
mod operations;
mod parameters;
mod problems;
mod requests;
mod samples;
mod views;

use couponflow_http::Operation;
use serde_json::{Map, Value, json};

const DESCRIPTION: &str = "\
Coupons for online shops: storefronts apply and redeem codes, operators set coupons and workflows up, and every change \
fires an event.

**Keys.** `Authorization: Bearer <key>`. A key has a scope: `storefront` may sit in a browser, `server` may do all that \
`storefront` may, and `admin` everything. Each operation names the least scope that it takes.

**Refusals** are RFC 9457 problems with a stable `code`. `invalid_request` lists every fault in `errors`, each with its \
place. A method that a path does not have is answered 405 with `Allow`. The gateway's own answers (429 beyond its \
rate limit, 503 where no function answers) are JSON with a `message` and without a `code`.

**Money** is whole minor units with an ISO 4217 code. **Instants** are RFC 3339 with an offset, answered in UTC.

**Lists** take `limit` and `cursor`, refuse other parameters than those given here, and answer `next_cursor`, null on \
the last page.

**Idempotency.** Every `POST` with a key takes an `Idempotency-Key`: the same key with the same request is answered with the first \
answer again, byte for byte, for at least 24 hours.";

/// The document.
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
        "servers": [{"url": ".", "description": "The address that this document came from."}],
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
                "key": {"type": "http", "scheme": "bearer", "description": "A key of the tenant."},
            },
        },
    })
}

/// The JSON Schema of a workflow document, with everything that it refers to.
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

/// Adds the names of the schemas that a schema refers to.
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

/// A reference to a schema of the components.
fn schema(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}
