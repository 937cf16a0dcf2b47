//! Minifies the committed OpenAPI document, because the document becomes part of the binary of a
//! function.

use std::error::Error;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=openapi.json");
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string("openapi.json")?)?;
    fs::write(format!("{}/openapi.json", env::var("OUT_DIR")?), document.to_string())?;
    Ok(())
}
