//! Code, schemas, samples and template, held to one another.

mod builds;
mod events;
mod openapi;
mod requests;
mod template;
mod templates;
