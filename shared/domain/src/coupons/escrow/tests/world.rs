//! State of the model, and the execution of one write.

use chrono::{DateTime, TimeZone as _, Utc};

use super::super::plan;
use super::super::write::{Kind, RedemptionChange, RedemptionCondition, Write};
use super::super::{Root, Settings, Shard, ShardId, ShardSet};
use super::mutants::Mutation;
use crate::coupons::coupon::State;
use crate::coupons::escrow::sizing::Policy;

/// Number of an order. Requests for the same order have the same redemption key.
pub(super) type Order = usize;

/// Scenario of a model check: the coupon, the actors, and the maximum numbers of crashes, lost
/// responses and redelivered records.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) limit: i64,
    pub(super) shards: u8,
    /// Minute of the expiry.
    pub(super) expires_at: Option<u8>,
    /// Last minute. Time can advance to this minute at any moment.
    pub(super) last_minute: u8,
    pub(super) policy: Policy,
    /// Order and digest of each redeem request.
    pub(super) requests: Vec<(Order, u64)>,
    /// Order of each rollback.
    pub(super) rollbacks: Vec<Order>,
    pub(super) edits: Vec<Change>,
    pub(super) expirers: usize,
    /// Whether requests read the root and the shard in one step. Makes a model smaller.
    pub(super) reads_are_atomic: bool,
    pub(super) crashes: u8,
    pub(super) lost_responses: u8,
    pub(super) redeliveries: u8,
    pub(super) mutation: Option<Mutation>,
}

/// Edit of the coupon.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Limit(i64),
    Shards(u8),
    ExpiresAt(u8),
    /// Sets the expiry and makes an expired coupon active again.
    Revive(u8),
}

impl Change {
    /// Returns the settings after the change.
    pub(super) fn on(self, root: &Root) -> Settings {
        let settings = Settings::of(root);
        match self {
            Self::Limit(limit) => Settings { limit, ..settings },
            Self::Shards(shards) => Settings { shards, ..settings },
            Self::ExpiresAt(minute) => Settings { expires_at: Some(instant(minute)), ..settings },
            Self::Revive(minute) => Settings { expires_at: Some(instant(minute)), state: State::Active, ..settings },
        }
    }
}

/// Instant of a minute of the model.
pub(super) fn instant(minute: u8) -> DateTime<Utc> {
    Utc.timestamp_opt(60 * i64::from(minute), 0).unwrap()
}

/// Active redemption of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Made {
    /// Number of earlier redemptions of the order.
    pub(super) generation: u8,
    pub(super) shard: ShardId,
}

/// State on which the decision of a redeem request was based.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Priced {
    /// Number of edits before the request read the root.
    pub(super) edits: u8,
    pub(super) minute: u8,
}

/// Redeem request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Request {
    ReadRoot,
    ReadShard {
        root: Root,
        edits: u8,
        shard: ShardId,
    },
    /// `priced` is set if the write takes a token.
    Send {
        write: Write,
        priced: Option<Priced>,
    },
    Answered,
}

/// Rollback of an order's redemption.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Rollback {
    Waiting,
    Send { write: Write, generation: u8 },
    Done,
}

/// Edit request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Editor {
    ReadRoot { attempts: u8 },
    ReadShard { shard: ShardId, attempts: u8 },
    Send { write: Write, attempts: u8 },
    Copy { version: i64, edits: u8, shards: ShardSet },
    Done,
}

/// Timer of the expiry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Expirer {
    Idle,
    Send(Vec<Write>),
}

/// Facts that no item contains, and that the properties need.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct History {
    /// Number of events *limit reached* by epoch.
    pub(super) limit_events: Vec<u8>,
    /// Number of events *expired* since the coupon was last active.
    pub(super) expired_events: u8,
    /// Number of edits and expiries.
    pub(super) edits: u8,
    /// Number of edits up to and including the latest edit that has a response.
    pub(super) answered_edits: u8,
    /// Generation of the redemption in the responses since the last rollback, by order.
    pub(super) answers: Vec<Option<u8>>,
    /// Number of redemptions ever made of each order.
    pub(super) generations: Vec<u8>,
}

/// State of the model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) minute: u8,
    pub(super) root: Root,
    pub(super) shards: Vec<Shard>,
    pub(super) redemptions: Vec<Option<Made>>,
    pub(super) requests: Vec<Request>,
    pub(super) rollbacks: Vec<Rollback>,
    pub(super) editors: Vec<Editor>,
    pub(super) expirers: Vec<Expirer>,
    /// Shards whose stream records the relay has not finished.
    pub(super) dirty: ShardSet,
    /// Write that the relay is about to make, by shard.
    pub(super) tending: Vec<Option<Write>>,
    pub(super) crashes: u8,
    pub(super) lost_responses: u8,
    pub(super) redeliveries: u8,
    pub(super) history: History,
}

/// Redemption that a write concerns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) order: Order,
    /// Generation that a rollback has read. Unused by a redeem request.
    pub(super) generation: u8,
}

impl World {
    /// Returns the state of a new coupon.
    pub(super) fn of(scenario: &Scenario) -> Self {
        let root = Root::new(Some(scenario.limit), scenario.shards, scenario.expires_at.map(instant));
        let orders = 1 + scenario.requests.iter().map(|(order, _)| *order).max().unwrap();
        let shards = usize::from(scenario.shards);
        Self {
            minute: 0,
            dirty: plan::shards_to_tend(None, &root),
            root,
            shards: vec![Shard::absent(); shards],
            redemptions: vec![None; orders],
            requests: vec![Request::ReadRoot; scenario.requests.len()],
            rollbacks: vec![Rollback::Waiting; scenario.rollbacks.len()],
            editors: vec![Editor::ReadRoot { attempts: 0 }; scenario.edits.len()],
            expirers: vec![Expirer::Idle; scenario.expirers],
            tending: vec![None; shards],
            crashes: scenario.crashes,
            lost_responses: scenario.lost_responses,
            redeliveries: scenario.redeliveries,
            history: History {
                limit_events: vec![0; 2],
                expired_events: 0,
                edits: 0,
                answered_edits: 0,
                answers: vec![None; orders],
                generations: vec![0; orders],
            },
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        instant(self.minute)
    }

    pub(super) fn shard(&self, id: ShardId) -> &Shard {
        &self.shards[usize::from(id.number())]
    }

    /// Number of tokens that a redemption could still take.
    pub(super) fn available(&self) -> i64 {
        self.root.left + self.shards.iter().map(|shard| shard.remaining).sum::<i64>()
    }

    /// Number of active redemptions.
    pub(super) fn redeemed(&self) -> i64 {
        self.redemptions.iter().flatten().count() as i64
    }

    /// Makes a write if its conditions hold. Returns whether they hold.
    pub(super) fn commit(&mut self, write: &Write, target: Option<Target>) -> bool {
        let mut shard = write.shard.as_ref().map(|write| (write, usize::from(write.shard.number())));
        let root_holds = write.root.as_ref().is_none_or(|write| write.holds(&self.root));
        let shard_holds = shard.is_none_or(|(write, number)| write.holds(&self.shards[number]));
        if !(root_holds && shard_holds && self.redemption_holds(write, target)) {
            return false;
        }
        let before = self.root.clone();
        if let Some(write) = &write.root {
            write.apply(&mut self.root);
        }
        if let Some((write, number)) = &mut shard {
            write.apply(&mut self.shards[*number]);
        }
        if let (Some(write), Some(Target { order, .. })) = (write.redemption, target) {
            self.redemptions[order] = match (write.change, shard) {
                (RedemptionChange::Put, Some((write, _))) => {
                    let generation = self.history.generations[order];
                    self.history.generations[order] += 1;
                    Some(Made { generation, shard: write.shard })
                }
                (RedemptionChange::Put, None) => None,
                (RedemptionChange::MoveToRolledBack, _) => {
                    self.history.answers[order] = None;
                    None
                }
            };
        }
        self.record_stream(write, &before);
        true
    }

    fn redemption_holds(&self, write: &Write, target: Option<Target>) -> bool {
        let condition = write.redemption.and_then(|write| write.condition);
        let (Some(condition), Some(Target { order, generation })) = (condition, target) else { return true };
        match condition {
            RedemptionCondition::Absent => self.redemptions[order].is_none(),
            RedemptionCondition::IsUnchanged => {
                self.redemptions[order].is_some_and(|made| made.generation == generation)
            }
        }
    }

    /// Applies the effects of the stream records of a write: events, and shards that the relay must process.
    fn record_stream(&mut self, write: &Write, before: &Root) {
        if let Some(write) = &write.shard
            && self.shard(write.shard).is_open
        {
            self.dirty.insert(write.shard);
        }
        plan::shards_to_tend(Some(before), &self.root).iter().for_each(|shard| self.dirty.insert(shard));
        if self.root.reaches_limit(before) {
            let epoch = self.root.epoch.get() as usize;
            self.history.limit_events.resize(self.history.limit_events.len().max(epoch + 1), 0);
            self.history.limit_events[epoch] += 1;
        }
        self.history.edits += u8::from(matches!(write.kind, Kind::Edit | Kind::Expire));
        self.history.expired_events += u8::from(write.kind == Kind::Announce);
        if self.root.state == State::Active && before.state != State::Active {
            self.history.expired_events = 0;
        }
    }

    /// Whether no actor has anything left to do.
    pub(super) fn is_settled(&self) -> bool {
        self.dirty.is_empty()
            && self.tending.iter().all(Option::is_none)
            && self.requests.iter().all(|request| *request == Request::Answered)
            && self.rollbacks.iter().all(|rollback| !matches!(rollback, Rollback::Send { .. }))
            && self.editors.iter().all(|editor| *editor == Editor::Done)
            && self.expirers.iter().all(|expirer| *expirer == Expirer::Idle)
            && plan::expiry_step(&self.root, self.now()).is_none()
    }
}
