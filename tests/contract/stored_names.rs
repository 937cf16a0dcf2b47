//! Checks the names of enum variants in stored items. If a variant were renamed, items that earlier versions stored
//! could not be read. The golden files alone do not show this, because they do not contain every variant.

use couponflow_domain::automation::execution::{AfterWait, AttemptOutcome, ExecutionStatus, StepStatus};
use couponflow_domain::automation::lifecycle::WorkflowStatus;
use couponflow_domain::contacts::contact::ConsentState;
use couponflow_domain::coupons::coupon::{CodeType, CouponType, RollbackReason, State};
use couponflow_domain::coupons::job::JobStatus;
use couponflow_domain::delivery::mail::SuppressionReason;
use couponflow_domain::purchases::AttemptedOperation;
use couponflow_domain::purchases::order::ProductType;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::tenants::api_key::KeyScope;
use serde_json::{from_value, json, to_value};

/// Checks the name of each variant. The match in `name` has no wildcard, so a variant without a name does not compile.
macro_rules! check_names {
    ($($type:ident { $($variant:ident $name:literal;)* })*) => {
        $({
            let name = |value: $type| match value {
                $($type::$variant => $name,)*
            };
            for value in [$($type::$variant,)*] {
                let stored = json!(name(value));
                assert_eq!(to_value(value).unwrap(), stored, "{}", stringify!($type));
                assert_eq!(from_value::<$type>(stored).unwrap(), value);
            }
        })*
    };
}

#[test]
fn enums_keep_the_names_that_items_contain() {
    check_names! {
        AfterWait { Try "try"; Done "done"; TimedOut "timed_out"; }
        AttemptOutcome { Completed "completed"; Failed "failed"; Unknown "unknown"; }
        AttemptedOperation { Apply "apply"; Redeem "redeem"; }
        CodeType { Shared "shared"; Unique "unique"; }
        ConsentState { Unknown "unknown"; Granted "granted"; Withdrawn "withdrawn"; }
        CouponType { Percentage "percentage"; FixedAmount "fixed_amount"; }
        ExecutionStatus {
            Running "running";
            Waiting "waiting";
            Completed "completed";
            Failed "failed";
            Cancelled "cancelled";
            Skipped "skipped";
        }
        JobStatus { Running "running"; Completed "completed"; Failed "failed"; }
        KeyScope { Storefront "storefront"; Server "server"; Admin "admin"; }
        ProductType { OneTime "one_time"; Recurring "recurring"; }
        Rejection {
            CouponNotFound "coupon_not_found";
            CouponPaused "coupon_paused";
            CouponNotStarted "coupon_not_started";
            CouponExpired "coupon_expired";
            LimitReached "limit_reached";
            CustomerLimitReached "customer_limit_reached";
            CodeAlreadyUsed "code_already_used";
            CouponNotCombinable "coupon_not_combinable";
            MinimumOrderNotMet "minimum_order_not_met";
            ProductsNotEligible "products_not_eligible";
            CurrencyMismatch "currency_mismatch";
            CustomerRequired "customer_required";
            NothingToDiscount "nothing_to_discount";
        }
        RollbackReason {
            PaymentFailed "payment_failed";
            OrderCancelled "order_cancelled";
            Refunded "refunded";
        }
        State { Active "active"; Paused "paused"; Expired "expired"; Deleted "deleted"; }
        StepStatus {
            Running "running";
            Waiting "waiting";
            Completed "completed";
            Skipped "skipped";
            Unknown "unknown";
            Failed "failed";
        }
        SuppressionReason { Bounced "bounced"; Complained "complained"; }
        WorkflowStatus { Draft "draft"; Published "published"; Paused "paused"; }
    }
}
