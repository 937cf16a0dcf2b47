//! Fault tests: services that fail. Nothing is lost, nothing is done twice, and no conflict is reported as a rejection.

mod coupons {
    mod unique_codes;
}
mod delivery {
    mod mail;
    mod outbound;
    mod outbound_steps;
    mod topics;
}
mod events {
    mod bus;
}
mod purchases {
    mod conflicts;
    mod dynamo;
}
mod tenants {
    mod idempotency;
}
mod timers {
    mod queue;
}
