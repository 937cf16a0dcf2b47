//! Minifies and compresses the committed OpenAPI document, because the document becomes part of the
//! binary of a function.

use std::error::Error;
use std::io::Write as _;
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=openapi.json");
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string("openapi.json")?)?;
    let (minified, out) = (document.to_string(), env::var("OUT_DIR")?);
    let mut compressed = GzEncoder::new(Vec::new(), Compression::best());
    compressed.write_all(minified.as_bytes())?;
    fs::write(format!("{out}/openapi.json"), minified)?;
    fs::write(format!("{out}/openapi.json.gz"), compressed.finish()?)?;
    Ok(())
}
