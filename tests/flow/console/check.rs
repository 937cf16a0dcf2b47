//! What is asserted of every page of the console.

use std::path::Path;

use couponflow_tests::browser::Browser;
use couponflow_tests::repository;
use couponflow_tests::shop::Shop;
use serde_json::json;

/// Widths of a phone and of a desktop, in CSS pixels.
const WIDTHS: [u32; 2] = [320, 1280];

/// Opens a page at each width, and asserts that it has no fault.
pub(super) async fn check(browser: &Browser, shop: &Shop, page: &str) {
    assert_no_fault(browser, "the pages before").await;
    let url = shop.console(page);
    let name = page.replace(['/', '?', '&', '='], "-");
    for width in WIDTHS {
        browser.resize(width, 900).await;
        browser.open(&url).await;
        assert_no_fault(browser, &format!("{page} at {width} px")).await;
        assert_page(browser, &name, width).await;
    }
}

/// Asserts at each width that the page that the browser shows has no fault. For a page that is the answer to a form.
pub(super) async fn check_shown(browser: &Browser, name: &str) {
    for width in WIDTHS {
        browser.resize(width, 900).await;
        assert_no_fault(browser, name).await;
        assert_page(browser, name, width).await;
    }
    browser.resize(WIDTHS[1], 900).await;
}

/// Asserts that the page has no accessibility fault, no request to another origin, and no part that is wider than the
/// window. Keeps a picture.
async fn assert_page(browser: &Browser, name: &str, width: u32) {
    let others = "return performance.getEntriesByType('resource').map(entry => entry.name)\
                  .filter(name => !name.startsWith(location.origin) && !name.startsWith('data:'))";
    assert_eq!(browser.run(others).await, json!([]), "{name} requests another origin");
    let loaded = "return performance.getEntriesByType('resource').length";
    assert!(browser.run(loaded).await.as_i64() >= Some(4), "{name} loads its styles and scripts");
    let wide = browser.run("return document.documentElement.scrollWidth").await;
    assert!(wide.as_u64() <= Some(width.into()), "{name} is {wide} px wide at {width} px");
    browser.run(&repository::text("tests/flow/console/axe-core/axe-4.14.1.min.js")).await;
    let audit = "return axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', \
                 'best-practice']}).then(found => [found.passes.length, found.violations.map(fault => \
                 [fault.id, fault.nodes.map(node => node.html + node.failureSummary)])])";
    let found = browser.run(audit).await;
    assert!(found[0].as_u64() >= Some(10), "{name}: {found:#}");
    assert_eq!(found[1], json!([]), "{name} at {width} px: {:#}", found[1]);
    keep_screenshot(browser, name, width).await;
}

/// Asserts that the browser has reported nothing but the answers to forms with faults, which have a status of 400 to 499.
async fn assert_no_fault(browser: &Browser, pages: &str) {
    let is_rejected_form = |message: &String| message.contains("the server responded with a status of 4");
    let faults: Vec<String> = browser.messages().await.into_iter().filter(|one| !is_rejected_form(one)).collect();
    assert_eq!(faults, Vec::<String>::new(), "{pages}");
}

/// Stores a picture of the page in the target folder, for people.
async fn keep_screenshot(browser: &Browser, name: &str, width: u32) {
    let folder = repository::root().join("target/console");
    std::fs::create_dir_all(&folder).unwrap();
    let height = browser.run("return document.documentElement.scrollHeight").await.as_u64().unwrap_or(900);
    browser.resize(width, height.clamp(400, 4000) as u32).await;
    browser.driver.screenshot(Path::new(&folder.join(format!("{name}-{width}.png")))).await.unwrap();
}
