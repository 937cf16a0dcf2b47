//! Requests from API Gateway (HTTP API, payload format 2.0).

mod body;
mod form;
mod idempotency;
mod internal;
mod paging;
mod query;
mod strict_json;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;

pub(crate) use idempotency::idempotency_key_schema;
pub use paging::PageLimit;

/// Request from the gateway. Has no `Debug`, because path, query and body can contain personal data.
#[derive(Clone)]
pub struct Request {
    /// Method in upper case.
    pub method: String,
    /// Path, split at its slashes.
    pub path: Vec<String>,
    /// Request id of the gateway, used as correlation id.
    pub id: String,
    /// Decoded query parameters, in request order. The gateway's map of parameters is not used,
    /// because it joins repeated parameters with commas.
    parameters: Vec<(String, String)>,
    gateway: ApiGatewayV2httpRequest,
}

impl Request {
    /// Wraps a request from the gateway.
    pub fn new(gateway: ApiGatewayV2httpRequest) -> Self {
        let context = &gateway.request_context;
        let raw = gateway.raw_path.as_deref().or(context.http.path.as_deref()).unwrap_or_default();
        let query = gateway.raw_query_string.as_deref().unwrap_or_default();
        Self {
            parameters: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            method: context.http.method.to_string(),
            path: raw.split('/').skip(1).map(str::to_owned).collect(),
            id: context.request_id.clone().unwrap_or_default(),
            gateway,
        }
    }

    /// Returns a header. Returns `None` if the header is missing or is not visible ASCII text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.gateway.headers.get(name)?.to_str().ok()
    }

    /// Returns the IP address of the client, as the gateway states it.
    pub fn client_address(&self) -> Option<&str> {
        self.gateway.request_context.http.source_ip.as_deref()
    }

    /// Whether a header lists this value and does not rule it out with `q=0`.
    pub(crate) fn lists(&self, header: &str, value: &str) -> bool {
        let mut listed = self.header(header).unwrap_or_default().split(',').map(|entry| {
            let (name, parameter) = entry.split_once(';').unwrap_or((entry, ""));
            (name.trim(), parameter.replace(' ', ""))
        });
        listed.any(|(name, parameter)| name == value && !matches!(&*parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    }

    /// Whether the first value of a header is this media type. Ignores case and the parameters of
    /// the media type.
    pub fn names(&self, header: &str, media_type: &str) -> bool {
        let first = self.header(header).and_then(|value| value.split([';', ',']).next());
        first.is_some_and(|first| first.trim().eq_ignore_ascii_case(media_type))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_type_matches_with_parameters_and_in_any_case() {
        for (value, expected) in [
            ("text/csv", true),
            ("Text/CSV; charset=utf-8", true),
            ("text/csv, application/json;q=0.5", true),
            ("application/json, text/csv;q=0.5", false),
            ("text/csv2", false),
        ] {
            let mut gateway = ApiGatewayV2httpRequest::default();
            gateway.headers.insert("accept", value.parse().unwrap());
            assert_eq!(Request::new(gateway).names("accept", "text/csv"), expected, "{value}");
        }
        assert!(!Request::new(ApiGatewayV2httpRequest::default()).names("accept", "text/csv"));
    }
}
