//! Statistics of a coupon, counted from its events. Exception: jobs count the codes that they
//! issue.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Value, json};
use strum::VariantArray as _;

use crate::events::event::{Event, StatisticsCount};
use crate::kernel::money::{Currency, Money};
use crate::purchases::rejection::Rejection;

/// Counts of a coupon, or of codes that belong to no coupon, in total or for one day. A rollback
/// reduces the discount and revenue of the day of the rollback, not of the day of the redemption.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Number of unique codes that jobs issued.
    pub issued: i64,
    /// Number of recorded applications. A price change of an application counts again.
    pub applied: i64,
    /// Number of committed redemptions, including redemptions that were rolled back later.
    pub redeemed: i64,
    pub rolled_back: i64,
    pub abandoned: i64,
    /// Rejected attempts by reason.
    pub rejected: BTreeMap<Rejection, i64>,
    /// Discount of all redemptions that are not rolled back, in minor units by currency.
    pub discount_given: BTreeMap<Currency, i64>,
    /// Amount that customers paid for orders, without rolled-back redemptions, in minor units by
    /// currency. An order with several codes counts in full for the coupon of each code. Therefore
    /// do not add up the revenue of several coupons.
    pub revenue: BTreeMap<Currency, i64>,
}

impl Statistics {
    /// Counts an event.
    pub fn count(&mut self, event: &Event) {
        match event.kind.properties().counts {
            StatisticsCount::Nothing => {}
            StatisticsCount::Applied => self.applied += 1,
            StatisticsCount::Redeemed => {
                self.redeemed += 1;
                self.count_money(event, 1);
            }
            StatisticsCount::RolledBack => {
                self.rolled_back += 1;
                self.count_money(event, -1);
            }
            StatisticsCount::Abandoned => self.abandoned += 1,
            StatisticsCount::Rejected => {
                if let Some(rejection) = event.data.rejection {
                    *self.rejected.entry(rejection).or_default() += 1;
                }
            }
        }
    }

    fn count_money(&mut self, event: &Event, sign: i64) {
        if let Some(order) = &event.data.order {
            *self.discount_given.entry(order.currency).or_default() += sign * order.discount.amount;
            *self.revenue.entry(order.currency).or_default() += sign * order.total.amount;
        }
    }

    /// Returns the non-zero counts with their stored names.
    pub fn entries(&self) -> Vec<(String, i64)> {
        let plain = [
            ("issued", self.issued),
            ("applied", self.applied),
            ("redeemed", self.redeemed),
            ("rolled_back", self.rolled_back),
            ("abandoned", self.abandoned),
        ];
        let plain = plain.into_iter().map(|(name, count)| (name.to_owned(), count));
        let rejected = self.rejected.iter().map(|(reason, count)| (format!("rejected#{}", reason.code()), *count));
        let discount = self.discount_given.iter().map(|(currency, amount)| (format!("discount#{currency}"), *amount));
        let revenue = self.revenue.iter().map(|(currency, amount)| (format!("revenue#{currency}"), *amount));
        plain.chain(rejected).chain(discount).chain(revenue).filter(|(_, count)| *count != 0).collect()
    }

    /// Adds a count by its stored name. Returns false for an unknown name, which is ignored.
    pub fn add(&mut self, name: &str, count: i64) -> bool {
        let (kind, of) = name.split_once('#').unwrap_or((name, ""));
        let currency = || Currency::parse(of).ok();
        let place = match kind {
            "issued" => Some(&mut self.issued),
            "applied" => Some(&mut self.applied),
            "redeemed" => Some(&mut self.redeemed),
            "rolled_back" => Some(&mut self.rolled_back),
            "abandoned" => Some(&mut self.abandoned),
            "rejected" => {
                let reason = Rejection::VARIANTS.iter().find(|reason| reason.code() == of);
                reason.map(|reason| self.rejected.entry(*reason).or_default())
            }
            "discount" => currency().map(|currency| self.discount_given.entry(currency).or_default()),
            "revenue" => currency().map(|currency| self.revenue.entry(currency).or_default()),
            _ => None,
        };
        place.map(|place| *place += count).is_some()
    }

    /// Returns the statistics as JSON for the API.
    pub fn view(&self) -> Value {
        let rejected: BTreeMap<_, _> = self.rejected.iter().map(|(reason, count)| (reason.code(), count)).collect();
        let money = |amounts: &BTreeMap<Currency, i64>| -> Vec<Money> {
            amounts.iter().map(|(currency, amount)| Money::new(*amount, *currency)).collect()
        };
        json!({
            "issued": self.issued,
            "applied": self.applied,
            "redeemed": self.redeemed,
            "rolled_back": self.rolled_back,
            "abandoned": self.abandoned,
            "rejected": rejected,
            "discount_given": money(&self.discount_given),
            "revenue": money(&self.revenue),
        })
    }
}

/// Returns the statistics of every day from `from` to `to` (inclusive). Days without counts have
/// zeros.
pub fn fill_missing_days(
    from: NaiveDate,
    to: NaiveDate,
    counted: impl IntoIterator<Item = (NaiveDate, Statistics)>,
) -> Vec<(NaiveDate, Statistics)> {
    let mut counted: BTreeMap<_, _> = counted.into_iter().collect();
    let days = from.iter_days().take_while(|day| *day <= to);
    days.map(|day| (day, counted.remove(&day).unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_series_has_zeros_for_days_without_counts() {
        let day = |day| NaiveDate::from_ymd_opt(2024, 2, day).unwrap();
        let busy = Statistics { redeemed: 3, ..Statistics::default() };
        let series =
            fill_missing_days(day(27), NaiveDate::from_ymd_opt(2024, 3, 1).unwrap(), [(day(28), busy.clone())]);
        let days: Vec<String> = series.iter().map(|(day, _)| day.to_string()).collect();
        assert_eq!(days, ["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"]);
        assert_eq!(series[1].1, busy);
        assert!([0, 2, 3].into_iter().all(|quiet| series[quiet].1 == Statistics::default()));
        assert_eq!(fill_missing_days(day(27), day(27), []).len(), 1);
    }

    #[test]
    fn stored_counts_read_back_unchanged() {
        let (usd, jpy) = (Currency::parse("USD").unwrap(), Currency::parse("JPY").unwrap());
        let statistics = Statistics {
            issued: 5,
            applied: 4,
            redeemed: 3,
            rolled_back: 2,
            abandoned: 1,
            rejected: BTreeMap::from([(Rejection::LimitReached, 7), (Rejection::CouponExpired, 1)]),
            discount_given: BTreeMap::from([(usd, 980), (jpy, 500)]),
            revenue: BTreeMap::from([(usd, -20)]),
        };
        let mut read = Statistics::default();
        for (name, count) in statistics.entries() {
            assert!(read.add(&name, count), "{name}");
        }
        assert!(!read.add("something#else", 1));
        assert_eq!(read, statistics);
    }
}
