//! Writes `shared/http/openapi.json` from the code.

use couponflow_tests::repository;

fn main() -> std::io::Result<()> {
    let path = repository::root().join("shared/http/openapi.json");
    std::fs::write(path, format!("{:#}\n", couponflow_openapi::document()))
}
