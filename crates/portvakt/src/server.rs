//! The server: the listener of browsers, perhaps one for programs with certificates, the table of routes, the worker; and
//! an orderly stop.

use crate::config::{Config, Way};
use crate::{deployment, routes, tls, worker};
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Service as _;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpServer};
use portvakt_flows::Ctx;
use portvakt_flows::registration::Mode;
use portvakt_protocol::certificate::ClientCertificate;
use portvakt_web::client::Proxies;
use portvakt_web::mutual::{Mutual, ProxyHeader};
use portvakt_web::route::mount;
use portvakt_web::visit::Frame;
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tracing::Instrument as _;

/// The health paths.
pub struct Health;

impl Health {
    /// The process runs.
    pub const LIVE: &'static str = "/healthz/live";
    /// It can serve.
    pub const READY: &'static str = "/healthz/ready";
}

/// Header read, and the first bytes of TLS.
const FIRST_BYTES: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_mins(1);
/// How long requests under way may take when we stop, in seconds.
const FINISH: u64 = 30;

/// Serves until somebody asks us to stop.
///
/// # Errors
/// A sentence: what is wrong and what to do.
pub async fn serve(config: Config) -> Result<(), String> {
    let ctx = deployment::open(&config, config.migrate, config.hashing_threads).await?;
    config.outbound.announce();
    if config.registration.mode == Mode::Open {
        tracing::warn!("registration.mode is open: everybody may register apps, and nobody looks at them");
    }
    let certificate_header = config.mutual_tls.as_ref().and_then(|mutual| match &mutual.way {
        Way::Proxy { header } => Some(ProxyHeader::new(header, &mutual.url)),
        Way::Listener { .. } => None,
    });
    let proxies = Arc::new(Proxies(config.trusted_proxies.clone()));
    let frame = Frame { ctx: ctx.clone(), proxies, certificate_header };
    let rows = Arc::new(routes::all());
    let server = HttpServer::new(move || {
        let (frame, rows) = (frame.clone(), Arc::clone(&rows));
        let ctx = frame.ctx.clone();
        App::new()
            .wrap_fn(move |request, next| {
                let id = ctx.dice.short_text().unwrap_or_default();
                let span = tracing::info_span!("request", id, method = %request.method(), path = request.path());
                let answered = next.call(request);
                async move {
                    let mut answer = answered.await?;
                    let path = answer.request().match_pattern().unwrap_or_default();
                    if path.starts_with("/healthz") {
                        tracing::debug!(status = answer.status().as_u16(), "answered");
                    } else {
                        tracing::info!(status = answer.status().as_u16(), "answered");
                    }
                    if let Ok(value) = HeaderValue::from_str(&id) {
                        answer.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
                    }
                    Ok(answer)
                }
                .instrument(span)
            })
            .configure(move |service| mount(service, &frame, &rows))
    })
    .workers(config.workers)
    .client_request_timeout(FIRST_BYTES)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(FINISH)
    .max_connection_rate(1_024)
    .disable_signals();
    let mutual = config.mutual_tls.as_ref().and_then(|mutual| match &mutual.way {
        Way::Listener { listen, tls } => Some((*listen, tls)),
        Way::Proxy { .. } => None,
    });
    let port = mutual.map(|(listen, _)| listen.port());
    let server = server.on_connect(move |connection, known| {
        if let Some(mutual) = port.and_then(|port| mutual_connection(connection, port)) {
            known.insert(mutual);
        }
    });
    let in_use = |why: std::io::Error| {
        format!("{} cannot be listened on: {why}. Set server.listen to another address or port.", config.listen)
    };
    let server = match &config.tls {
        None => server.bind(config.listen).map_err(in_use)?,
        Some((certificate, key)) => {
            server.bind_rustls_0_23(config.listen, tls::server(certificate, key)?).map_err(in_use)?
        }
    };
    let server = match mutual {
        None => server,
        Some((listen, (certificate, key))) => {
            let server = server.bind_rustls_0_23(listen, tls::mutual(certificate, key)?);
            server.map_err(|why| format!("{listen} cannot be listened on: {why}. Set mtls.listen to another."))?
        }
    };
    let jobs = worker::start(&ctx);
    let running = server.run();
    let handle = running.handle();
    tokio::spawn(stop(ctx.clone(), handle, config.grace));
    tracing::info!(issuer = config.issuer, listen = %config.listen, "Portvakt is ready");
    let ended = running.await.map_err(|why| format!("The server stopped: {why}."));
    for job in jobs {
        job.abort();
    }
    ctx.hashing.close();
    tracing::info!("Portvakt has stopped");
    ended
}

/// What is known of a connection that came to the port at which certificates are asked for.
fn mutual_connection(connection: &dyn Any, port: u16) -> Option<Mutual> {
    let (socket, session) = connection.downcast_ref::<TlsStream<TcpStream>>()?.get_ref();
    if socket.local_addr().ok()?.port() != port {
        return None;
    }
    let chain = session.peer_certificates().unwrap_or_default();
    let certificate = ClientCertificate::of_chain(chain.iter().map(|one| one.as_ref().to_vec()));
    Some(Mutual { certificate: certificate.map(Arc::new) })
}

/// SIGTERM: not ready first, so that a balancer sends nobody more, then no new connections, then the end. SIGINT comes
/// from somebody at a terminal, who need not wait.
async fn stop(ctx: Ctx, server: actix_web::dev::ServerHandle, grace: Duration) {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        tracing::error!("signals cannot be listened to: stopping is up to the system");
        return;
    };
    tokio::select! {
        _ = term.recv() => {
            ctx.settings.stop();
            tokio::time::sleep(grace).await;
        }
        _ = int.recv() => ctx.settings.stop(),
    }
    server.stop(true).await;
}
