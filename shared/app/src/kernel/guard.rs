//! Isolates panics and corrupt members of a batch, so that the rest of the batch is processed.

use std::ops::Range;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use crate::kernel::error::StoreError;

/// Error of work that panicked. The panic hook has already logged the location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panicked;

/// Runs work to completion and converts a panic into an error, so that one record fails instead of the whole batch.
///
/// If `work` panics, it must not leave shared state half changed. The caches of an instance are
/// safe, because their entries are replaced as a whole.
///
/// # Errors
/// Returns [`Panicked`] if the work panicked.
pub async fn guarded<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|_| Panicked)
}

/// Range of a batch, and the outcome of processing the range.
pub(crate) type BatchPart<T> = (Range<usize>, Result<T, StoreError>);

/// Processes a batch in one call. If the call fails because of a member of the batch, splits the batch into halves and
/// processes each half, down to single members. Therefore only the members that cause an error fail. Any other error
/// fails the whole part, because each member of the part would fail with the same error.
///
/// Returns the parts in batch order. `process` must be idempotent, because a member of a part that
/// failed is processed again.
pub(crate) async fn isolated<I, T>(
    batch: &[I],
    doing: &'static str,
    process: impl AsyncFn(&[I]) -> Result<T, StoreError>,
) -> Vec<BatchPart<T>> {
    let mut parts = Vec::new();
    let mut left: Vec<Range<usize>> = std::iter::once(0..batch.len()).filter(|whole| !whole.is_empty()).collect();
    while let Some(range) = left.pop() {
        let processed = guarded(process(&batch[range.clone()])).await;
        let processed = processed.unwrap_or(Err(StoreError::Panicked { doing }));
        match processed {
            Err(error) if error.is_caused_by_input() && range.len() > 1 => {
                let middle = range.start + range.len() / 2;
                left.push(middle..range.end);
                left.push(range.start..middle);
            }
            processed => parts.push((range, processed)),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::cell::RefCell;

    #[tokio::test]
    async fn panic_fails_only_its_own_work() {
        let work = |panics: bool| guarded(async move { if panics { panic!("on purpose") } else { 5 } });
        assert_eq!(join_all([true, false].map(work)).await, [Err(Panicked), Ok(5)]);
    }

    fn corrupt() -> StoreError {
        StoreError::damaged("testing", "on purpose")
    }

    #[tokio::test]
    async fn corrupt_and_panicking_members_fail_alone_and_order_is_kept() {
        let done = RefCell::new(Vec::new());
        let batch: Vec<i32> = (0..20).collect();
        let parts = isolated(&batch, "testing", async |part: &[i32]| {
            assert!(!part.contains(&13), "on purpose");
            if part.contains(&7) {
                return Err(corrupt());
            }
            done.borrow_mut().extend(part.to_vec());
            Ok(())
        })
        .await;
        let failed: Vec<_> =
            parts.iter().filter(|(_, outcome)| outcome.is_err()).map(|(range, _)| range.clone()).collect();
        assert_eq!(failed, [7..8, 13..14]);
        let expected: Vec<i32> = (0..20).filter(|i| ![7, 13].contains(i)).collect();
        assert_eq!(*done.borrow(), expected);
    }

    #[tokio::test]
    async fn error_not_caused_by_a_member_fails_the_batch_in_one_call() {
        let calls = RefCell::new(0);
        let parts = isolated(&[1, 2, 3], "testing", async |_: &[i32]| {
            *calls.borrow_mut() += 1;
            Err::<(), _>(StoreError::Busy { doing: "testing" })
        })
        .await;
        assert!(matches!(&parts[..], [(range, Err(StoreError::Busy { .. }))] if *range == (0..3)));
        assert_eq!(*calls.borrow(), 1);
    }
}
