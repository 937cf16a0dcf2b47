//! Consumes the event queue and the timer queue: runs workflows, fires timers, and handles delivery events of e-mails.
//! The handler and the clients for outgoing calls are in a library beside the binary, so that tests can use them.

mod handler;
mod invocation;
mod outbound_clients;

pub use handler::Executor;
pub use outbound_clients::OutboundClients;
