//! Reads which page of a list a request asks for.

use couponflow_app::kernel::page::PageRequest;
use serde_json::{Value, json};

use super::Request;
use crate::cursor::decode_cursor;
use crate::problem::Problem;

/// Limits for the page size of a list.
#[derive(Debug, Clone, Copy)]
pub struct PageLimit {
    /// Maximum number of elements per page if the request does not set `limit`.
    pub usual: usize,
    /// Maximum of `limit`.
    pub most: usize,
}

impl PageLimit {
    /// Limits of lists that state no others.
    pub const STANDARD: Self = Self { usual: 20, most: 100 };

    /// Returns the schema of the parameter `limit`.
    pub fn schema(self) -> Value {
        json!({"type": "integer", "minimum": 1, "maximum": self.most, "default": self.usual})
    }
}

impl Request {
    /// Reads which page of a list the request asks for, with [`PageLimit::STANDARD`]. Every decoded cursor of the list starts with `prefix`.
    /// `filters` contains the names of the list's other query parameters.
    ///
    /// # Errors
    /// Returns an error if `limit` is not permitted, if `cursor` cannot be decoded or
    /// does not start with `prefix`, or if a parameter is unknown or repeated.
    pub fn page(&self, prefix: &str, filters: &[&str]) -> Result<PageRequest, Problem> {
        self.page_of(PageLimit::STANDARD, prefix, filters)
    }

    /// Reads the page like [`Self::page`], but with other limits for the page size.
    ///
    /// # Errors
    /// Returns an error if `limit` or `cursor` is invalid, or if a parameter is unknown or
    /// repeated.
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
        let of_this_list = |cursor: &str| decode_cursor(cursor).filter(|cursor| cursor.as_str().starts_with(prefix));
        let cursor = self.query("cursor")?.map(|cursor| of_this_list(cursor).ok_or_else(Problem::invalid_cursor));
        Ok(PageRequest { limit, cursor: cursor.transpose()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Answer;
    use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use couponflow_domain::kernel::cursor::Cursor;

    fn request(query: &str) -> Request {
        let mut gateway = ApiGatewayV2httpRequest::default();
        gateway.raw_query_string = Some(query.to_owned());
        Request::new(gateway)
    }

    fn page(cursor: &str) -> Result<PageRequest, Problem> {
        let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("cursor", cursor).finish();
        request(&query).page("", &[])
    }

    #[test]
    fn cursor_round_trips_and_needs_no_escaping() {
        let inside = "wfl_01#exe_02/?&~";
        let page_before = Answer::page(Vec::new(), Some(Cursor::new(inside)));
        let cursor = page_before.body["next_cursor"].as_str().unwrap();
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{cursor}");
        assert_eq!(page(cursor).unwrap().cursor, Some(Cursor::new(inside)));
        assert_eq!(Answer::page(Vec::new(), None).body["next_cursor"], Value::Null);
    }

    #[test]
    fn unknown_parameter_and_cursor_of_another_list_are_rejected() {
        let page = |name: &str, value: &str| request(&format!("{name}={value}")).page("cpn_", &["status"]);
        let cursor = |inside: &str| URL_SAFE_NO_PAD.encode(inside);
        assert!(page("status", "paused").is_ok());
        assert!(page("cursor", &cursor("cpn_1")).is_ok());
        assert_eq!(page("cursor", &cursor("wfl_1")).unwrap_err(), Problem::invalid_cursor());
        let unknown = page("colour", "red").unwrap_err().answer();
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
}
