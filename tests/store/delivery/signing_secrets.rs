//! Rotation of webhook signing secrets.

use chrono::TimeDelta;
use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::delivery::webhook::{SECRET_OVERLAP, SigningSecret};
use couponflow_domain::kernel::ids::SigningSecretId;
use couponflow_tests::fixtures::{at, tenant};
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;

fn secret(n: u8) -> SigningSecret {
    SigningSecret::new(SigningSecretId::new(at(0), [n; 10]), [[n; 10]; 3], at(0))
}

#[tokio::test]
async fn the_previous_secret_stays_valid_for_a_day_after_a_rotation() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&tenant("demo"));
    assert!(store.signing_secrets(at(0)).await.unwrap().is_empty());
    assert_eq!(store.rotate_signing_secret(secret(1), at(0)).await.unwrap(), secret(1));
    assert_eq!(store.signing_secrets(at(0)).await.unwrap(), [secret(1)]);
    store.rotate_signing_secret(secret(2), at(5)).await.unwrap();
    let mut former = secret(1);
    former.valid_until = Some(at(5) + SECRET_OVERLAP);
    let last_moment = at(5) + SECRET_OVERLAP - TimeDelta::milliseconds(1);
    assert_eq!(store.signing_secrets(last_moment).await.unwrap(), [secret(2), former]);
    assert_eq!(store.signing_secrets(at(5) + SECRET_OVERLAP).await.unwrap(), [secret(2)]);
    assert!(dynamo.instance().of(&tenant("other")).signing_secrets(at(5)).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_repeated_rotation_returns_the_same_secret() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&tenant("demo"));
    store.rotate_signing_secret(secret(1), at(0)).await.unwrap();
    let same_id = SigningSecret::new(secret(1).id, [[9; 10]; 3], at(0));
    assert_eq!(store.rotate_signing_secret(same_id, at(1)).await.unwrap(), secret(1));
    assert_eq!(store.signing_secrets(at(1)).await.unwrap(), [secret(1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_rotations_the_last_two_secrets_are_valid() {
    let dynamo = Dynamo::start().await;
    let made = join_all((1..=3).map(|n| {
        let store = dynamo.instance().of(&tenant("demo"));
        async move { store.rotate_signing_secret(secret(n), at(0)).await.unwrap() }
    }));
    let made = made.await;
    let store = dynamo.instance().of(&tenant("demo"));
    let valid = store.signing_secrets(at(1)).await.unwrap();
    assert_eq!(valid.len(), 2);
    assert!(valid.iter().all(|secret| made.iter().any(|made| made.id == secret.id)));
    assert_eq!(valid.iter().filter(|secret| secret.valid_until.is_none()).count(), 1);
}
