//! Requests from API Gateway (HTTP API, payload format 2.0).

use std::borrow::Cow;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{Datelike as _, NaiveDate};
use couponflow_app::ports::PageRequest;
use couponflow_domain::kernel::digest::sha256_hex;
use couponflow_domain::kernel::input::Errors;
use serde_json::Value;

use crate::problem::Problem;

/// Default limit for the body, in bytes: several times the largest real order, and small enough that an event with its
/// contents fits on the bus.
const MAX_BODY: usize = 64 * 1024;

/// Limits for the page size of a list.
#[derive(Debug, Clone, Copy)]
pub struct PageLimit {
    /// Elements per page if the request does not set `limit`.
    pub usual: usize,
    /// Maximum of `limit`.
    pub most: usize,
}

/// Request from the gateway.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method in upper case.
    pub method: String,
    /// Path, split at its slashes.
    pub path: Vec<String>,
    /// Request id of the gateway, used as correlation id.
    pub id: String,
    /// The query parameters, decode_cursor, in their order. The gateway's own map joins the values of one name with commas.
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

    /// Returns a header, unless it is missing or not ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.gateway.headers.get(name)?.to_str().ok()
    }

    /// Returns the `Idempotency-Key` of a POST request; `None` for other methods.
    ///
    /// # Errors
    /// If it is not 1 to 255 printable ASCII characters.
    pub fn idempotency_key(&self) -> Result<Option<&str>, Problem> {
        let header = self.gateway.headers.get("idempotency-key").filter(|_| self.method == "POST");
        let valid = |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(is_printable);
        let refused = || {
            Problem::invalid_header("Idempotency-Key", "must be 1 to 255 printable ASCII characters, such as a UUID")
        };
        header.map(|key| key.to_str().ok().filter(valid).ok_or_else(refused)).transpose()
    }

    /// Returns a digest of the method, the path and the bytes of the body.
    pub fn fingerprint(&self) -> String {
        sha256_hex(format!("{} /{} {}", self.method, self.path.join("/"), sha256_hex(self.raw())))
    }

    /// Returns a query parameter; `None` if it is absent.
    ///
    /// # Errors
    /// If it is repeated.
    pub fn query(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut values = self.parameters.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Problem::repeated_parameter(name)),
            (value, None) => Ok(value),
        }
    }

    /// Parses a query parameter; `None` if it is missing.
    ///
    /// # Errors
    /// If it can't be parsed or is repeated.
    pub fn query_as<T, E: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        self.query(name)?.map(parse).transpose().map_err(|detail| Problem::invalid_parameter(name, &detail.to_string()))
    }

    /// Parses a query parameter as a day in the years 1 to 9999; `None` if it is missing.
    ///
    /// # Errors
    /// If it is not such a day.
    pub fn day(&self, name: &str) -> Result<Option<NaiveDate>, Problem> {
        let day = |text: &str| text.parse::<NaiveDate>().ok().filter(|day| (1..=9999).contains(&day.year()));
        self.query_as(name, |text| day(text).ok_or("must be a date in the format 2026-12-01"))
    }

    /// Rejects query parameters other than `known`.
    ///
    /// # Errors
    /// If the request has another parameter.
    pub fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let mut names = self.parameters.iter().map(|(name, _)| name.as_str());
        match names.find(|name| !known.contains(name)) {
            None => Ok(()),
            Some(unknown) => {
                let detail = format!("is not a parameter of this operation; the parameters are {}", known.join(", "));
                Err(Problem::invalid_parameter(unknown, &detail))
            }
        }
    }

    /// Reads which page of a list the request asks for: 20 elements by default, at most 100. `filters` lists the other
    /// query parameters of the list; `prefix` is the start of its cursors.
    ///
    /// # Errors
    /// If `limit` is not a number from 1 to 100, if `cursor` was not created by [`Answer::page`](crate::Answer::page)
    /// for this list, or if a parameter is unknown or repeated.
    pub fn page(&self, prefix: &str, filters: &[&str]) -> Result<PageRequest, Problem> {
        self.page_of(PageLimit { usual: 20, most: 100 }, prefix, filters)
    }

    /// Like [`Self::page`], with other limits for the page size.
    ///
    /// # Errors
    /// As for [`Self::page`].
    pub fn page_of(&self, limits: PageLimit, prefix: &str, filters: &[&str]) -> Result<PageRequest, Problem> {
        self.only(&[&["limit", "cursor"], filters].concat())?;
        let limit = match self.query("limit")? {
            None => limits.usual,
            Some(limit) => match limit.parse() {
                Ok(limit) if (1..=limits.most).contains(&limit) => limit,
                _ => {
                    let detail = format!("must be between 1 and {}", limits.most);
                    return Err(Problem::invalid_parameter("limit", &detail));
                }
            },
        };
        let of_this_list = |cursor: &str| decode_cursor(cursor).filter(|cursor| cursor.starts_with(prefix));
        let cursor = self.query("cursor")?.map(|cursor| of_this_list(cursor).ok_or_else(Problem::invalid_cursor));
        Ok(PageRequest { limit, cursor: cursor.transpose()? })
    }

    /// Parses the body as JSON.
    ///
    /// # Errors
    /// If the body is too large, missing or not JSON.
    pub fn json(&self) -> Result<Value, Problem> {
        self.json_of(MAX_BODY)
    }

    fn json_of(&self, longest: usize) -> Result<Value, Problem> {
        serde_json::from_slice(&self.bytes(longest)?).map_err(|error| Problem::not_json(&error))
    }

    /// Returns the bytes of the body; empty if the gateway marks it as base64 but it is not.
    ///
    /// # Errors
    /// If it has more than `longest` bytes.
    pub fn bytes(&self, longest: usize) -> Result<Cow<'_, [u8]>, Problem> {
        let body = self.raw();
        if body.len() > longest { Err(Problem::too_large(longest)) } else { Ok(body) }
    }

    fn raw(&self) -> Cow<'_, [u8]> {
        let body = self.gateway.body.as_deref().unwrap_or_default();
        match self.gateway.is_base64_encoded {
            true => Cow::Owned(STANDARD.decode(body).unwrap_or_default()),
            false => Cow::Borrowed(body.as_bytes()),
        }
    }

    /// Whether the first value of a header is this media type, in any case and with any parameters.
    pub fn names(&self, header: &str, media_type: &str) -> bool {
        let first = self.header(header).and_then(|value| value.split([';', ',']).next());
        first.is_some_and(|first| first.trim().eq_ignore_ascii_case(media_type))
    }

    /// Whether the request has no body.
    pub fn is_empty(&self) -> bool {
        self.gateway.body.as_deref().unwrap_or_default().is_empty()
    }

    /// Parses the body with `read`.
    ///
    /// # Errors
    /// If the body is not JSON, or with all faults that `read` found.
    pub fn body<T>(&self, read: impl FnOnce(&Value) -> Result<T, Errors>) -> Result<T, Problem> {
        self.body_of(MAX_BODY, read)
    }

    /// Like [`Self::body`], with another limit for the body, in bytes. For requests whose contents don't go into
    /// events.
    ///
    /// # Errors
    /// As for [`Self::body`].
    pub fn body_of<T>(&self, longest: usize, read: impl FnOnce(&Value) -> Result<T, Errors>) -> Result<T, Problem> {
        read(&self.json_of(longest)?).map_err(Problem::invalid)
    }
}

/// Decodes a cursor that [`encode_cursor`](crate::answer::encode_cursor) encoded. Returns `None` unless it decodes
/// to 1 to 200 printable ASCII characters.
pub fn decode_cursor(cursor: &str) -> Option<String> {
    let inside = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    ((1..=200).contains(&inside.len()) && inside.bytes().all(is_printable)).then_some(inside)
}

fn is_printable(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Answer;

    fn asking(query: &str) -> Request {
        let mut gateway = ApiGatewayV2httpRequest::default();
        gateway.raw_query_string = Some(query.to_owned());
        Request::new(gateway)
    }

    fn page(cursor: &str) -> Result<PageRequest, Problem> {
        let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("cursor", cursor).finish();
        asking(&query).page("", &[])
    }

    #[test]
    fn a_parameter_that_is_there_several_times_is_refused_by_its_name() {
        let any = |text: &str| Ok::<_, &str>(text.to_owned());
        for (query, name) in [("code=A&code=B", "code"), ("code=A&code=A", "code"), ("code=A&c%6Fde=", "code")] {
            let answer = asking(query).query_as(name, any).unwrap_err().answer();
            assert_eq!((answer.status, &answer.body["code"]), (400, &"repeated_parameter".into()), "{query}");
            assert_eq!(answer.body["errors"][0]["pointer"], "?code", "{query}");
        }
        for name in ["limit", "cursor"] {
            let answer = asking(&format!("{name}=1&{name}=2")).page("", &[]).unwrap_err().answer();
            assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (400, &format!("?{name}").into()));
        }
        assert_eq!(asking("a=1&b=2").query("b"), Ok(Some("2")));
        assert_eq!(asking("a=1&b=2").query("c"), Ok(None));
    }

    #[test]
    fn a_value_is_decoded_and_has_its_commas() {
        assert_eq!(asking("order_id=7%2C8+%C3%A4,9").query("order_id"), Ok(Some("7,8 ä,9")));
    }

    #[test]
    fn body_is_decoded_from_text_and_base64_and_has_a_limit() {
        let body = |body: &str, is_base64_encoded| {
            let mut gateway = ApiGatewayV2httpRequest::default();
            (gateway.body, gateway.is_base64_encoded) = (Some(body.to_owned()), is_base64_encoded);
            Request::new(gateway)
        };
        for request in [body("VIP1\n", false), body("VklQMQo=", true)] {
            assert_eq!(request.bytes(5).unwrap().as_ref(), b"VIP1\n");
            assert_eq!(request.bytes(4), Err(Problem::too_large(4)));
        }
    }

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

    #[test]
    fn cursor_round_trips_and_needs_no_escaping() {
        let inside = "wfl_01#exe_02/?&~";
        let page_before = Answer::page(Vec::new(), Some(inside.to_owned()));
        let cursor = page_before.body["next_cursor"].as_str().unwrap();
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{cursor}");
        assert_eq!(page(cursor).unwrap().cursor.as_deref(), Some(inside));
        assert_eq!(Answer::page(Vec::new(), None).body["next_cursor"], Value::Null);
    }

    #[test]
    fn unknown_parameter_and_cursor_of_another_list_are_rejected() {
        let request = |name: &str, value: &str| asking(&format!("{name}={value}")).page("cpn_", &["status"]);
        let cursor = |inside: &str| URL_SAFE_NO_PAD.encode(inside);
        assert!(request("status", "paused").is_ok());
        assert!(request("cursor", &cursor("cpn_1")).is_ok());
        assert_eq!(request("cursor", &cursor("wfl_1")).unwrap_err(), Problem::invalid_cursor());
        let unknown = request("colour", "red").unwrap_err().answer();
        assert_eq!((unknown.status, &unknown.body["errors"][0]["pointer"]), (422, &"?colour".into()));
    }

    #[test]
    fn invalid_cursor_is_rejected_with_a_pointer_to_it() {
        let of = |inside: &[u8]| URL_SAFE_NO_PAD.encode(inside);
        let bad = ["", "evt_1", "a#b", "YQ==", &of(b"a\0"), &of("ä".as_bytes()), &of(b"\xff"), &of(&[b'a'; 201])];
        for bad in bad {
            let answer = page(bad).unwrap_err().answer();
            assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (422, &"?cursor".into()), "{bad}");
            assert_eq!(answer.body["errors"][0]["detail"], "must be a next_cursor of the same list");
        }
        assert!(page(&of(&[b'a'; 200])).is_ok());
    }

    fn keyed(method: &str, key: &str) -> Request {
        let mut gateway = ApiGatewayV2httpRequest::default();
        gateway.request_context.http.method = method.parse().unwrap();
        gateway.headers.insert("idempotency-key", key.parse().unwrap());
        Request::new(gateway)
    }

    #[test]
    fn idempotency_key_must_be_printable_and_counts_for_post_only() {
        let longest = "k".repeat(255);
        for key in ["k", "\"8e03978e 40d5\"", &longest] {
            assert_eq!(keyed("POST", key).idempotency_key(), Ok(Some(key)));
        }
        for bad in ["", "a\tb", &"k".repeat(256)] {
            let answer = keyed("POST", bad).idempotency_key().unwrap_err().answer();
            assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (422, &"Idempotency-Key:".into()));
            assert_eq!(keyed("DELETE", bad).idempotency_key(), Ok(None));
        }
        assert_eq!(Request::new(ApiGatewayV2httpRequest::default()).idempotency_key(), Ok(None));
    }

    #[test]
    fn fingerprint_depends_on_method_path_and_body_bytes() {
        let of = |method: &str, path: &str, body: &str, is_base64_encoded| {
            let mut gateway = ApiGatewayV2httpRequest::default();
            gateway.request_context.http.method = method.parse().unwrap();
            gateway.raw_path = Some(path.to_owned());
            gateway.body = Some(body.to_owned());
            gateway.is_base64_encoded = is_base64_encoded;
            Request::new(gateway).fingerprint()
        };
        let one = of("POST", "/v1/apply", "{}", false);
        assert_eq!(one, of("POST", "/v1/apply", &STANDARD.encode("{}"), true));
        for other in [
            of("POST", "/v1/apply", "{ }", false),
            of("POST", "/v1/redeem", "{}", false),
            of("PUT", "/v1/apply", "{}", false),
        ] {
            assert_ne!(one, other);
        }
    }
}
