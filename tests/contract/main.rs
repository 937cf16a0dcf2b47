//! Code, schemas, samples and template, held to one another.

mod builds;
mod events;
mod openapi;
mod requests;
mod structure;
mod template;
mod templates;
