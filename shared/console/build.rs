//! Compresses the assets, because they become part of the binary of a function, and derives a tag from their contents.

use std::error::Error;
use std::io::Write as _;
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

/// Path and name of each asset.
const ASSETS: [(&str, &str); 4] = [
    ("assets/htmx/htmx-4.0.1.min.js", "htmx.js"),
    ("assets/pico/pico-2.1.1.min.css", "pico.css"),
    ("assets/console.css", "console.css"),
    ("assets/console.js", "console.js"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::var("OUT_DIR")?;
    let mut digest = Sha256::new();
    for (path, name) in ASSETS {
        println!("cargo::rerun-if-changed={path}");
        let asset = fs::read(path)?;
        digest.update(&asset);
        let mut compressed = GzEncoder::new(Vec::new(), Compression::best());
        compressed.write_all(&asset)?;
        fs::write(format!("{out}/{name}.gz"), compressed.finish()?)?;
    }
    let tag: String = digest.finalize()[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=ASSETS_TAG={tag}");
    Ok(())
}
