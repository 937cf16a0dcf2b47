//! The part of the model for requests of operators: edits, pausing and deletion.

use couponflow_domain::coupons::coupon::State;

use super::Model;
use crate::command::Answer;

impl Model {
    pub(super) fn edit_limit(&mut self, limit: Option<i64>) -> Answer {
        if let Some(answer) = self.before_edit() {
            return answer;
        }
        if limit.is_some_and(|limit| limit < self.redeemed() + self.held()) {
            return Answer::Invalid("/max_redemptions");
        }
        let begins_epoch = match (self.limit, limit) {
            (Some(old), Some(new)) => new > old,
            (None, None) => false,
            _ => true,
        };
        self.limit_epoch += i64::from(begins_epoch);
        let before = (self.limit, self.redeemed());
        self.limit = limit;
        self.publish_reached(before);
        Answer::Changed
    }

    pub(super) fn edit_customer_limit(&mut self, limit: Option<i64>) -> Answer {
        self.before_edit().unwrap_or_else(|| {
            self.customer_limit = limit;
            Answer::Changed
        })
    }

    pub(super) fn edit_expiry(&mut self, seconds: Option<i64>) -> Answer {
        if let Some(answer) = self.before_edit() {
            return answer;
        }
        let expires_at = seconds.map(|seconds| self.now + seconds * 1000);
        if expires_at == self.expires_at {
            return Answer::Changed;
        }
        if expires_at.is_some_and(|expires_at| expires_at <= self.now) {
            return Answer::Invalid("/expires_at");
        }
        self.expires_at = expires_at;
        self.plan_notice();
        if self.state == State::Expired {
            self.state = State::Active;
        }
        Answer::Changed
    }

    pub(super) fn switch(&mut self, to: State) -> Answer {
        match self.state {
            State::Deleted => Answer::NotFound,
            State::Expired => Answer::Expired,
            state if state == to => Answer::Changed,
            _ if self.is_past_expiry() => Answer::Expired,
            _ => {
                self.state = to;
                if to == State::Active {
                    self.plan_notice();
                }
                Answer::Changed
            }
        }
    }

    pub(super) fn delete(&mut self) -> Answer {
        self.before_edit().unwrap_or_else(|| {
            self.state = State::Deleted;
            Answer::Changed
        })
    }

    /// Expires the coupon if its expiry is due. Returns `NotFound` for a deleted coupon.
    fn before_edit(&mut self) -> Option<Answer> {
        self.expire();
        (self.state == State::Deleted).then_some(Answer::NotFound)
    }
}
