//! Optimistic locking with `ETag` and `If-Match` (RFC 9110, section 13.1.1).

use crate::problem::Problem;
use crate::request::Request;
use couponflow_domain::kernel::counters::Revision;

/// Condition of a change: the versions that the resource may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: any version.
    Any,
    Versions(Vec<Revision>),
}

impl IfMatch {
    /// Reads the `If-Match` header.
    ///
    /// # Errors
    /// Returns 428 if the header is missing or empty.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        let header = request.header("if-match").map(str::trim).filter(|header| !header.is_empty());
        match header.ok_or_else(Problem::precondition_required)? {
            "*" => Ok(Self::Any),
            // Ignore tags in another format. A header that has only tags in another format matches
            // no version.
            tags => Ok(Self::Versions(tags.split(',').filter_map(version).collect())),
        }
    }

    /// Whether a change of this version is permitted.
    pub fn accepts(&self, version: Revision) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }
}

/// Returns the `ETag` header of a version.
pub fn etag(version: Revision) -> (&'static str, String) {
    ("etag", format!("\"{version}\""))
}

fn version(tag: &str) -> Option<Revision> {
    tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok().map(Revision::new)
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
    fn if_match_accepts_the_versions_that_it_names() {
        assert_eq!(of(None), Err(Problem::precondition_required()));
        assert_eq!(of(Some("*")), Ok(IfMatch::Any));
        assert_eq!(of(Some("\"3\", \"4\"")), Ok(IfMatch::Versions(vec![Revision::new(3), Revision::new(4)])));
        assert!(of(Some(etag(Revision::new(7)).1.leak())).unwrap().accepts(Revision::new(7)));
        for other in ["3", "W/\"3\"", "\"x\""] {
            assert!(!of(Some(other)).unwrap().accepts(Revision::new(3)), "{other}");
        }
    }
}
