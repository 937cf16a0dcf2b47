//! A flash sale: redeem requests, the relay that refills and closes shards, lost responses and crashes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::time::Duration;

use chrono::DateTime;
use couponflow_domain::coupons::escrow::plan::{self, RedeemStep};
use couponflow_domain::coupons::escrow::sizing::Policy;
use couponflow_domain::coupons::escrow::write::Write;
use couponflow_domain::coupons::escrow::{Root, ShardId, take};

use crate::dynamo::{Micros, Outcome, Table};

const SECOND: Micros = 1_000_000;
/// Round trip of a read or write.
const ROUND_TRIP_US: Micros = 5_000;
/// Maximum age of the root in the cache of an instance.
const CACHE_US: Micros = SECOND;
/// An instance that needs the current root reads it at most once in this time, for all its requests.
const FRESH_US: Micros = 50_000;
const INSTANCES: u64 = 256;
/// Time after which a request that cannot write fails as busy.
const BUDGET_US: Micros = 5 * SECOND;
const FIRST_BACKOFF_US: Micros = 10_000;
const MAX_BACKOFF_US: Micros = 200_000;
/// Time from a write until the relay has read its stream record.
const RELAY_LAG_US: (Micros, Micros) = (150_000, 400_000);
/// One in this many responses is lost. One in this many writes of the relay does not happen, because the relay crashes.
const FAULTS: u64 = 200;

/// One run.
pub(crate) struct Sale {
    pub(crate) shards: u8,
    /// Requests per second.
    pub(crate) rate: u64,
    pub(crate) seconds: u64,
    pub(crate) limit: i64,
    /// How long a transaction holds its items.
    pub(crate) in_flight: Micros,
}

/// Figures of one run.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) redeemed: i64,
    pub(crate) rejected: u64,
    pub(crate) busy: u64,
    pub(crate) units: u64,
    pub(crate) units_of_conflicts: u64,
    pub(crate) conflicts: u64,
    pub(crate) limit_events: u64,
    /// Latencies of redeemed requests, ascending.
    latencies: Vec<Micros>,
}

impl Figures {
    /// Returns a percentile of the latency.
    pub(crate) fn latency_ms(&self, percent: usize) -> Micros {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get(last * percent / 100).copied().unwrap_or_default() / 1_000
    }
}

/// Redeem request in progress.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    order: u64,
    digest: u64,
    began: Micros,
    attempts: u32,
}

/// What happens at an instant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrive,
    /// The request decides with the cached root.
    Decide(Request),
    /// The request reads the root and a shard, then decides.
    Read(Request),
    /// The relay reads the record of a shard.
    Tend(ShardId),
}

/// State of a run.
struct Run {
    table: Table,
    policy: Policy,
    events: BinaryHeap<Reverse<(Micros, u64, Event)>>,
    next_event: u64,
    random: Random,
    caches: Vec<Option<(Micros, Root)>>,
    /// When each instance last found an empty shard.
    empty_shard_met: Vec<Option<Micros>>,
    redeemed: HashSet<u64>,
    is_tended: Vec<bool>,
    figures: Figures,
}

impl Sale {
    /// Runs the sale until nothing is left to do.
    pub(crate) fn run(&self) -> Figures {
        let root = Root::new(Some(self.limit), self.shards, None);
        let mut run = Run {
            table: Table::new(root.clone(), self.in_flight),
            policy: Policy::default(),
            events: BinaryHeap::new(),
            next_event: 0,
            random: Random(1),
            caches: vec![None; INSTANCES as usize],
            empty_shard_met: vec![None; INSTANCES as usize],
            redeemed: HashSet::new(),
            is_tended: vec![false; usize::from(self.shards)],
            figures: Figures::default(),
        };
        plan::shards_to_tend(None, &root).iter().for_each(|shard| run.tend_later(shard, 0));
        // The shards are opened when the coupon is created, before the sale.
        let begin = 10 * SECOND;
        for order in 0..self.rate * self.seconds {
            run.schedule(begin + order * SECOND / self.rate, Event::Arrive);
        }
        while let Some(Reverse((now, order, event))) = run.events.pop() {
            run.handle(now, order, event);
        }
        let Table { units, units_of_conflicts, conflicts, limit_events, .. } = run.table;
        run.figures.latencies.sort_unstable();
        let redeemed = run.redeemed.len() as i64;
        Figures { redeemed, units, units_of_conflicts, conflicts, limit_events, ..run.figures }
    }
}

impl Run {
    fn schedule(&mut self, at: Micros, event: Event) {
        self.next_event += 1;
        self.events.push(Reverse((at, self.next_event, event)));
    }

    fn handle(&mut self, now: Micros, number: u64, event: Event) {
        match event {
            Event::Arrive => {
                let digest = self.random.next();
                self.decide(now, Request { order: number, digest, began: now, attempts: 0 });
            }
            Event::Decide(request) => self.decide(now, request),
            Event::Read(request) => self.read(now, request),
            Event::Tend(shard) => self.tend(now, shard),
        }
    }

    /// Takes a token with the cached root, without a read. If the instance found an empty shard in the last second, the
    /// request reads first: otherwise writes that fail would delay the relay, and would cost units.
    fn decide(&mut self, now: Micros, request: Request) {
        match self.cached(&request, now, CACHE_US) {
            Some(root) if root.is_exhausted() || !self.met_empty_shard(&request, now) => {
                self.redeem(now, request, &root, false);
            }
            Some(_) | None => self.schedule(now + ROUND_TRIP_US, Event::Read(request)),
        }
    }

    /// Reads a shard, and the root unless the instance has just read it.
    fn read(&mut self, now: Micros, request: Request) {
        let root = self.cached(&request, now, FRESH_US).unwrap_or_else(|| self.table.root.clone());
        if self.cached(&request, now, FRESH_US).is_none() {
            self.caches[(request.order % INSTANCES) as usize] = Some((now, root.clone()));
        }
        self.redeem(now, request, &root, true);
    }

    fn met_empty_shard(&self, request: &Request, now: Micros) -> bool {
        self.empty_shard_met[(request.order % INSTANCES) as usize].is_some_and(|at| at + CACHE_US > now)
    }

    fn cached(&self, request: &Request, now: Micros, age: Micros) -> Option<Root> {
        let cache = self.caches[(request.order % INSTANCES) as usize].as_ref();
        cache.filter(|(at, _)| at + age > now).map(|(_, root)| root.clone())
    }

    /// Makes the next write of a request. `has_read` states whether the request has just read the root and the shard.
    fn redeem(&mut self, now: Micros, request: Request, root: &Root, has_read: bool) {
        let is_available = root.unavailable(DateTime::UNIX_EPOCH).is_none();
        let Some(shard) = plan::pick(root, request.digest).filter(|_| is_available) else {
            self.figures.rejected += u64::from(!self.redeemed.contains(&request.order));
            return;
        };
        let item = &self.table.shards[usize::from(shard.number())];
        let step = match has_read {
            true => plan::redeem_step(root, shard, item, &self.policy),
            false => RedeemStep::Take,
        };
        match step {
            RedeemStep::Take => self.take(now, request, shard, root.version),
            RedeemStep::First(_) if !self.policy.helps(Duration::from_micros(now - request.began)) => {
                self.back_off(now, request);
            }
            RedeemStep::First(write) => match self.write(now, &write, None) {
                Outcome::Committed | Outcome::ConditionFailed => {
                    self.schedule(now + 2 * ROUND_TRIP_US, Event::Read(request));
                }
                Outcome::Conflict | Outcome::Throttled => self.back_off(now, request),
            },
            RedeemStep::ReadAgain => self.schedule(now + ROUND_TRIP_US, Event::Read(request)),
        }
    }

    fn take(&mut self, now: Micros, request: Request, shard: ShardId, version: i64) {
        let outcome = self.write(now, &take(shard, version), Some(request.order));
        match outcome {
            Outcome::Committed if self.random.one_in(FAULTS) => {
                self.redeemed.insert(request.order);
                self.back_off(now, request);
            }
            Outcome::Committed => {
                self.redeemed.insert(request.order);
                self.figures.latencies.push(now + ROUND_TRIP_US - request.began);
            }
            Outcome::ConditionFailed if self.redeemed.contains(&request.order) => {
                self.figures.latencies.push(now + ROUND_TRIP_US - request.began);
            }
            Outcome::ConditionFailed => {
                self.empty_shard_met[(request.order % INSTANCES) as usize] = Some(now);
                self.schedule(now + 2 * ROUND_TRIP_US, Event::Read(request));
            }
            Outcome::Conflict | Outcome::Throttled => self.back_off(now, request),
        }
    }

    /// Sends a request again after a random time, to another shard, or gives up.
    fn back_off(&mut self, now: Micros, mut request: Request) {
        if now > request.began + BUDGET_US {
            self.figures.busy += u64::from(!self.redeemed.contains(&request.order));
            return;
        }
        let longest = (FIRST_BACKOFF_US << request.attempts.min(10)).min(MAX_BACKOFF_US);
        request.attempts += 1;
        request.digest = self.random.next();
        let wait = ROUND_TRIP_US + self.random.below(longest);
        self.schedule(now + wait, Event::Decide(request));
    }

    /// Tries a write, and lets the relay tend the shard that it changes.
    fn write(&mut self, now: Micros, write: &Write, order: Option<u64>) -> Outcome {
        let is_repeated = order.is_some_and(|order| self.redeemed.contains(&order));
        let outcome = self.table.attempt(write, is_repeated, now);
        if let (Outcome::Committed, Some(write)) = (outcome, &write.shard) {
            self.tend_later(write.shard, now);
        }
        outcome
    }

    fn tend_later(&mut self, shard: ShardId, now: Micros) {
        let is_tended = &mut self.is_tended[usize::from(shard.number())];
        if !*is_tended {
            *is_tended = true;
            let (least, most) = RELAY_LAG_US;
            let lag = least + self.random.below(most - least);
            self.schedule(now + lag, Event::Tend(shard));
        }
    }

    fn tend(&mut self, now: Micros, shard: ShardId) {
        let place = usize::from(shard.number());
        self.is_tended[place] = false;
        let Some(write) = plan::tend(&self.table.root, shard, &self.table.shards[place], &self.policy) else { return };
        let crashes = self.random.one_in(FAULTS);
        let outcome = if crashes { Outcome::Conflict } else { self.write(now, &write, None) };
        if outcome != Outcome::Committed {
            self.is_tended[place] = true;
            let wait = ROUND_TRIP_US + self.random.below(4 * FIRST_BACKOFF_US);
            self.schedule(now + wait, Event::Tend(shard));
        }
    }
}

/// Random numbers from a fixed seed (SplitMix64, Steele 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}
