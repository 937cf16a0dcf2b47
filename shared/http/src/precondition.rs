//! `ETag` and `If-Match`: a change says which version of the resource it is of (RFC 9110, section 13.1.1).

use crate::problem::Problem;
use crate::request::Request;

/// What a change permits the resource to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: in any version.
    Any,
    /// In one of these.
    Versions(Vec<i64>),
}

impl IfMatch {
    /// What the request says.
    ///
    /// # Errors
    /// 428 where it says nothing.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        let header = request.header("if-match").map(str::trim).filter(|header| !header.is_empty());
        match header.ok_or_else(Problem::precondition_required)? {
            "*" => Ok(Self::Any),
            // A tag that is none of ours names no version; with no other it matches nothing.
            tags => Ok(Self::Versions(tags.split(',').filter_map(version).collect())),
        }
    }

    /// Whether a version is one of them.
    pub fn accepts(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }
}

/// The `ETag` of a version.
pub fn etag(version: i64) -> (&'static str, String) {
    ("etag", format!("\"{version}\""))
}

fn version(tag: &str) -> Option<i64> {
    tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
    use aws_lambda_events::http::HeaderValue;

    fn of(header: Option<&'static str>) -> Result<IfMatch, Problem> {
        let mut gateway = ApiGatewayV2httpRequest::default();
        if let Some(header) = header {
            gateway.headers.insert("if-match", HeaderValue::from_static(header));
        }
        IfMatch::of(&Request::new(gateway))
    }

    #[test]
    fn a_change_says_what_it_is_of() {
        assert_eq!(of(None), Err(Problem::precondition_required()));
        assert_eq!(of(Some("*")), Ok(IfMatch::Any));
        assert_eq!(of(Some("\"3\", \"4\"")), Ok(IfMatch::Versions(vec![3, 4])));
        assert!(of(Some(etag(7).1.leak())).unwrap().accepts(7));
        for other in ["3", "W/\"3\"", "\"x\""] {
            assert!(!of(Some(other)).unwrap().accepts(3), "{other}");
        }
    }
}
