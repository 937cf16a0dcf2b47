//! Replies that several endpoints have in common.

use couponflow_app::kernel::error::StoreError;
use couponflow_http::{Html, Problem, Reply};

/// Converts a store error into a problem.
pub(crate) fn failure(error: StoreError) -> Problem {
    Problem::of_failure(&error)
}

/// Builds a page for the recipient of an e-mail.
pub(crate) fn page(title: &str, content: &str) -> Reply<Html> {
    Reply::html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n{content}\n</main>\n</body>\n</html>\n"
    ))
}
