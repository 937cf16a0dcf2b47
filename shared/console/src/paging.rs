//! Links to the next page of a list.

use crate::request::PageRequest;

/// Returns the query of the next page: the query of this page with another cursor. Returns an empty text on the last
/// page.
pub(crate) fn next_page(request: &PageRequest, next_cursor: Option<&str>) -> String {
    let Some(cursor) = next_cursor else { return String::new() };
    let kept = request.query.iter().filter(|(name, value)| name != "cursor" && name != "done" && !value.is_empty());
    let mut query = form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
    query.extend_pairs(kept).append_pair("cursor", cursor);
    query.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_page_keeps_the_filters() {
        let query = [("status", "active"), ("code", ""), ("cursor", "old"), ("done", "saved"), ("tag", "a&b")];
        let query = query.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let request = PageRequest { query, ..PageRequest::default() };
        assert_eq!(next_page(&request, Some("x=")), "?status=active&tag=a%26b&cursor=x%3D");
        assert_eq!(next_page(&request, None), "");
    }
}
