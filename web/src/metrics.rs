//! `GET /metrics`: what is at work, what waits and what has been done, as Prometheus reads it.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use tribunal_actors::{CacheStats, NodeStats, Role, Scope, TimeSums};
use tribunal_problems::Verdict;

use crate::auth::Viewer;
use crate::front::Front;
use crate::openapi::Refused;
use crate::problem_details::Problem;
use crate::prometheus::{Kind, Page};

/// Reads the figures and writes them down.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "watching",
    operation_id = "metrics",
    responses(
        (status = 200, description = "Figures, as Prometheus reads them.", body = String, content_type = "text/plain"),
        Refused,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn show(front: Data<Front>, viewer: Viewer) -> Result<HttpResponse, Problem> {
    // They tell how much is handed in, and by their counts of verdicts what a freeze hides: for who runs the judge, and
    // not for one of many.
    if viewer
        .account()
        .is_some_and(|account| matches!(account.role, Role::Team | Role::Spectator))
    {
        viewer.require(Scope::Jury)?;
    }
    let stats = front.gauges.read().await;
    Ok(HttpResponse::Ok()
        .insert_header((
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        ))
        .body(page(&stats)))
}

fn page(stats: &NodeStats) -> String {
    let mut page = Page::default();
    submissions(stats, &mut page);
    quarantine(&stats.registrar.quarantined, &mut page);
    jobs(stats, &mut page);
    boxes(stats, &mut page);
    caches(&stats.caches, &mut page);
    page.into_text()
}

fn submissions(stats: &NodeStats, page: &mut Page) {
    let registrar = &stats.registrar;
    let mut verdicts = page.family(
        "tribunal_verdicts_total",
        Kind::Counter,
        "Verdicts given, anonymous runs included.",
    );
    for verdict in Verdict::ALL {
        let count = registrar.verdicts.get(&verdict).copied().unwrap_or(0);
        verdicts.labelled("verdict", verdict, count);
    }
    let mut states = page.family(
        "tribunal_submissions",
        Kind::Gauge,
        "Submissions without a verdict, by how far they are.",
    );
    states.labelled("state", "waiting", registrar.waiting);
    states.labelled("state", "judging", registrar.running);
    states.labelled("state", "anonymous", registrar.anonymous);
}

fn quarantine(quarantined: &[String], page: &mut Page) {
    let mut problems = page.family(
        "tribunal_quarantined",
        Kind::Gauge,
        "Problems whose checkers are broken: their submissions are judged one at a time.",
    );
    for problem in quarantined {
        problems.labelled("problem", problem, 1);
    }
}

fn jobs(stats: &NodeStats, page: &mut Page) {
    let scheduler = &stats.scheduler;
    let mut states = page.family(
        "tribunal_jobs",
        Kind::Gauge,
        "Jobs without a result, by whether an invoker has them.",
    );
    states.labelled("state", "waiting", scheduler.waiting);
    states.labelled("state", "running", scheduler.running);
    page.family("tribunal_invokers", Kind::Gauge, "Invokers that are alive.")
        .value(scheduler.workers);
    let jobs: u64 = stats.times.iter().map(|times| times.jobs).sum();
    page.family(
        "tribunal_jobs_total",
        Kind::Counter,
        "Jobs finished by the invokers of this process.",
    )
    .value(jobs);
    let sum = |part: fn(&TimeSums) -> Duration| -> f64 {
        stats
            .times
            .iter()
            .map(|times| part(times).as_secs_f64())
            .sum()
    };
    let mut phases = page.family(
        "tribunal_job_seconds_total",
        Kind::Counter,
        "Time that jobs have spent, by what with.",
    );
    phases.labelled("phase", "wait_for_executor", sum(|t| t.wait_for_executor));
    phases.labelled("phase", "prepare", sum(|t| t.phases.prepare));
    phases.labelled("phase", "wait_for_slot", sum(|t| t.phases.wait_for_slot));
    phases.labelled("phase", "run", sum(|t| t.phases.run));
    phases.labelled("phase", "finish", sum(|t| t.phases.finish));
}

fn boxes(stats: &NodeStats, page: &mut Page) {
    let Some(boxes) = &stats.boxes else {
        return;
    };
    let mut states = page.family(
        "tribunal_boxes",
        Kind::Gauge,
        "Boxes, by whether they wait or are in use.",
    );
    states.labelled("state", "ready", boxes.ready);
    states.labelled("state", "in_use", boxes.in_use);
    let discarded: u64 = boxes.discarded.values().sum();
    let mut events = page.family(
        "tribunal_boxes_total",
        Kind::Counter,
        "Boxes made, used again after cleaning, and destroyed as unclean.",
    );
    events.labelled("event", "made", boxes.made);
    events.labelled("event", "recycled", boxes.recycled);
    events.labelled("event", "discarded", discarded);
    page.family(
        "tribunal_box_making_seconds_total",
        Kind::Counter,
        "Time that the making of boxes has taken.",
    )
    .value(boxes.making_time.as_secs_f64());
}

fn caches(caches: &[CacheStats], page: &mut Page) {
    let sum = |part: fn(&CacheStats) -> u64| -> u64 { caches.iter().map(part).sum() };
    let mut events = page.family(
        "tribunal_cache_total",
        Kind::Counter,
        "Files asked of the storage caches.",
    );
    events.labelled("event", "hit", sum(|cache| cache.hits));
    events.labelled("event", "load", sum(|cache| cache.loads));
    events.labelled("event", "evicted", sum(|cache| cache.evictions));
    page.family(
        "tribunal_cache_bytes",
        Kind::Gauge,
        "Bytes in the storage caches.",
    )
    .value(sum(|cache| cache.bytes));
}
