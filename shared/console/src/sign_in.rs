//! Sign-in page.

use askama::Template;

use crate::layout::{Layout, SECTIONS};
use crate::request::PageRequest;
use crate::response::PageResponse;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    layout: Layout,
    /// Token of a sign-in link. Empty for the form with the key.
    link_token: &'a str,
    /// Why the last attempt failed. Empty without an attempt.
    problem: &'a str,
    /// Page to show after the sign-in, in the query parameter `next`.
    action: String,
}

/// Renders the sign-in page. A sign-in link has the query parameter `token`. The page of such a link has a button that
/// uses up the link, because a program that only previews the link must not use it up. `problem` says why an attempt
/// failed.
pub fn sign_in_page(request: &PageRequest, status: u16, problem: &str) -> PageResponse {
    let link_token = if problem.is_empty() { request.query("token") } else { "" };
    let layout = Layout::public(request, "Sign in");
    let action = format!("{}sign-in{}", layout.root, next_query(request.query("next"), &[]));
    let page = SignInPage { layout, link_token, problem, action };
    PageResponse::html(status, page.render().unwrap_or_else(|_| "The page could not be rendered.".to_owned()))
}

/// Returns the query that leads to a page after the sign-in. Returns an empty text for the home page.
pub fn next_query(path: &str, query: &[(&str, &str)]) -> String {
    if path.is_empty() || path == "home" {
        return String::new();
    }
    let separator = if query.is_empty() { "" } else { "?" };
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let next = format!("{path}{separator}{query}");
    form_urlencoded::Serializer::for_suffix("?".to_owned(), 1).append_pair("next", &next).finish()
}

/// Returns the address of the page to show after the sign-in, relative to the sign-in page: the page in `next` if it is
/// a page of the console, or else the home page.
pub fn next_page(request: &PageRequest) -> String {
    let next = request.query("next");
    let section = next.split(['/', '?']).next().unwrap_or_default();
    let is_section = SECTIONS.iter().any(|(known, _)| *known == section);
    let (path, query) = next.split_once('?').unwrap_or((next, ""));
    // A path of the console has no dots and no encoded characters, so it cannot lead to a parent folder.
    let is_path = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte));
    let is_query = query.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.=&%+".contains(&byte));
    if is_section && is_path && is_query { next.to_owned() } else { "home".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(text: &str) -> String {
        let query = vec![("next".to_owned(), text.to_owned())];
        next_page(&PageRequest { query, ..PageRequest::default() })
    }

    #[test]
    fn sign_in_leads_to_pages_of_the_console_only() {
        for page in ["coupons", "coupons/cpn_1/edit", "events?type=CouponApplied&cursor=a%3D"] {
            assert_eq!(next(page), page);
        }
        for other in [
            "",
            "https://example.com",
            "//example.com",
            "/v1",
            "coupons\\..\\x",
            "coupons:x",
            "sign-out",
            "coupons/../../v1",
            "coupons/%2e%2e/%2E%2E/v1",
            "coupons?x=1?y",
        ] {
            assert_eq!(next(other), "home", "{other}");
        }
    }

    #[test]
    fn address_of_the_page_is_kept_in_one_parameter() {
        assert_eq!(next_query("coupons", &[("status", "active")]), "?next=coupons%3Fstatus%3Dactive");
        assert_eq!((next_query("home", &[]), next_query("coupons", &[])), (String::new(), "?next=coupons".to_owned()));
    }
}
