//! Sharded escrow: one coupon that is redeemed up to ten thousand times a second, with an exact limit.
//!
//! A redemption takes one token. DynamoDB serialises the writes of one item, so a single counter limits the rate. The
//! tokens are therefore spread over up to [`MAX_SHARDS`] items, the *shards*. The *root* holds the tokens that are in no
//! shard, and the set of shards that are open. Tokens are always in an item, never in the memory of a function.
//!
//! # Writes
//!
//! Each row is one DynamoDB transaction, or one conditional write if it touches one item. Every condition is needed: a
//! test in `escrow/tests` removes each condition in turn, and the model check finds a fault each time.
//!
//! | write | item | conditions | changes | units |
//! |---|---|---|---|---|
//! | [`take`] | redemption | absent | put | 4 |
//! | | shard | has tokens, version as cached | −1 token, position +1 | |
//! | [`return_to_shard`] | redemption | unchanged | move to rolled back | 6 |
//! | | shard | open | +1 token | |
//! | [`return_to_root`] | redemption | unchanged | move to rolled back | 6 |
//! | | root | exhausted or not, as read | +1 token, new epoch if exhausted | |
//! | [`refill`] | root | at least k tokens, version as read | −k tokens, lists the shard as open | 4 |
//! | | shard | few tokens | +k tokens, open, version of the root | |
//! | [`close`] | root | | tokens of the shard, lists the shard as closed | 4 |
//! | | shard | number of tokens as read | no tokens, closed | |
//! | [`sync`] | shard | older version | version of the root | 1 |
//! | [`edit`] | root | version as read; to lower the limit, at least as many tokens | settings, version +1 | 1 |
//! | [`expire`] | root | version as read | expired, version +1 | 1 |
//! | [`announce`] | root | version as read | announced, version +1 | 1 |
//!
//! [`numbers`] describes the write that assigns sequence numbers. [`plan`] decides which write is next.
//!
//! # Lifecycle
//!
//! ```text
//! shard:  Closed --(refill)--> Open --(close)--> Closed
//! coupon: Available --(close of the last open shard, or edit, that leaves no token)--> Exhausted   event: limit reached
//!         Exhausted --(edit that raises the limit, or return_to_root)--> Available                 new epoch
//!         Active --(expire)--> Expired --(announce)--> Announced                                   event: expired
//! ```
//!
//! # Invariants
//!
//! 1. `limit` = tokens of the root + tokens of all shards + active redemptions, and no number of tokens is negative.
//!    The number of redemptions therefore never exceeds the limit.
//! 2. A closed shard has no tokens. A coupon without open shards and without tokens in the root is therefore exhausted,
//!    and the root alone shows it.
//! 3. A coupon becomes exhausted at most once per epoch, and exactly once if all tokens of the epoch are redeemed.
//! 4. After the response to an edit, no redemption uses the earlier terms. After the event *expired*, no redemption is
//!    committed.
//!
//! The adapters do not use this module yet: decision 0158 proposes how a coupon's counter becomes the root.

pub mod numbers;
pub mod plan;
pub mod protocol;
mod root;
mod shard;
pub mod sizing;
pub mod write;

#[cfg(test)]
mod tests;

pub use protocol::{Settings, announce, close, edit, expire, refill, return_to_root, return_to_shard, sync, take};
pub use root::{Root, UNLIMITED, Unavailable};
pub use shard::{MAX_SHARDS, Shard, ShardId, ShardSet};
