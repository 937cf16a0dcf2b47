//! Basic types for all other modules: ids, money, time, text, and the reading of input.

pub mod correlation_id;
pub mod counters;
pub mod cursor;
pub mod digest;
pub mod ids;
pub mod input;
pub mod instants;
pub mod json_schema;
pub mod label;
pub mod language_tag;
pub mod locale;
pub mod money;
pub mod percentage;
pub mod personal;
pub mod span;
pub mod text;
pub mod unlinked;
