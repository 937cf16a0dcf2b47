//! Requests that another part of the same function sends, instead of the gateway.

use aws_lambda_events::http::HeaderValue;

use super::Request;
use crate::routes::Operation;

impl Request {
    /// Creates the request of an operation on behalf of this request: with the same client, and with its own method,
    /// path, query, headers and body. A header whose value is no visible text is left out.
    #[must_use]
    pub fn internal(
        &self,
        operation: Operation,
        path_id: &str,
        query: &[(String, String)],
        headers: &[(&'static str, &str)],
        body: Option<String>,
    ) -> Self {
        let mut gateway = self.gateway.clone();
        gateway.request_context.http.method = operation.method().parse().unwrap_or_default();
        gateway.raw_path = Some(operation.path().replace("{id}", path_id));
        gateway.raw_query_string =
            Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(query.iter()).finish());
        gateway.headers.clear();
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                gateway.headers.insert(*name, value);
            }
        }
        gateway.cookies = None;
        gateway.body = body;
        gateway.is_base64_encoded = false;
        Self::new(gateway)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lambda_events::apigw::ApiGatewayV2httpRequest;

    #[test]
    fn internal_request_has_the_client_but_no_header_of_the_original() {
        let mut gateway = ApiGatewayV2httpRequest::default();
        gateway.request_context.http.source_ip = Some("192.0.2.1".to_owned());
        gateway.headers.insert("if-match", "*".parse().unwrap());
        gateway.headers.insert("cookie", "session=1".parse().unwrap());
        let query = [("status".to_owned(), "a b".to_owned())];
        let request = Request::new(gateway).internal(
            Operation::EditCoupon,
            "cpn_1",
            &query,
            &[("content-type", "application/json")],
            Some("{}".to_owned()),
        );
        assert_eq!((request.method.as_str(), request.path.join("/").as_str()), ("PATCH", "v1/coupons/cpn_1"));
        assert_eq!(request.query_pairs(), query);
        assert_eq!((request.header("if-match"), request.cookie("session")), (None, None));
        assert_eq!((request.client_address(), request.json()), (Some("192.0.2.1"), Ok(serde_json::json!({}))));
    }
}
