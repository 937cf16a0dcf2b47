//! Model check of the protocol: every interleaving of requests, relay, edits, rollbacks and expiry in small
//! configurations, with crashes, lost responses and redelivered records.

mod actors;
mod checks;
mod explorer;
mod mutants;
mod numbering;
mod operators;
mod scenarios;
mod world;
