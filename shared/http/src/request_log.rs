//! Logs requests with a valid key.

use crate::auth::Caller;
use crate::request::Request;
use crate::response::Response;
use crate::routes::Operation;

/// Number of bytes of the digest of the client address that the log contains.
const ADDRESS_BYTES: usize = 8;

/// Logs one line about an answered request. The line identifies the client by a digest of its address that only this
/// tenant's secret yields. The line contains no personal data.
pub fn log_request(caller: &Caller, operation: Operation, request: &Request, response: &Response) {
    let address = request.client_address().unwrap_or_default();
    let digest = caller.tenant.secret.digest(&["client address", address]);
    let client: String = digest[..ADDRESS_BYTES].iter().map(|byte| format!("{byte:02x}")).collect();
    tracing::info!(
        tenant.id = %caller.key.tenant_id,
        key.id = %caller.key.id,
        operation = operation.name(),
        status = response.status,
        request.id = %request.id,
        client = %client,
        "Answered a request"
    );
}
