//! Fault tests: AWS services and receivers fail. Even then, no data is lost, no effect happens
//! twice, and no conflict is reported as a rejection.

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
