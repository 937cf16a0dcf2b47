//! Code jobs: generation and import, with crashes, concurrency, collisions and deleted coupons.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use couponflow_app::coupons::jobs;
use couponflow_app::coupons::ports::Code;
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::kernel::system::{Clock, Rng};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::coupons::code::{CouponCode, GenerateCodes, Generator, ListedCode, Seed};
use couponflow_domain::coupons::coupon::{Coupon, State};
use couponflow_domain::coupons::job::{Job, JobKind, JobStatus};
use couponflow_domain::kernel::digest::{Bits80, bits80};
use couponflow_domain::kernel::ids::JobId;
use couponflow_domain::kernel::input;
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_http::view;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::json;

use crate::timers::timer::{SentTimers, run_scan};

/// A clock that advances by `tick_ms` whenever it is read.
struct TickingClock {
    now_ms: AtomicI64,
    tick_ms: i64,
}

impl TickingClock {
    fn at(now_ms: i64, tick_ms: i64) -> Self {
        Self { now_ms: now_ms.into(), tick_ms }
    }
}

impl Clock for TickingClock {
    fn now(&self) -> DateTime<Utc> {
        at(self.now_ms.fetch_add(self.tick_ms, Ordering::SeqCst))
    }
}

impl Rng for TickingClock {
    fn bits(&self) -> Bits80 {
        [0; 10]
    }
}

pub(crate) struct JobHarness {
    pub(crate) dynamo: Dynamo,
    table: Table,
    pub(crate) store: TenantStore,
    pub(crate) coupon: Coupon,
}

impl JobHarness {
    pub(crate) async fn open() -> Self {
        let dynamo = Dynamo::start().await;
        let table = dynamo.instance();
        let store = table.of(&fixtures::tenant("demo"));
        let coupon = stored_coupon(&store, "VIP50", json!({})).await;
        Self { dynamo, table, store, coupon }
    }

    fn job(&self, name: &str, work: JobKind, count: i64) -> Job {
        Job::new(JobId::new(at(0), bits80(&[name])), self.coupon.id.clone(), work, count, at(0))
    }

    async fn generate(&self, name: &str, generator: &Generator, count: i64) -> Job {
        let job = self.job(name, JobKind::GenerateCodes(generator.clone()), count);
        self.store.create_job(&job, 20).await.unwrap().unwrap();
        job
    }

    pub(crate) async fn import(&self, name: &str, codes: &[CouponCode]) -> Job {
        let job = self.job(name, JobKind::ImportCodes, codes.len() as i64);
        let listed: Vec<ListedCode> =
            (2..).zip(codes).map(|(line, code)| ListedCode { line, code: code.clone() }).collect();
        jobs::start_import(&self.store, &job, &listed).await.unwrap().unwrap();
        job
    }

    /// Scans and fires due timers until none is left. Returns the number of fired timers.
    pub(crate) async fn run_to_end(&self, tick_ms: i64) -> usize {
        let (sent, mut fired) = (SentTimers::default(), 0);
        for minute in (5..500).step_by(5) {
            let now_ms = minute * 60_000;
            assert_eq!(run_scan(&self.table, &sent, at(now_ms)).await.failed, 0);
            let due = sent.take();
            if due.is_empty() {
                return fired;
            }
            for timer in due {
                let Purpose::JobStep { job_id } = &timer.purpose else { panic!("{timer:?}") };
                assert!(jobs::step(&self.store, &TickingClock::at(now_ms, tick_ms), job_id, &timer).await.unwrap());
                fired += 1;
            }
        }
        panic!("the jobs have not ended after 99 scans");
    }

    async fn read(&self, job: &Job) -> Job {
        self.store.job(&job.id).await.unwrap().unwrap()
    }

    pub(crate) async fn codes(&self) -> Vec<CouponCode> {
        let page = PageRequest { limit: 1000, cursor: None };
        let page = self.store.unique_codes(&self.coupon.id, None, &page).await.unwrap();
        assert_eq!(page.next_cursor, None);
        page.data.into_iter().map(|code| code.code).collect()
    }

    /// Reads the number of issued codes in the coupon's statistics.
    async fn issued(&self) -> i64 {
        let key = |text: String| aws_sdk_dynamodb::types::AttributeValue::S(text);
        let get = self.dynamo.client.get_item().table_name("couponflow");
        let get = get.key("pk", key(format!("t#demo#coupon#{}", self.coupon.id))).key("sk", key("stats".to_owned()));
        let item = get.send().await.unwrap().item.unwrap_or_default();
        item.get("issued").map_or(0, |issued| issued.as_n().unwrap().parse().unwrap())
    }
}

fn timer(job: &Job) -> Timer {
    let purpose = Purpose::JobStep { job_id: job.id.clone() };
    Timer { tenant_id: fixtures::tenant("demo"), due_at: job.created_at, purpose }
}

async fn step(table: &Table, job: &Job) -> Result<bool, StoreError> {
    jobs::step(&table.of(&fixtures::tenant("demo")), &TickingClock::at(0, 1), &job.id, &timer(job)).await
}

fn generator() -> Generator {
    let wanted = input::read(&json!({"count": 1, "prefix": "VIP"}), GenerateCodes::read).unwrap();
    wanted.generator(Seed([[7; 10]; 4]))
}

/// A generator that can make only 30 distinct codes.
fn tiny_generator(seed: u8) -> Generator {
    Generator { seed: Seed([[seed; 10]; 4]), prefix: "AB".to_owned(), length: 1 }
}

/// The numbers of calls after which the function dies. Generating 250 codes takes 255 calls: two
/// reads (job and coupon), one write per code, and one update of the job after each of three
/// batches.
const CUTS: [usize; 12] = [0, 1, 2, 40, 102, 103, 150, 203, 204, 230, 254, 255];

#[tokio::test]
async fn a_generation_that_dies_anywhere_ends_with_the_same_codes() {
    let expected: BTreeSet<CouponCode> = (0..250).map(|place| generator().code(place, 0)).collect();
    for cut in CUTS {
        let shop = JobHarness::open().await;
        let job = shop.generate("job", &generator(), 250).await;
        let stepped = step(&shop.dynamo.dying_instance(cut), &job).await;
        assert_eq!(stepped.is_ok(), cut == 255, "{cut}");
        assert_eq!(shop.run_to_end(1).await, usize::from(cut < 255), "{cut}");
        assert_eq!(shop.codes().await, expected.iter().cloned().collect::<Vec<_>>(), "{cut}");
        assert_eq!(shop.issued().await, 250, "{cut}");
        let ended = shop.read(&job).await;
        assert_eq!((ended.status, ended.issued, ended.failed), (JobStatus::Completed, 250, 0), "{cut}");
    }
}

/// Number of calls of an import of 250 codes: as many as for a generation, and one read of the
/// codes for each of three batches.
const IMPORT_CALLS: usize = 258;

#[tokio::test]
async fn an_import_that_dies_anywhere_ends_with_the_same_codes_and_errors() {
    let codes: Vec<CouponCode> = (0..250).map(|i| CouponCode::parse(&format!("IMPORT{i:03}")).unwrap()).collect();
    for cut in [2, 50, 103, 104, 207, IMPORT_CALLS - 1, IMPORT_CALLS] {
        let shop = JobHarness::open().await;
        for taken in [5, 120, 249] {
            stored_coupon(&shop.store, codes[taken].as_str(), json!({})).await;
        }
        let job = shop.import("job", &codes).await;
        let stepped = step(&shop.dynamo.dying_instance(cut), &job).await;
        assert_eq!(stepped.is_ok(), cut == IMPORT_CALLS, "{cut}");
        assert_eq!(shop.run_to_end(1).await, usize::from(cut < IMPORT_CALLS), "{cut}");
        let ended = shop.read(&job).await;
        assert_eq!((ended.status, ended.issued, ended.failed), (JobStatus::Completed, 247, 3), "{cut}");
        assert_eq!(ended.errors.iter().map(|error| error.line).collect::<Vec<_>>(), [7, 122, 251], "{cut}");
        assert_eq!((shop.codes().await.len(), shop.issued().await), (247, 247), "{cut}");
        let shown = json!(view::Job::from(&ended));
        let progress = (&shown["count"], &shown["done"], &shown["failed"]);
        assert_eq!(progress, (&json!(250), &json!(250), &json!(3)), "{cut}: every line is processed");
        for taken in [5, 120, 249] {
            let code = shop.store.code(&codes[taken]).await.unwrap().unwrap();
            assert!(matches!(code, Code::Shared(id) if id != shop.coupon.id));
        }
    }
}

#[tokio::test]
async fn concurrent_functions_issue_the_same_codes_as_one() {
    let shop = JobHarness::open().await;
    let job = shop.generate("job", &generator(), 250).await;
    let tiny = shop.generate("tiny", &tiny_generator(1), 20).await;
    let functions: Vec<Table> = (0..6).map(|_| shop.dynamo.instance()).collect();
    join_all(functions.iter().flat_map(|table| [step(table, &job), step(table, &tiny)])).await;
    shop.run_to_end(1).await;
    assert_eq!((shop.codes().await.len(), shop.issued().await), (270, 270));
    for job in [job, tiny] {
        let ended = shop.read(&job).await;
        assert_eq!((ended.status, ended.issued, ended.failed), (JobStatus::Completed, job.count, 0));
    }
}

#[tokio::test]
async fn a_long_job_takes_several_steps_and_leaves_no_timer() {
    let shop = JobHarness::open().await;
    let job = shop.generate("job", &generator(), 450).await;
    assert_eq!(shop.run_to_end(6000).await, 3, "two batches of 6 s fill a step");
    assert_eq!((shop.read(&job).await.status, shop.codes().await.len()), (JobStatus::Completed, 450));
}

#[tokio::test]
async fn colliding_codes_are_replaced_until_no_free_code_is_left() {
    let shop = JobHarness::open().await;
    let first = shop.generate("first", &tiny_generator(1), 20).await;
    shop.run_to_end(1).await;
    assert_eq!((shop.read(&first).await.issued, shop.codes().await.len()), (20, 20));
    let second = shop.generate("second", &tiny_generator(2), 20).await;
    shop.run_to_end(1).await;
    let second = shop.read(&second).await;
    assert_eq!((second.status, second.processed()), (JobStatus::Failed, 20));
    assert!(second.reason.is_some() && second.issued <= 10);
    let codes = shop.codes().await.len() as i64;
    assert_eq!((codes, shop.issued().await), (20 + second.issued, 20 + second.issued));
}

#[tokio::test]
async fn a_generation_never_takes_another_coupons_code() {
    let shop = JobHarness::open().await;
    let shared = stored_coupon(&shop.store, generator().code(3, 0).as_str(), json!({})).await;
    let theirs = stored_coupon(&shop.store, "OTHER", json!({})).await;
    let import = Job { coupon_id: theirs.id.clone(), ..shop.job("theirs", JobKind::ImportCodes, 1) };
    let unique = ListedCode { line: 1, code: generator().code(5, 0) };
    jobs::start_import(&shop.store, &import, std::slice::from_ref(&unique)).await.unwrap().unwrap();
    shop.run_to_end(1).await;

    shop.generate("job", &generator(), 10).await;
    shop.run_to_end(1).await;
    let attempt = |place| u32::from([3, 5].contains(&place));
    let expected: BTreeSet<CouponCode> = (0..10).map(|place| generator().code(place, attempt(place))).collect();
    assert_eq!(shop.codes().await, expected.into_iter().collect::<Vec<_>>());
    assert_eq!(shop.store.code(&shared.terms.code).await.unwrap(), Some(Code::Shared(shared.id)));
    let code = shop.store.code(&unique.code).await.unwrap();
    assert!(matches!(code, Some(Code::Unique(code)) if code.coupon_id == theirs.id));
}

#[tokio::test]
async fn a_job_of_a_deleted_coupon_fails_and_issues_nothing() {
    let shop = JobHarness::open().await;
    let job = shop.generate("job", &generator(), 10).await;
    assert!(shop.store.set_state(&shop.coupon, State::Deleted, at(1)).await.unwrap());
    assert_eq!(shop.run_to_end(1).await, 1);
    let ended = shop.read(&job).await;
    assert_eq!((ended.status, ended.issued), (JobStatus::Failed, 0));
    assert_eq!((shop.codes().await.len(), shop.issued().await), (0, 0));
    assert!(!step(&shop.table, &job).await.unwrap(), "a job that has ended takes no step");
}
