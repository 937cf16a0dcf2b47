//! Contract tests: code, schemas, samples, reference pages and the SAM template agree with each
//! other.

mod assets;
mod builds;
mod events;
mod generators;
mod members;
mod openapi;
mod requests;
mod sbom;
mod stored_names;
mod structure;
mod template;
mod templates;
