//! Steps of edits and of the timer of the expiry.

use super::super::plan::{self, EditStep, ExpiryStep};
use super::super::protocol;
use super::super::write::Kind;
use super::actors::Steps;
use super::checks;
use super::explorer::Actor;
use super::mutants::Omission;
use super::world::{Editor, Expirer};

/// Attempts of an edit before it reports a conflict.
const EDIT_ATTEMPTS: u8 = 2;

const EDITORS: Actor = 24;
const EXPIRERS: Actor = 32;

impl Steps<'_> {
    /// Adds the steps of an edit.
    pub(super) fn of_editor(&mut self, number: usize) {
        let actor = EDITORS + number as Actor;
        let mut violation = None;
        let next = match self.world.editors[number].clone() {
            Editor::Done => return,
            Editor::ReadRoot { attempts: EDIT_ATTEMPTS } => Editor::Done,
            Editor::ReadRoot { attempts } => {
                let root = &self.world.root;
                let to = self.scenario.edits[number].on(root);
                match plan::edit_step(root, &to, self.world.now()) {
                    // The timer does this.
                    EditStep::RecordExpiry => return,
                    EditStep::Done => {
                        Editor::Copy { version: root.version, edits: self.world.history.edits, shards: root.open }
                    }
                    EditStep::Write(write) => Editor::Send { write: self.scenario.mutated(write), attempts },
                    EditStep::Drain(_) if self.scenario.omits(Omission::Drain) => {
                        violation = checks::of_rejected_limit(self.world, to.limit);
                        Editor::Done
                    }
                    EditStep::Drain(shard) => Editor::ReadShard { shard, attempts },
                    EditStep::BelowRedeemed(_) => {
                        violation = checks::of_rejected_limit(self.world, to.limit);
                        Editor::Done
                    }
                }
            }
            Editor::ReadShard { shard, attempts } => {
                let write = protocol::close(shard, self.world.shard(shard));
                Editor::Send { write: self.scenario.mutated(write), attempts }
            }
            Editor::Send { write, attempts } => {
                let mut next = self.world.clone();
                if next.commit(&write, None) && write.kind == Kind::Edit {
                    violation = checks::of_committed_edit(&next.root, self.scenario.edits[number]);
                }
                if violation.is_some() {
                    return self.push_checked(Some(actor), "edit writes", violation, |world| *world = next);
                }
                return self.push_write(actor, "edit writes", &write, (None, None), |world, _| {
                    world.editors[number] = Editor::ReadRoot { attempts: attempts + 1 };
                });
            }
            Editor::Copy { version, edits, mut shards } => {
                let shard = shards.iter().next().filter(|_| !self.scenario.omits(Omission::CopyBeforeAnswer));
                if let Some(shard) = shard {
                    shards.remove(shard);
                    let write = self.scenario.mutated(protocol::sync(shard, version));
                    return self.push_write(actor, "edit copies the version", &write, (None, None), |world, _| {
                        world.editors[number] = Editor::Copy { version, edits, shards };
                    });
                }
                let violation = checks::of_answered_edit(self.world, version);
                return self.push_checked(Some(actor), "edit is answered", violation, |world| {
                    let answered = &mut world.history.answered_edits;
                    *answered = edits.max(*answered);
                    world.editors[number] = Editor::Done;
                });
            }
        };
        self.push_checked(Some(actor), "edit reads", violation, |world| world.editors[number] = next);
        self.push_crash("edit crashes", |world| world.editors[number] = Editor::Done);
    }

    /// Adds the steps of the timer of the expiry.
    pub(super) fn of_expirer(&mut self, number: usize) {
        let actor = EXPIRERS + number as Actor;
        match self.world.expirers[number].clone() {
            Expirer::Idle => {
                let writes = match plan::expiry_step(&self.world.root, self.world.now()) {
                    None => return,
                    Some(ExpiryStep::Expire(write)) => vec![write],
                    Some(ExpiryStep::Announce { announce, .. })
                        if self.scenario.omits(Omission::CopyBeforeAnnounce) =>
                    {
                        vec![announce]
                    }
                    Some(ExpiryStep::Announce { mut before, announce }) => {
                        before.push(announce);
                        before
                    }
                };
                let writes = writes.into_iter().map(|write| self.scenario.mutated(write)).collect();
                self.push(Some(actor), "timer reads", |world| world.expirers[number] = Expirer::Send(writes));
            }
            Expirer::Send(writes) => {
                let Some((write, rest)) = writes.split_first() else { return };
                let next = if rest.is_empty() { Expirer::Idle } else { Expirer::Send(rest.to_vec()) };
                self.push_write(actor, "timer writes", write, (None, None), |world, _| {
                    world.expirers[number] = next.clone();
                });
                self.push_crash("timer crashes", |world| world.expirers[number] = Expirer::Idle);
            }
        }
    }
}
