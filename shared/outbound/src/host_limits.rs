//! Limits per host, so that a receiver that does not respond can't occupy the function: requests in flight, and a circuit
//! breaker. Each instance of the function has limits of its own.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Maximum number of requests to one host at the same time.
const MAX_IN_FLIGHT: usize = 4;

/// Maximum time that a request waits for the requests before it.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// Number of requests without a response, within [`WINDOW`], after which the breaker opens.
const MAX_FAILURES: usize = 5;

/// Time in which requests without a response are counted.
const WINDOW: Duration = Duration::from_secs(60);

/// Time for which an open breaker rejects requests. Afterwards one request at a time probes the host.
const OPEN: Duration = Duration::from_secs(60);

/// Maximum number of hosts. Beyond it, hosts are forgotten: first the hosts without failures, then the host whose last
/// failure is the longest ago. Tenants choose the hosts, so the number of hosts has no other limit.
const CAPACITY: usize = 1_000;

/// Limits of all hosts.
#[derive(Debug, Clone, Default)]
pub(crate) struct HostLimits(Arc<Mutex<HashMap<String, Host>>>);

#[derive(Debug)]
struct Host {
    in_flight: Arc<Semaphore>,
    /// Instants of the last requests without a response, oldest first.
    failures: VecDeque<Instant>,
    open_until: Option<Instant>,
}

/// Why a request is not sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Limited {
    #[error("the receiver did not respond to {max} requests within a minute, so it gets none for a minute", max = MAX_FAILURES)]
    BreakerOpen,
    #[error("{max} requests to the receiver are already under way", max = MAX_IN_FLIGHT)]
    InFlight,
}

impl Default for Host {
    fn default() -> Self {
        Self { in_flight: Arc::new(Semaphore::new(MAX_IN_FLIGHT)), failures: VecDeque::new(), open_until: None }
    }
}

impl HostLimits {
    /// Waits until a request to the host may be sent. The request counts as under way until the permit is dropped.
    ///
    /// # Errors
    /// Returns [`Limited`] if the breaker is open, or if the requests before take too long.
    pub(crate) async fn enter(&self, host: &str) -> Result<OwnedSemaphorePermit, Limited> {
        let in_flight = self.with(host, |host| match host.is_open(Instant::now()) {
            true => Err(Limited::BreakerOpen),
            false => Ok(Arc::clone(&host.in_flight)),
        })?;
        match tokio::time::timeout(MAX_WAIT, in_flight.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Limited::InFlight),
        }
    }

    /// Records whether the host responded to a request.
    pub(crate) fn record(&self, host: &str, has_responded: bool) {
        self.with(host, |host| match has_responded {
            true => (host.failures, host.open_until) = (VecDeque::new(), None),
            false => host.fail(Instant::now()),
        });
    }

    fn with<T>(&self, name: &str, change: impl FnOnce(&mut Host) -> T) -> T {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= CAPACITY && !hosts.contains_key(name) {
            hosts.retain(|_, host| !host.failures.is_empty() || host.is_busy());
        }
        if hosts.len() >= CAPACITY && !hosts.contains_key(name) {
            let idle = hosts.iter().filter(|(_, host)| !host.is_busy());
            let oldest = idle.min_by_key(|(_, host)| host.failures.back().copied()).map(|(name, _)| name.clone());
            if let Some(oldest) = oldest {
                hosts.remove(&oldest);
            }
        }
        change(hosts.entry(name.to_owned()).or_default())
    }
}

impl Host {
    /// Whether requests to the host are under way. The number of such hosts is limited by the number of steps that an
    /// instance runs concurrently.
    fn is_busy(&self) -> bool {
        self.in_flight.available_permits() < MAX_IN_FLIGHT
    }

    /// Whether the breaker rejects a request. When the time of an open breaker is over, permits one request as a probe
    /// and rejects the others for as long again, unless the host responds to the probe.
    fn is_open(&mut self, now: Instant) -> bool {
        match self.open_until {
            None => false,
            Some(until) if now < until => true,
            Some(_) => {
                self.open_until = Some(now + OPEN);
                false
            }
        }
    }

    fn fail(&mut self, now: Instant) {
        self.failures.retain(|failed_at| now.duration_since(*failed_at) < WINDOW);
        self.failures.push_back(now);
        if self.failures.len() >= MAX_FAILURES {
            self.open_until = Some(now + OPEN);
            self.failures.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaker_opens_after_five_failures_in_a_minute_and_lets_one_probe_through() {
        let (mut host, start) = (Host::default(), Instant::now());
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        for second in [0, 61, 62, 63, 64] {
            host.fail(at(second));
            assert!(!host.is_open(at(second)), "the failures do not lie within a minute");
        }
        host.fail(at(65));
        assert!(host.is_open(at(66)) && host.is_open(at(124)));
        assert!(!host.is_open(at(125)), "one request probes the host");
        assert!(host.is_open(at(126)) && host.is_open(at(184)), "the others wait for the probe");
        assert!(!host.is_open(at(185)));
    }

    #[tokio::test]
    async fn response_closes_the_breaker_and_hosts_are_separate() {
        let limits = HostLimits::default();
        for _ in 0..MAX_FAILURES {
            limits.record("slow.example", false);
        }
        assert_eq!(limits.enter("slow.example").await.unwrap_err(), Limited::BreakerOpen);
        assert!(limits.enter("other.example").await.is_ok());
        limits.record("slow.example", true);
        assert!(limits.enter("slow.example").await.is_ok());
    }

    #[tokio::test]
    async fn request_waits_briefly_for_the_requests_before_it() {
        let limits = HostLimits::default();
        let mut permits = Vec::new();
        for _ in 0..MAX_IN_FLIGHT {
            permits.push(limits.enter("slow.example").await.unwrap());
        }
        assert_eq!(limits.enter("slow.example").await.unwrap_err(), Limited::InFlight);
        permits.pop();
        assert!(limits.enter("slow.example").await.is_ok());
    }

    #[test]
    fn number_of_hosts_is_limited_even_if_all_hosts_fail() {
        let limits = HostLimits::default();
        for host in 0..CAPACITY {
            limits.record(&format!("{host}.example"), false);
        }
        // The first host fails again, so its last failure is not the oldest.
        limits.record("0.example", false);
        limits.record("another.example", false);
        let hosts = limits.0.lock().unwrap();
        assert_eq!(hosts.len(), CAPACITY);
        let is_kept = |host: &str| hosts.contains_key(host);
        assert!(is_kept("0.example") && is_kept("another.example"));
    }

    #[tokio::test]
    async fn host_with_a_request_under_way_is_not_forgotten() {
        let limits = HostLimits::default();
        let _permit = limits.enter("busy.example").await.unwrap();
        for host in 0..2 * CAPACITY {
            limits.record(&format!("{host}.example"), false);
        }
        let hosts = limits.0.lock().unwrap();
        assert!(hosts.contains_key("busy.example") && hosts.len() == CAPACITY);
    }
}
