//! OpenAPI document of the API. The crate `couponflow-openapi` generates the document. A contract
//! test checks that the committed document equals the generated document.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use couponflow_domain::kernel::digest::sha256_hex;

use crate::answer::Answer;
use crate::request::Request;

/// The document, minified.
const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// The minified document, compressed with gzip.
const COMPRESSED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));

/// Entity tag of the document. The tag is weak, because the compressed form has the same tag.
static ETAG: LazyLock<String> = LazyLock::new(|| format!("W/\"{}\"", &sha256_hex(DOCUMENT)[..16]));

/// Returns the answer with the document: compressed if the client accepts gzip, and without a body if the client
/// already has the document.
pub fn answer(request: &Request) -> Answer {
    let caching = Answer::no_content()
        .with_header("cache-control", "public, max-age=3600".to_owned())
        .with_header("etag", ETAG.clone())
        .with_header("vary", "accept-encoding".to_owned());
    if request.lists("if-none-match", &ETAG) {
        return Answer { status: 304, ..caching };
    }
    if request.lists("accept-encoding", "gzip") {
        let answer = Answer { status: 200, body: STANDARD.encode(COMPRESSED).into(), is_base64: true, ..caching };
        return answer.with_header("content-encoding", "gzip".to_owned());
    }
    Answer { status: 200, body: DOCUMENT.into(), ..caching }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lambda_events::apigw::ApiGatewayV2httpRequest;

    fn answered(headers: &[(&'static str, String)]) -> Answer {
        let mut gateway = ApiGatewayV2httpRequest::default();
        for (name, value) in headers {
            gateway.headers.insert(*name, value.parse().unwrap());
        }
        answer(&Request::new(gateway))
    }

    #[test]
    fn document_is_compressed_for_clients_that_accept_gzip() {
        let header =
            |answer: &Answer, name: &str| answer.headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
        let plain = answered(&[("accept-encoding", "br, gzip;q=0".to_owned())]);
        assert_eq!((plain.body.as_str(), header(&plain, "content-encoding")), (Some(DOCUMENT), None));
        let compressed = answered(&[("accept-encoding", "gzip, deflate, br".to_owned())]);
        assert_eq!(header(&compressed, "content-encoding").as_deref(), Some("gzip"));
        assert!(compressed.is_base64 && compressed.body.as_str().unwrap().len() * 3 < DOCUMENT.len());
        assert_eq!(header(&compressed, "etag"), header(&plain, "etag"));
    }

    #[test]
    fn client_that_has_the_document_gets_no_body() {
        let known = answered(&[("if-none-match", format!("\"x\", {}", *ETAG))]);
        assert_eq!((known.status, known.body.is_null()), (304, true));
        assert_eq!(answered(&[("if-none-match", "W/\"x\"".to_owned())]).status, 200);
    }
}
