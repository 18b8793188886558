//! A real SMTP server that keeps what it is sent (RFC 5321), and can be told to refuse.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{Failure, Mail};

/// How long a journey waits for a mail that is due: far longer than the outbox needs on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The mailbox of everybody. Stops listening when dropped.
pub struct Mailbox {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    kept: Mutex<Kept>,
    arrived: Condvar,
    closed: AtomicBool,
}

#[derive(Default)]
struct Kept {
    mails: Vec<Mail>,
    refusals: VecDeque<String>,
}

impl Shared {
    /// A test that panicked while holding the lock must not hide why it did.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mailbox {
    /// Listens on a free port of 127.0.0.1.
    pub fn open() -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if theirs.closed.load(Ordering::SeqCst) {
                    return;
                }
                let theirs = Arc::clone(&theirs);
                // A connection that breaks off leaves no mail; the sender tries again.
                thread::spawn(move || converse(&stream, &theirs).ok());
            }
        });
        Ok(Self { port, shared })
    }

    /// What goes into `[mail] smtp_url`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The next mail's `DATA` is answered with `reply`, for example `451 4.3.0 Try again later`, and not kept.
    pub fn refuse_next(&self, reply: &str) {
        self.shared.kept().refusals.push_back(reply.to_owned());
    }

    /// Everything that came, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.shared.kept().mails.clone()
    }

    /// Waits for the `count`-th mail to `address` (from 1) and returns it.
    pub fn wait_for(&self, address: &str, count: usize) -> Result<Mail, Failure> {
        let theirs = |kept: &Kept| kept.mails.iter().filter(|mail| mail.is_to(address)).nth(count - 1).cloned();
        let (kept, _) = self
            .shared
            .arrived
            .wait_timeout_while(self.shared.kept(), PATIENCE, |kept| theirs(kept).is_none())
            .unwrap_or_else(PoisonError::into_inner);
        theirs(&kept).ok_or_else(|| {
            let seen: Vec<_> = kept.mails.iter().map(|mail| format!("{:?}", mail.to)).collect();
            Failure::new(format!("mail {count} to {address} never came; these did: {}", seen.join(", ")))
        })
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is closed.
        TcpStream::connect(("127.0.0.1", self.port)).ok();
    }
}

/// One connection, from greeting to QUIT.
fn converse(stream: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut input = BufReader::new(stream.try_clone()?);
    let mut output = stream.try_clone()?;
    let mut reply = |text: &str| output.write_all(format!("{text}\r\n").as_bytes());
    reply("220 mailbox.test ready")?;
    let (mut from, mut to) = (None, Vec::new());
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let upper = line.to_ascii_uppercase();
        match upper.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => reply("250-mailbox.test\r\n250-8BITMIME\r\n250 SMTPUTF8")?,
            "HELO" | "NOOP" => reply("250 OK")?,
            "RSET" => {
                (from, to) = (None, Vec::new());
                reply("250 OK")?;
            }
            "MAIL" => {
                from = path(line);
                reply("250 OK")?;
            }
            "RCPT" if from.is_some() => {
                to.extend(path(line));
                reply("250 OK")?;
            }
            "DATA" if !to.is_empty() => {
                reply("354 End with a dot on a line of its own")?;
                let raw = data(&mut input)?;
                let mail = Mail { from: from.take().unwrap_or_default(), to: std::mem::take(&mut to), raw };
                let refusal = shared.kept().refusals.pop_front();
                if let Some(refusal) = refusal {
                    reply(&refusal)?;
                } else {
                    // Kept before it is acknowledged: the sender may tell the test at once.
                    shared.kept().mails.push(mail);
                    shared.arrived.notify_all();
                    reply("250 Kept")?;
                }
            }
            "RCPT" | "DATA" => reply("503 MAIL and RCPT come first")?,
            "QUIT" => return reply("221 Bye"),
            _ => reply("502 Not known here")?,
        }
    }
}

/// What stands between `<` and `>` (RFC 5321 §4.1.1.2).
fn path(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    Some(address.to_owned())
}

/// Reads to the lone dot and takes the doubled dots away (RFC 5321 §4.5.2).
fn data(input: &mut impl BufRead) -> std::io::Result<String> {
    let mut raw = Vec::new();
    loop {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line)? == 0 || line.trim_ascii_end() == b"." {
            return Ok(String::from_utf8_lossy(&raw).into_owned());
        }
        raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
