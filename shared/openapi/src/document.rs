//! Assembles the document from its parts.

use couponflow_http::Operation;
use serde_json::{Map, Value, json};

use crate::{error_responses, events, operations, parameters, problem_schema, requests, tags, views};

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
    schemas.insert("Problem".into(), problem_schema::schema());
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
        "tags": tags::all(),
        "paths": paths,
        "webhooks": events::webhooks(),
        "components": {
            "schemas": schemas,
            "responses": error_responses::shared(),
            "examples": problem_schema::examples(),
            "parameters": parameters::shared(),
            "headers": error_responses::headers(),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key of the tenant."},
            },
        },
    })
}
