//! Code, schemas, samples and template, held to one another.

mod events;
mod requests;
mod template;
