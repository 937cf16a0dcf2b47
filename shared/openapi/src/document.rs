//! Assembles the OpenAPI document from its parts.

use couponflow_http::doc::{DocumentedOperation, error_responses, parameters, tags};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::generator::generator;
use crate::{components, events, problem_schema, requests, response_schemas};

const DESCRIPTION: &str = "\
Coupons for online shops. Storefronts apply codes, and shop servers redeem codes. Operators manage coupons and \
workflows. The activity of coupons is published as events.

**Authentication.** Send `Authorization: Bearer <key>`. Each key has a scope. A `storefront` key may be used in a \
browser. A `server` key can also do everything that a `storefront` key can do. An `admin` key has full access. Each \
operation states the scope that it requires.

**Errors** are problem documents (RFC 9457) with a stable `code`. A problem with the code `invalid_request` lists all \
faults of the request in `errors`, each with a pointer to the invalid part. A method that a path does not support \
gets 405 with `Allow`. Amazon API Gateway, which is in front of the API, can return errors of its own, such as 429 \
above its rate limit, and 503 if no function responds. The bodies of these errors are JSON with a `message` and no \
`code`.

**Money** is an integer amount in minor units (such as cents) plus an ISO 4217 currency code. **Timestamps** are RFC \
3339 with an offset. Exception: the start and the expiry of a coupon with a `time_zone` can be local times. Responses \
use UTC.

**Lists** that can have several pages accept `limit` and `cursor`. Lists reject undocumented query parameters. A \
response has a `next_cursor`, which is null on the last page.

**Idempotency.** Every authenticated `POST` accepts an `Idempotency-Key`. If you send the same request again with the \
same key, the API does not repeat the operation. The API returns the first response, byte for byte, for at least 24 \
hours. Exception: a response with status 500 or higher, or with `Retry-After`, is not recorded, and the operation runs \
again.";

/// Builds the OpenAPI document. The operations are in the order of the routes.
pub fn document(operations: impl IntoIterator<Item = DocumentedOperation>) -> Value {
    let mut operations: Vec<DocumentedOperation> = operations.into_iter().collect();
    operations.sort_by_key(|documented| documented.operation as usize);
    let mut generator = generator(SchemaSettings::draft2020_12().for_serialize());
    let mut paths = json!({});
    for documented in operations {
        let operation = documented.operation;
        paths[operation.path()][operation.method().to_lowercase()] = documented.document(&mut generator);
    }
    problem_schema::add(&mut generator);
    // Schemas of requests are the most precise. They replace schemas of events and responses that
    // have the same name.
    let mut schemas = events::schemas();
    schemas.extend(response_schemas::schemas(generator));
    schemas.extend(requests::schemas());
    components::flatten(&mut schemas);
    components::extract(&mut paths, &mut schemas);
    let mut responses = error_responses::shared().into();
    components::extract(&mut responses, &mut schemas);
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
            "responses": responses,
            "examples": problem_schema::examples(),
            "parameters": parameters::shared(),
            "headers": error_responses::headers(),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key of the tenant."},
            },
        },
    })
}
