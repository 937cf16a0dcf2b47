//! Fault tests: AWS services and receivers fail. The tests check which calls are retried, and which
//! outcome or error the caller gets. A conflict is never reported as a rejection.

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
mod kernel {
    mod logs;
    mod lost_responses;
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
