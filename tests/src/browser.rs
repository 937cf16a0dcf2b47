//! A headless Chromium, driven through chromedriver.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::LoggingPrefsLogLevel;
use thirtyfour::prelude::*;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Browser with one window. Both processes end when the value is dropped.
pub struct Browser {
    pub driver: WebDriver,
    _chromedriver: Child,
}

impl Browser {
    /// Starts the browser.
    pub async fn start() -> Self {
        let mut chromedriver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver starts; install it (on Debian: apt install chromium chromium-driver)");
        let port = port(&mut chromedriver).await;
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] {
            capabilities.add_arg(argument).expect("an argument");
        }
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All).expect("a log level");
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await.expect("a browser");
        driver.set_page_load_timeout(Duration::from_secs(60)).await.expect("a time-out");
        Self { driver, _chromedriver: chromedriver }
    }

    /// Sets the size of the page in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await.expect("another size");
    }

    /// Opens an address.
    pub async fn open(&self, url: &str) {
        self.driver.goto(url).await.expect("the page loads");
    }

    /// Clicks the element that a CSS selector finds.
    pub async fn click(&self, selector: &str) {
        let element = self.driver.find(By::Css(selector)).await.unwrap_or_else(|_| panic!("{selector} is on the page"));
        element.click().await.expect("a click");
    }

    /// Clicks the button or link whose text begins with `label`, below the element with the id `within`. Waits for the
    /// page that follows.
    pub async fn press(&self, within: &str, label: &str) {
        let path = format!(
            "//*[@id='{within}']/descendant-or-self::*[self::button or self::a][starts-with(normalize-space(.), '{label}')]"
        );
        let found = self.driver.find(By::XPath(path)).await;
        let found = found.unwrap_or_else(|_| panic!("“{label}” is in {within}"));
        self.run("window.isLeft = true").await;
        found.click().await.expect("a click");
        let is_next = "return !window.isLeft && document.readyState === 'complete'";
        let next = async || {
            let next = self.driver.execute(is_next, Vec::new()).await.ok();
            next.filter(|next| next.json() == true).map(|_| ())
        };
        crate::shop::eventually(&format!("the page after “{label}”"), next).await;
    }

    /// Chooses the option with this value in the list that a CSS selector finds.
    pub async fn choose(&self, selector: &str, value: &str) {
        self.click(&format!("{selector} option[value='{value}']")).await;
    }

    /// Replaces the text of the field that a CSS selector finds.
    pub async fn fill(&self, selector: &str, text: &str) {
        let field = self.driver.find(By::Css(selector)).await.unwrap_or_else(|_| panic!("{selector} is on the page"));
        field.clear().await.expect("an editable field");
        field.send_keys(text).await.expect("an editable field");
    }

    /// Returns the visible text of the page.
    pub async fn text(&self) -> String {
        self.run("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Ends the browser.
    pub async fn close(self) {
        self.driver.quit().await.expect("the browser ends");
    }

    /// Runs a script and returns its value.
    pub async fn run(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.expect("the script runs").json().clone()
    }

    /// Returns the messages of the browser since the last call, such as violations of the content security policy.
    pub async fn messages(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.expect("the log");
        log.into_iter().map(|entry| format!("{} {}", entry.level, entry.message)).collect()
    }
}

/// Reads the port that chromedriver has chosen.
async fn port(chromedriver: &mut Child) -> u16 {
    let mut lines = BufReader::new(chromedriver.stdout.take().expect("a pipe")).lines();
    let found = tokio::time::timeout(Duration::from_secs(60), async {
        while let Some(line) = lines.next_line().await.expect("a line") {
            let port = line.rsplit_once("on port ").and_then(|(_, rest)| rest.trim_end_matches('.').parse().ok());
            if line.contains("started successfully") && port.is_some() {
                return port;
            }
        }
        None
    });
    let port = found.await.expect("chromedriver starts in time").expect("chromedriver prints its port");
    // Keeps reading, so that chromedriver never waits for a reader.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    port
}
