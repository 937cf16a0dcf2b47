//! Writes `shared/http/openapi.json` from the code.

use couponflow_tests::{openapi, repository};

fn main() -> std::io::Result<()> {
    let path = repository::root().join("shared/http/openapi.json");
    std::fs::write(path, format!("{:#}\n", openapi::document()))
}
