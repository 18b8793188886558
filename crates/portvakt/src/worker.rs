//! Background work: calls the jobs, each at its own pace. A job that fails is tried again at its next turn.

use portvakt_flows::jobs::logout::Courier;
use portvakt_flows::{Ctx, jobs, signing_keys};
use portvakt_model::Fault;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::task::JoinHandle;

/// What a job promises: to do a slice of its work, and to say whether there is more.
type Slice = Pin<Box<dyn Future<Output = Result<bool, Fault>> + Send>>;

/// A job.
type Job = fn(Ctx) -> Slice;

/// Starts all jobs; they end when the handles are aborted.
pub fn start(ctx: &Ctx) -> Vec<JoinHandle<()>> {
    let every =
        |pause, name, ctx: &Ctx, job: Job| tokio::spawn(turn(Duration::from_millis(pause), name, ctx.clone(), job));
    let courier = Courier::default();
    let logout = move |ctx: Ctx| -> Slice {
        let courier = courier.clone();
        Box::pin(async move { courier.run(&ctx).await.map(|sent| sent > 0) })
    };
    vec![
        every(500, "keeper", ctx, |ctx| Box::pin(async move { ctx.keeper.refresh(&ctx.dice).await.map(|()| false) })),
        every(1_000, "outbox", ctx, |ctx| {
            Box::pin(async move { jobs::outbox::run(&ctx).await.map(|taken| taken > 0) })
        }),
        tokio::spawn(turn(Duration::from_millis(500), "logout", ctx.clone(), logout)),
        every(5_000, "warnings", ctx, |ctx| {
            Box::pin(async move { jobs::warnings::run(&ctx).await.map(|told| told > 0) })
        }),
        every(60_000, "sweep", ctx, |ctx| Box::pin(async move { jobs::sweep::run(&ctx).await.map(|rows| rows > 0) })),
        every(600_000, "keys", ctx, |ctx| Box::pin(async move { signing_keys::tend(&ctx).await.map(|()| false) })),
    ]
}

/// Runs a job again and again; at once while it says that there is more.
async fn turn(pause: Duration, name: &'static str, ctx: Ctx, job: impl Fn(Ctx) -> Slice + Send) {
    loop {
        match job(ctx.clone()).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(pause).await,
            Err(fault) => {
                tracing::warn!(job = name, %fault, "a job failed and will be tried again");
                tokio::time::sleep(pause.max(Duration::from_secs(1))).await;
            }
        }
    }
}
