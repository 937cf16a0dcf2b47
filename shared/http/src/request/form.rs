//! Reads what browsers send: cookies and forms.

use super::Request;
use crate::problem::Problem;

impl Request {
    /// Returns a cookie. Returns `None` if the cookie is missing or is sent twice, because a site on a sibling domain can
    /// add a cookie with the same name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let of_gateway = self.gateway.cookies.iter().flatten().map(String::as_str);
        let of_header = self.header("cookie").into_iter().flat_map(|header| header.split(';'));
        let mut found = of_gateway.chain(of_header).filter_map(|cookie| cookie.trim().split_once('='));
        let mut values = found.by_ref().filter(|(known, _)| *known == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (Some(value), None) => Some(value),
            _ => None,
        }
    }

    /// Returns the fields of a form, in the order of the form.
    ///
    /// # Errors
    /// Returns an error if the body has more than `longest` bytes.
    pub fn form(&self, longest: usize) -> Result<Vec<(String, String)>, Problem> {
        Ok(form_urlencoded::parse(&self.bytes(longest)?).into_owned().collect())
    }

    /// Returns all query parameters in the order of the request.
    pub fn query_pairs(&self) -> &[(String, String)] {
        &self.parameters
    }

    /// Whether a browser sent the request from a page of the same site. Every current browser sends `Sec-Fetch-Site`. If
    /// the header is missing, the `Origin` must have the host of the request.
    pub fn is_same_origin(&self) -> bool {
        match self.header("sec-fetch-site") {
            Some(site) => site == "same-origin",
            None => {
                let origin = self.header("origin").and_then(|origin| origin.split_once("://"));
                origin.is_some_and(|(_, host)| self.host().is_some_and(|own| own.eq_ignore_ascii_case(host)))
            }
        }
    }

    /// Returns the host of the request, with its port.
    pub fn host(&self) -> Option<&str> {
        self.header("host").or(self.gateway.request_context.domain_name.as_deref())
    }

    /// Whether the host of the request is this machine, so that the connection needs no TLS.
    pub fn is_loopback(&self) -> bool {
        let host = self.host().unwrap_or_default();
        let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|digit| digit.is_ascii_digit()));
        let name = name.map_or(host, |(name, _)| name);
        name == "localhost" || name.ends_with(".localhost") || name == "127.0.0.1" || name == "[::1]"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lambda_events::apigw::ApiGatewayV2httpRequest;

    fn request(headers: &[(&'static str, &str)], cookies: Option<Vec<String>>) -> Request {
        let mut gateway = ApiGatewayV2httpRequest::default();
        for (name, value) in headers {
            gateway.headers.insert(*name, value.parse().unwrap());
        }
        gateway.cookies = cookies;
        Request::new(gateway)
    }

    #[test]
    fn cookie_is_read_from_the_gateway_or_the_header_unless_sent_twice() {
        let of_gateway = request(&[], Some(vec!["a=1".to_owned(), "session=abc".to_owned()]));
        let of_header = request(&[("cookie", "a=1; session=abc")], None);
        assert_eq!((of_gateway.cookie("session"), of_header.cookie("session")), (Some("abc"), Some("abc")));
        assert_eq!(request(&[("cookie", "session=abc; session=def")], None).cookie("session"), None);
        assert_eq!(request(&[("cookie", "xsession=abc")], None).cookie("session"), None);
    }

    #[test]
    fn only_requests_from_pages_of_the_same_origin_are_accepted() {
        for (headers, expected) in [
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "same-site"), ("origin", "https://a.example"), ("host", "a.example")], false),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "none")], false),
            (vec![("origin", "https://a.example"), ("host", "a.example")], true),
            (vec![("origin", "https://b.example"), ("host", "a.example")], false),
            (vec![("origin", "null"), ("host", "null")], false),
            (vec![("host", "a.example")], false),
        ] {
            assert_eq!(request(&headers, None).is_same_origin(), expected, "{headers:?}");
        }
    }

    #[test]
    fn loopback_is_recognized_by_the_host() {
        for (host, expected) in [
            ("127.0.0.1:4566", true),
            ("localhost", true),
            ("[::1]:4566", true),
            ("[::1]", true),
            ("c0de.localhost:80", true),
            ("127.0.0.1.example.com", false),
            ("localhost.example.com:80", false),
        ] {
            assert_eq!(request(&[("host", host)], None).is_loopback(), expected, "{host}");
        }
    }
}
