//! `infra/release.sh`, and the check of SBOMs that it runs, on small binaries with and without a list of crates.

use std::fs;
use std::process::Command;

use couponflow_tests::repository;
use serde_json::{Value, json};

/// Compresses data as zlib does, in one block without compression.
fn zlib(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    let mut compressed = vec![0x78, 0x01, 0x01];
    compressed.extend_from_slice(&length.to_le_bytes());
    compressed.extend_from_slice(&(!length).to_le_bytes());
    compressed.extend_from_slice(data);
    compressed.extend_from_slice(&((b << 16) | a).to_be_bytes());
    compressed
}

/// Builds an ELF file of one section, with the table of section names as the last section.
fn elf(name: &str, contents: &[u8]) -> Vec<u8> {
    const HEADER: usize = 64;
    let names = format!("\0{name}\0");
    let table = HEADER + contents.len() + names.len();
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(HEADER, 0);
    file[0x28..0x30].copy_from_slice(&(table as u64).to_le_bytes());
    for (at, value) in [(0x3A, 64_u16), (0x3C, 3), (0x3E, 2)] {
        file[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    file.extend_from_slice(contents);
    file.extend_from_slice(names.as_bytes());
    // The table starts with an empty section. The name of the last section is empty as well.
    let sections = [(0, 0, 0), (1, HEADER, contents.len()), (0, HEADER + contents.len(), names.len())];
    for (name, start, length) in sections {
        let mut section = [0_u8; 64];
        section[..4].copy_from_slice(&u32::to_le_bytes(name));
        section[24..32].copy_from_slice(&(start as u64).to_le_bytes());
        section[32..40].copy_from_slice(&(length as u64).to_le_bytes());
        file.extend_from_slice(&section);
    }
    file
}

/// Runs the check. Returns whether it succeeds, and what it prints.
fn check(binary: &[u8], sbom: &Value) -> (bool, String) {
    let folder = repository::root().join("target/sbom-check");
    fs::create_dir_all(&folder).unwrap();
    let (binary_path, sbom_path) = (folder.join("bootstrap"), folder.join("sbom.json"));
    fs::write(&binary_path, binary).unwrap();
    fs::write(&sbom_path, sbom.to_string()).unwrap();
    let mut python = Command::new("python3");
    let run = python.args(["-B", "infra/check_sbom.py"]).args([binary_path, sbom_path]);
    let run = run.current_dir(repository::root()).output().expect("Python can be started");
    let printed = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8(printed).unwrap())
}

#[test]
fn an_sbom_that_lacks_a_crate_of_the_binary_is_noticed() {
    let packages = json!([
        {"name": "redeem", "version": "0.1.0", "source": "local", "root": true, "dependencies": [1, 2]},
        {"name": "couponflow-domain", "version": "0.1.0", "source": "local"},
        {"name": "serde", "version": "1.0.1", "source": "crates.io"}]);
    let list = |packages: &Value| zlib(json!({"packages": packages}).to_string().as_bytes());
    let binary = elf(".dep-v0", &list(&packages));
    let component = |name: &str, version: &str| json!({"type": "library", "name": name, "version": version});
    let domain = component("couponflow-domain", "0.1.0");
    let sbom = json!({"components": [domain, component("serde", "1.0.1"), component("build-only", "2.0.0")]});

    let (is_complete, printed) = check(&binary, &sbom);
    assert!(is_complete && printed.contains("3 components, 2 crates in the binary"), "{printed}");

    let earlier = json!({"components": [domain, component("serde", "1.0.0")]});
    let (is_complete, printed) = check(&binary, &earlier);
    assert!(!is_complete && printed.contains("serde 1.0.1") && !printed.contains("couponflow-domain 0"), "{printed}");

    for (without_list, message) in [
        (elf(".text", &list(&packages)), "contains no list of its crates"),
        (elf(".dep-v0", &list(&json!([]))), "is empty"),
        (b"#!/bin/sh".to_vec(), "no 64-bit ELF file"),
    ] {
        let (is_complete, printed) = check(&without_list, &sbom);
        assert!(!is_complete && printed.contains(message), "{message}: {printed}");
    }
}

#[test]
fn a_release_for_an_unknown_architecture_is_rejected_before_the_build() {
    let bash = |arguments: &[&str]| {
        let run = Command::new("bash").args(arguments).current_dir(repository::root()).output();
        let run = run.expect("bash can be started");
        (run.status.code(), String::from_utf8(run.stderr).unwrap())
    };
    assert_eq!(bash(&["-n", "infra/release.sh"]), (Some(0), String::new()), "the syntax of the script");
    let (code, message) = bash(&["infra/release.sh", "mips"]);
    assert_eq!((code, message.trim_end()), (Some(2), "the architecture must be arm64 or x86_64, not mips"));
}
