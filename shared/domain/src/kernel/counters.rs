//! Counters of stored items. Each counter is a type of its own, so that the compiler reports a counter that takes the place
//! of another.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! counters {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            #[serde(transparent)]
            pub struct $name(i64);

            impl $name {
                /// Value of a new item.
                pub const FIRST: Self = Self(1);

                /// Creates the counter from its stored or transmitted value.
                pub fn new(value: i64) -> Self {
                    Self(value)
                }

                /// Returns the value to store or transmit.
                pub fn get(self) -> i64 {
                    self.0
                }

                /// Returns the next value.
                #[must_use]
                pub fn next(self) -> Self {
                    Self(self.0 + 1)
                }

                /// Returns the value before this one.
                #[must_use]
                pub fn previous(self) -> Self {
                    Self(self.0 - 1)
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.fmt(f)
                }
            }
        )*
    };
}

counters! {
    /// Number of changes of a coupon, contact, workflow, execution, job, the keys of a tenant or the price of an
    /// application. Used for optimistic locking, and for the `ETag` header.
    Revision;
    /// Limit epoch of a coupon: a period in which at most one event is published for reaching the limit, and at most one
    /// for each threshold of the limit. The first epoch is 1.
    LimitEpoch;
    /// Number of a published version of a workflow, from 1. A draft that was never published has version 0.
    WorkflowVersion;
    /// Number of a redemption among the redemptions of its coupon, from 1, in commit order.
    RedemptionNumber;
}
