//! A fake HTTP receiver of webhooks and chat messages. The test chooses its responses.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A receiver on a free loopback port. It supports only plain HTTP, and bodies with a
/// `content-length` header.
pub struct Receiver {
    pub port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    /// Starts a receiver that reads each request and then passes the connection to `answer`.
    pub async fn start<F>(answer: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let request = read(&mut connection).await;
                log.lock().expect("the lock is not poisoned").push(request);
                tokio::spawn(answer(connection));
            }
        });
        Self { port, requests }
    }

    /// Starts a receiver that writes these bytes and closes the connection.
    pub async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |mut connection| {
            let bytes = bytes.clone();
            async move { connection.write_all(&bytes).await.unwrap_or_default() }
        })
        .await
    }

    /// The URL of the receiver.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// The raw requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("the lock is not poisoned").clone()
    }
}

/// Builds an HTTP response.
pub fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// Returns the value of a request header. Header names are case-insensitive.
pub fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let head = request.split("\r\n\r\n").next()?;
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(own, _)| own.eq_ignore_ascii_case(name))
        .map(|(_, v)| v)
}

async fn read(connection: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !is_whole(&String::from_utf8_lossy(&request)) && connection.read_buf(&mut request).await.is_ok_and(|n| n > 0)
    {
    }
    String::from_utf8_lossy(&request).into_owned()
}

fn is_whole(request: &str) -> bool {
    let length = header(request, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    request.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length)
}
