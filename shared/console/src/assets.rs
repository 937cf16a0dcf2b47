//! Style sheets and scripts of the pages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::response::{PageBody, PageResponse};

/// Part of the address of every asset. The tag changes with the contents, so that browsers can cache an asset for a
/// year.
pub(crate) const TAG: &str = env!("ASSETS_TAG");

macro_rules! asset {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz"))
    };
}

/// Returns an asset, compressed with gzip. Returns `None` if there is no asset with this tag and name.
pub fn asset(tag: &str, name: &str) -> Option<PageResponse> {
    const CSS: &str = "text/css; charset=utf-8";
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    let (content_type, compressed): (_, &[u8]) = match name {
        "htmx.js" => (SCRIPT, asset!("htmx.js")),
        "pico.css" => (CSS, asset!("pico.css")),
        "console.css" => (CSS, asset!("console.css")),
        "console.js" => (SCRIPT, asset!("console.js")),
        _ => return None,
    };
    (tag == TAG).then(|| PageResponse {
        status: 200,
        headers: vec![
            ("content-type", content_type.to_owned()),
            ("content-encoding", "gzip".to_owned()),
            ("cache-control", "public, max-age=31536000, immutable".to_owned()),
        ],
        body: PageBody::Base64(STANDARD.encode(compressed)),
    })
}
