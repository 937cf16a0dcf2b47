//! Consumes the event queue and the timer queue: runs workflows, fires timers, and handles delivery events of e-mails.
//! The handler is in a library beside the binary, so that tests can run the handler and make the outgoing calls.

mod handler;
mod invocation;
mod outbound_clients;

pub use handler::Executor;
pub use outbound_clients::OutboundClients;
