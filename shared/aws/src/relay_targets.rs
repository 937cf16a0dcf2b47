//! Combines the event bus and the timer queue into one type, because the relay takes a single
//! target.

use couponflow_app::events::ports::EventBus;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::timers::ports::TimerQueue;
use couponflow_domain::events::contact_erased::ContactErased;
use couponflow_domain::events::event::Event;
use couponflow_domain::timers::timer::Timer;

use crate::bus::Bus;
use crate::system::System;
use crate::timer_queue::SqsTimerQueue;

/// Targets to which the relay sends events and timers.
#[derive(Debug, Clone)]
pub struct RelayTargets {
    pub bus: Bus,
    /// Receives new timers that are due so soon that the expiry scan may be too late.
    pub timers: SqsTimerQueue<System>,
}

impl EventBus for RelayTargets {
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), StoreError>> {
        self.bus.publish(events).await
    }

    async fn publish_erasures(&self, events: &[ContactErased]) -> Vec<Result<(), StoreError>> {
        self.bus.publish_erasures(events).await
    }
}

impl TimerQueue for RelayTargets {
    async fn send_timers(&self, timers: &[Timer]) -> Vec<Result<(), StoreError>> {
        self.timers.send_timers(timers).await
    }
}
