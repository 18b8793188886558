//! The loopback address at which the browser brings the answer (RFC 8252 §7.3): one GET, nothing else.

use crate::fault::Fault;
use crate::relying_party::Answer;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use url::Url;

/// The longest request that is read, in bytes.
const LONGEST: usize = 16 * 1024;
/// How long one request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(5);

/// A port of our own that waits for the answer.
pub struct Loopback {
    listener: TcpListener,
    port: u16,
}

impl Loopback {
    /// Opens a port that the system chooses.
    pub async fn open() -> Result<Self, Fault> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Fault::doing("Opening a loopback port"))?;
        let port = listener.local_addr().map_err(Fault::doing("Opening a loopback port"))?.port();
        Ok(Self { listener, port })
    }

    /// Where the issuer sends the browser; registered as `http://127.0.0.1/callback`, as any port goes (RFC 8252 §7.3).
    pub fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}/callback", self.port)
    }

    /// Waits for the answer with this state; whatever else knocks is told 404 and forgotten.
    pub async fn answer(&self, state: &str) -> Result<Answer, Fault> {
        loop {
            let (mut stream, _) = self.listener.accept().await.map_err(Fault::doing("Waiting for the browser"))?;
            let answer = match timeout(PATIENCE, target(&mut stream)).await {
                Ok(Some(target)) => read(&target).filter(|answer| answer.state.as_deref() == Some(state)),
                Ok(None) | Err(_) => None,
            };
            // The answer stands whether or not the browser stays to hear so.
            let _gone = stream.write_all(page(answer.is_some()).as_bytes()).await;
            let _gone = stream.shutdown().await;
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
    }
}

/// The target of a GET's request line, once its head has come to the end.
async fn target(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut some = [0_u8; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut some).await.ok().filter(|count| *count > 0)?;
        head.extend_from_slice(some.get(..count)?);
        if head.len() > LONGEST {
            return None;
        }
    }
    let text = String::from_utf8(head).ok()?;
    let mut words = text.lines().next()?.split(' ');
    (words.next()? == "GET").then(|| words.next().map(str::to_owned)).flatten()
}

fn read(target: &str) -> Option<Answer> {
    let url = Url::parse("http://127.0.0.1").ok()?.join(target).ok().filter(|url| url.path() == "/callback")?;
    let find = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    Some(Answer {
        code: find("code"),
        state: find("state"),
        iss: find("iss"),
        error: find("error"),
        error_description: find("error_description"),
    })
}

fn page(found: bool) -> String {
    let (status, text) =
        if found { ("200 OK", "Done: go back to the app.") } else { ("404 Not Found", "There is nothing here.") };
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>Mobile</title><h1>Mobile</h1><p>{text}</p></html>"
    );
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(address: &str, target: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn only_the_answer_with_our_state_counts() {
        let loopback = Loopback::open().await.unwrap();
        let address = format!("127.0.0.1:{}", loopback.port);
        let asking = tokio::spawn(async move {
            assert!(get(&address, "/favicon.ico").await.starts_with("HTTP/1.1 404"));
            assert!(get(&address, "/callback?code=evil&state=theirs").await.starts_with("HTTP/1.1 404"));
            assert!(get(&address, "/callback?code=c%2B1&state=ours&iss=i").await.starts_with("HTTP/1.1 200"));
        });
        let answer = loopback.answer("ours").await.unwrap();
        asking.await.unwrap();
        assert_eq!((answer.code.as_deref(), answer.iss.as_deref()), (Some("c+1"), Some("i")));
    }
}
