//! Checks the invariants of the coupon's counter after every write. The table's stream contains an
//! image of the item after each write.

use std::collections::BTreeSet;

use couponflow_tests::relayed::Stream;
use serde_json::Value;

/// The counter item of a coupon after a write.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Image {
    pub(crate) limit: Option<i64>,
    pub(crate) redeemed: i64,
    pub(crate) held: i64,
    pub(crate) remaining: Option<i64>,
    pub(crate) redemption_seq: i64,
    pub(crate) rollback_seq: i64,
    pub(crate) limit_epoch: i64,
}

impl Image {
    fn read(item: &Value) -> Self {
        let number = |name: &str| item[name]["N"].as_str().map(|number| number.parse::<i64>().unwrap());
        let count = |name: &str| number(name).unwrap();
        Self {
            limit: number("max_redemptions"),
            redeemed: count("times_redeemed"),
            held: count("held"),
            remaining: number("remaining"),
            redemption_seq: count("redemption_seq"),
            rollback_seq: count("rollback_seq"),
            limit_epoch: count("limit_epoch"),
        }
    }

    /// Whether at least `percent` of the limit is redeemed.
    pub(crate) fn is_used_by(&self, percent: i64) -> bool {
        self.limit.is_some_and(|limit| self.redeemed * 100 >= percent * limit)
    }

    /// Asserts that redeemed and held redemptions do not exceed the limit, and that `remaining` is
    /// the limit minus their sum.
    fn check(&self) {
        let Self { limit, redeemed, held, remaining, .. } = self;
        assert!(*redeemed >= 0 && *held >= 0, "{self:?}");
        assert!(limit.is_none_or(|limit| redeemed + held <= limit), "{self:?}");
        assert_eq!(*remaining, limit.map(|limit| limit - redeemed - held), "{self:?}");
    }
}

/// Reads every image of the coupon's counter in order. Asserts the invariants of each image and of
/// each change between two images.
pub(crate) fn of_the_coupon(records: &[Value]) -> Vec<Image> {
    let new_images = records.iter().map(|record| &record["dynamodb"]["NewImage"]);
    let images: Vec<Image> = new_images.filter(|image| image["kind"]["S"] == "COUPON").map(Image::read).collect();
    images.iter().for_each(Image::check);
    for (before, after) in images.iter().zip(&images[1..]) {
        assert!((0..=1).contains(&(after.redemption_seq - before.redemption_seq)), "{before:?} {after:?}");
        assert!((0..=1).contains(&(after.rollback_seq - before.rollback_seq)), "{before:?} {after:?}");
        let reopens = before.is_used_by(100) && !after.is_used_by(100);
        assert!(!reopens || after.limit_epoch > before.limit_epoch, "{before:?} {after:?}");
    }
    images
}

/// Reads every record of a table's stream.
pub(crate) fn all_records(mut stream: Stream) -> Vec<Value> {
    let mut records = Vec::new();
    loop {
        let batch = stream.next_batch();
        if batch.is_empty() {
            return records;
        }
        records.extend(batch);
    }
}

/// Collects all values of an attribute in the images of one kind of item, as pairs of partition key
/// and value.
pub(crate) fn values(records: &[Value], kind: &str, attribute: &str) -> BTreeSet<(String, String)> {
    let new_images = records.iter().map(|record| &record["dynamodb"]["NewImage"]);
    let of_kind = new_images.filter(|image| image["kind"]["S"] == kind && !image[attribute].is_null());
    of_kind.map(|image| (image["pk"].to_string(), image[attribute].to_string())).collect()
}
