//! A request as API Gateway (HTTP API, payload format 2.0) hands it on.

use std::borrow::Cow;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{Datelike as _, NaiveDate};
use couponflow_app::ports::PageRequest;
use couponflow_domain::digest::sha256_hex;
use couponflow_domain::input::Errors;
use serde_json::Value;

use crate::problem::Problem;

/// The largest body that is read: several times the largest real order, and small enough that an event made of it
/// passes the bus.
const MAX_BODY: usize = 64 * 1024;

/// How many elements a page has.
#[derive(Debug, Clone, Copy)]
pub struct PageLimit {
    /// Where the request does not say.
    pub usual: usize,
    /// At most.
    pub most: usize,
}

/// What the handlers need of a request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The path, cut at its slashes.
    pub path: Vec<String>,
    /// The gateway's id of the request; correlates what follows from it.
    pub id: String,
    gateway: ApiGatewayV2httpRequest,
}

impl Request {
    /// Takes over a request from the gateway.
    pub fn new(gateway: ApiGatewayV2httpRequest) -> Self {
        let context = &gateway.request_context;
        let raw = gateway.raw_path.as_deref().or(context.http.path.as_deref()).unwrap_or_default();
        Self {
            method: context.http.method.to_string(),
            path: raw.split('/').skip(1).map(str::to_owned).collect(),
            id: context.request_id.clone().unwrap_or_default(),
            gateway,
        }
    }

    /// A header, where it is there and readable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.gateway.headers.get(name)?.to_str().ok()
    }

    /// The `Idempotency-Key` of a request that may change something: of a POST.
    ///
    /// # Errors
    /// Where it is not 1 to 255 printable ASCII characters.
    pub fn idempotency_key(&self) -> Result<Option<&str>, Problem> {
        let header = self.gateway.headers.get("idempotency-key").filter(|_| self.method == "POST");
        let valid = |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(is_printable);
        let refused = || {
            Problem::invalid_header("Idempotency-Key", "must be 1 to 255 printable ASCII characters, such as a UUID")
        };
        header.map(|key| key.to_str().ok().filter(valid).ok_or_else(refused)).transpose()
    }

    /// Digest of what is asked: the same for the same method, path and body, byte for byte.
    pub fn fingerprint(&self) -> String {
        sha256_hex(format!("{} /{} {}", self.method, self.path.join("/"), sha256_hex(self.raw())))
    }

    /// A query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.gateway.query_string_parameters.first(name)
    }

    /// A query parameter, parsed; none where it is absent.
    ///
    /// # Errors
    /// Where it does not parse.
    pub fn query_as<T, E: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        self.query(name).map(parse).transpose().map_err(|detail| Problem::invalid_parameter(name, &detail.to_string()))
    }

    /// A query parameter that is a day of the years 1 to 9999; none where it is absent.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn day(&self, name: &str) -> Result<Option<NaiveDate>, Problem> {
        let day = |text: &str| text.parse::<NaiveDate>().ok().filter(|day| (1..=9999).contains(&day.year()));
        self.query_as(name, |text| day(text).ok_or("must be a day, such as 2026-12-01"))
    }

    /// Refuses query parameters other than these.
    ///
    /// # Errors
    /// Where there is another one.
    pub fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let mut names = self.gateway.query_string_parameters.iter().map(|(name, _)| name);
        match names.find(|name| !known.contains(name)) {
            None => Ok(()),
            Some(unknown) => {
                let detail = format!("is not known here; known are {}", known.join(", "));
                Err(Problem::invalid_parameter(unknown, &detail))
            }
        }
    }

    /// Which page of a list is asked for. `filters` are the query parameters that the list takes besides, `prefix` is how
    /// its cursors begin.
    ///
    /// # Errors
    /// Where `limit` is not a number from 1 to 100, `cursor` not one that [`Answer::page`](crate::Answer::page) gave for
    /// this list, or a parameter is not known.
    pub fn page(&self, prefix: &str, filters: &[&str]) -> Result<PageRequest, Problem> {
        self.page_of(PageLimit { usual: 20, most: 100 }, prefix, filters)
    }

    /// The same, where a page may have another number of elements.
    ///
    /// # Errors
    /// As above.
    pub fn page_of(&self, limits: PageLimit, prefix: &str, filters: &[&str]) -> Result<PageRequest, Problem> {
        self.only(&[&["limit", "cursor"], filters].concat())?;
        let limit = match self.query("limit") {
            None => limits.usual,
            Some(limit) => match limit.parse() {
                Ok(limit) if (1..=limits.most).contains(&limit) => limit,
                _ => {
                    let detail = format!("must be a number from 1 to {}", limits.most);
                    return Err(Problem::invalid_parameter("limit", &detail));
                }
            },
        };
        let of_this_list = |cursor: &str| decoded(cursor).filter(|cursor| cursor.starts_with(prefix));
        let cursor = self.query("cursor").map(|cursor| of_this_list(cursor).ok_or_else(Problem::invalid_cursor));
        Ok(PageRequest { limit, cursor: cursor.transpose()? })
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// Where it is too long, not there or not JSON.
    pub fn json(&self) -> Result<Value, Problem> {
        self.json_of(MAX_BODY)
    }

    fn json_of(&self, longest: usize) -> Result<Value, Problem> {
        serde_json::from_slice(&self.bytes(longest)?).map_err(|error| Problem::not_json(&error))
    }

    /// The body as it was sent; empty where it is said to be base64 and is not.
    ///
    /// # Errors
    /// Where it has more than `longest` bytes.
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

    /// Whether a header names this media type, with parameters or not; of several, the first counts.
    pub fn names(&self, header: &str, media_type: &str) -> bool {
        let first = self.header(header).and_then(|value| value.split([';', ',']).next());
        first.is_some_and(|first| first.trim().eq_ignore_ascii_case(media_type))
    }

    /// Whether it came without a body.
    pub fn is_empty(&self) -> bool {
        self.gateway.body.as_deref().unwrap_or_default().is_empty()
    }

    /// The body, read by `read`.
    ///
    /// # Errors
    /// Where it is not JSON, or every fault that `read` found.
    pub fn body<T>(&self, read: impl FnOnce(&Value) -> Result<T, Errors>) -> Result<T, Problem> {
        self.body_of(MAX_BODY, read)
    }

    /// The same, where the body may have as many as `longest` bytes: for requests that no event is made of.
    ///
    /// # Errors
    /// As above.
    pub fn body_of<T>(&self, longest: usize, read: impl FnOnce(&Value) -> Result<T, Errors>) -> Result<T, Problem> {
        read(&self.json_of(longest)?).map_err(Problem::invalid)
    }
}

/// What is inside a cursor that [`outgoing_cursor`](crate::answer::outgoing_cursor) made: 1 to 200 printable ASCII
/// characters. None where it is no such cursor.
pub fn decoded(cursor: &str) -> Option<String> {
    let inside = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    ((1..=200).contains(&inside.len()) && inside.bytes().all(is_printable)).then_some(inside)
}

/// Whether it is a printable ASCII character.
fn is_printable(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Answer;
    use std::collections::HashMap;

    fn page(cursor: &str) -> Result<PageRequest, Problem> {
        let mut gateway = ApiGatewayV2httpRequest::default();
        gateway.query_string_parameters = HashMap::from([("cursor".to_owned(), vec![cursor.to_owned()])]).into();
        Request::new(gateway).page("", &[])
    }

    #[test]
    fn a_body_is_the_same_however_the_gateway_hands_it_on_and_has_its_limit() {
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
    fn a_media_type_is_known_with_its_parameters_and_in_any_case() {
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
    fn a_cursor_that_was_given_is_taken_back_and_needs_no_escaping() {
        let inside = "wfl_01#exe_02/?&~";
        let page_before = Answer::page(Vec::new(), Some(inside.to_owned()));
        let cursor = page_before.body["next_cursor"].as_str().unwrap();
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{cursor}");
        assert_eq!(page(cursor).unwrap().cursor.as_deref(), Some(inside));
        assert_eq!(Answer::page(Vec::new(), None).body["next_cursor"], Value::Null);
    }

    #[test]
    fn a_parameter_that_is_not_known_or_a_cursor_of_another_list_is_refused() {
        let request = |name: &str, value: &str| {
            let mut gateway = ApiGatewayV2httpRequest::default();
            gateway.query_string_parameters = HashMap::from([(name.to_owned(), vec![value.to_owned()])]).into();
            Request::new(gateway).page("cpn_", &["status"])
        };
        let cursor = |inside: &str| URL_SAFE_NO_PAD.encode(inside);
        assert!(request("status", "paused").is_ok());
        assert!(request("cursor", &cursor("cpn_1")).is_ok());
        assert_eq!(request("cursor", &cursor("wfl_1")).unwrap_err(), Problem::invalid_cursor());
        let unknown = request("colour", "red").unwrap_err().answer();
        assert_eq!((unknown.status, &unknown.body["errors"][0]["pointer"]), (422, &"?colour".into()));
    }

    #[test]
    fn a_cursor_that_was_not_given_is_refused_by_its_name() {
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
    fn an_idempotency_key_is_printable_and_counts_for_a_post_only() {
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
    fn a_fingerprint_is_of_method_path_and_the_bytes_of_the_body() {
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
