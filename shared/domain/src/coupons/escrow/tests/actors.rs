//! Steps of the actors: redeem requests, rollbacks, the relay, and time. [`operators`](super::operators) has the others.

use super::super::plan::{self, RedeemStep};
use super::super::write::Write;
use super::super::{Root, ShardId, Unavailable, protocol};
use super::checks;
use super::explorer::{Actor, Model, Step};
use super::mutants::Omission;
use super::world::{Priced, Request, Rollback, Scenario, Target, World};

const REQUESTS: Actor = 0;
const ROLLBACKS: Actor = 16;
const RELAY: Actor = 40;

impl Model for Scenario {
    type State = World;

    fn start(&self) -> World {
        World::of(self)
    }

    fn steps(&self, world: &World) -> Vec<Step<World>> {
        let mut steps = Steps { scenario: self, world, found: Vec::new() };
        (0..world.requests.len()).for_each(|request| steps.of_request(request));
        (0..world.rollbacks.len()).for_each(|rollback| steps.of_rollback(rollback));
        (0..world.editors.len()).for_each(|editor| steps.of_editor(editor));
        (0..world.expirers.len()).for_each(|expirer| steps.of_expirer(expirer));
        (0..self.shards).filter_map(ShardId::new).for_each(|shard| steps.of_relay(shard));
        if world.minute < self.last_minute {
            steps.push(None, "a minute passes", |world| world.minute += 1);
        }
        steps.found
    }

    fn violation(&self, world: &World) -> Option<&'static str> {
        checks::of_state(world)
    }

    fn is_settled(&self, world: &World) -> bool {
        world.is_settled()
    }
}

/// Steps from one state.
pub(super) struct Steps<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) world: &'a World,
    found: Vec<Step<World>>,
}

impl Steps<'_> {
    /// Adds a step.
    pub(super) fn push(&mut self, actor: Option<Actor>, label: &'static str, change: impl FnOnce(&mut World)) {
        self.push_checked(actor, label, None, change);
    }

    pub(super) fn push_checked(
        &mut self,
        actor: Option<Actor>,
        label: &'static str,
        violation: Option<&'static str>,
        change: impl FnOnce(&mut World),
    ) {
        let mut next = self.world.clone();
        change(&mut next);
        self.found.push(Step { actor, label, next, violation });
    }

    /// Adds a crash of an actor, which never has to happen.
    pub(super) fn push_crash(&mut self, label: &'static str, change: impl FnOnce(&mut World)) {
        if self.world.crashes > 0 {
            self.push(None, label, |world| {
                world.crashes -= 1;
                change(world);
            });
        }
    }

    /// Adds the execution of a write. `done` gets whether the write was committed. If the response is lost, the actor
    /// does not change, and sends the write again.
    pub(super) fn push_write(
        &mut self,
        actor: Actor,
        label: &'static str,
        write: &Write,
        (target, priced): (Option<Target>, Option<Priced>),
        done: impl Fn(&mut World, bool),
    ) {
        let mut next = self.world.clone();
        let committed = next.commit(write, target);
        let violation = if committed { checks::of_write(self.world, write, priced, self.scenario) } else { None };
        if committed && next.lost_responses > 0 {
            let lost = World { lost_responses: next.lost_responses - 1, ..next.clone() };
            let label = "response of the write is lost";
            self.found.push(Step { actor: Some(actor), label, next: lost, violation });
        }
        done(&mut next, committed);
        self.found.push(Step { actor: Some(actor), label, next, violation });
    }

    fn of_request(&mut self, number: usize) {
        let actor = REQUESTS + number as Actor;
        let (order, digest) = self.scenario.requests[number];
        match self.world.requests[number].clone() {
            Request::Answered => {}
            Request::ReadRoot => {
                let root = self.world.root.clone();
                let now = self.world.now();
                let shard = plan::pick(&root, digest);
                match (self.world.root.unavailable(now), shard) {
                    (None, Some(shard)) if self.scenario.reads_are_atomic => {
                        self.of_shard_read(number, &root, self.world.history.edits, shard);
                    }
                    (None, Some(shard)) => self.push(Some(actor), "request reads the root", |world| {
                        world.requests[number] = Request::ReadShard { root, edits: world.history.edits, shard };
                    }),
                    (reason, _) => {
                        let limit_reached = reason == Some(Unavailable::LimitReached);
                        let violation = if limit_reached { checks::of_limit_reached(self.world) } else { None };
                        self.push_checked(Some(actor), "request is rejected", violation, |world| {
                            world.requests[number] = Request::Answered;
                        });
                    }
                }
            }
            Request::ReadShard { root, edits, shard } => self.of_shard_read(number, &root, edits, shard),
            Request::Send { write, priced: None } => {
                self.push_write(actor, "request prepares a shard", &write, (None, None), |world, _| {
                    world.requests[number] = Request::ReadRoot;
                });
            }
            Request::Send { write, priced } => self.of_take(number, order, &write, priced),
        }
        if self.world.requests[number] != Request::Answered {
            self.push_crash("request crashes", |world| world.requests[number] = Request::Answered);
        }
    }

    /// Adds the step that reads a shard and decides the next write.
    fn of_shard_read(&mut self, number: usize, root: &Root, edits: u8, shard: ShardId) {
        let actor = REQUESTS + number as Actor;
        let priced = Priced { edits, minute: self.world.minute };
        let next = match plan::redeem_step(root, shard, self.world.shard(shard), &self.scenario.policy) {
            RedeemStep::Take => Request::Send {
                write: self.scenario.mutated(protocol::take(shard, root.version)),
                priced: Some(priced),
            },
            RedeemStep::First(_) if self.scenario.omits(Omission::RejectAtEmptyShard) && root.left == 0 => {
                let violation = checks::of_limit_reached(self.world);
                return self.push_checked(Some(actor), "request is rejected", violation, |world| {
                    world.requests[number] = Request::Answered;
                });
            }
            RedeemStep::First(write) if self.scenario.omits_write(&write) => Request::ReadRoot,
            RedeemStep::First(write) => Request::Send { write: self.scenario.mutated(write), priced: None },
            RedeemStep::ReadAgain => Request::ReadRoot,
        };
        self.push(Some(actor), "request reads a shard", |world| world.requests[number] = next);
    }

    /// Adds the step that redeems. If the order has a redemption, the answer is that redemption.
    fn of_take(&mut self, number: usize, order: usize, write: &Write, priced: Option<Priced>) {
        let actor = REQUESTS + number as Actor;
        let before =
            self.world.redemptions[order].filter(|_| write.redemption.is_some_and(|write| write.condition.is_some()));
        if let Some(made) = before {
            let earlier = self.world.history.answers[order];
            let violation =
                earlier.is_some_and(|earlier| earlier != made.generation).then_some("two answers for one order differ");
            return self.push_checked(Some(actor), "request finds its redemption", violation, |world| {
                world.history.answers[order] = Some(made.generation);
                world.requests[number] = Request::Answered;
            });
        }
        let target = Target { order, generation: 0 };
        self.push_write(actor, "request redeems", write, (Some(target), priced), |world, committed| {
            if committed {
                world.history.answers[order] = world.redemptions[order].map(|made| made.generation);
            }
            world.requests[number] = if committed { Request::Answered } else { Request::ReadRoot };
        });
    }

    fn of_rollback(&mut self, number: usize) {
        let order = self.scenario.rollbacks[number];
        match self.world.rollbacks[number].clone() {
            Rollback::Done => {}
            Rollback::Waiting => {
                let Some(made) = self.world.redemptions[order] else { return };
                let write = plan::roll_back(&self.world.root, made.shard, self.world.shard(made.shard));
                let next = Rollback::Send { write: self.scenario.mutated(write), generation: made.generation };
                self.push(None, "rollback reads", |world| world.rollbacks[number] = next);
            }
            Rollback::Send { write, generation } => {
                let actor = ROLLBACKS + number as Actor;
                let target = Target { order, generation };
                self.push_write(actor, "rollback", &write, (Some(target), None), |world, committed| {
                    let is_gone = world.redemptions[order].is_none_or(|made| made.generation != generation);
                    let is_done = committed || is_gone;
                    world.rollbacks[number] = if is_done { Rollback::Done } else { Rollback::Waiting };
                });
                self.push_crash("rollback crashes", |world| world.rollbacks[number] = Rollback::Done);
            }
        }
    }

    /// Adds the steps of the relay for one shard: read the items, then write, until nothing is left to do.
    fn of_relay(&mut self, shard: ShardId) {
        let actor = RELAY + shard.number();
        let place = usize::from(shard.number());
        if let Some(write) = &self.world.tending[place] {
            self.push_write(actor, "relay tends a shard", write, (None, None), |world, _| world.tending[place] = None);
            self.push_crash("relay crashes", |world| world.tending[place] = None);
        } else if self.world.dirty.contains(shard) {
            let write = plan::tend(&self.world.root, shard, self.world.shard(shard), &self.scenario.policy);
            let write = write.filter(|write| !self.scenario.omits_write(write));
            self.push(Some(actor), "relay reads", |world| match write {
                Some(write) => world.tending[place] = Some(self.scenario.mutated(write)),
                None => world.dirty.remove(shard),
            });
        } else if self.world.redeliveries > 0 {
            self.push(None, "record is delivered again", |world| {
                world.redeliveries -= 1;
                world.dirty.insert(shard);
            });
        }
    }
}
