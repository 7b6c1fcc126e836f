//! `GET /metrics`: what is at work, what waits and what has been done, as Prometheus reads it.

mod host;

use std::fmt::Display;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use tribunal_actors::{CacheStats, NodeStats, Role, Scope, SlotCounts, TimeSums};

use crate::auth::Viewer;
use crate::front::Front;
use crate::openapi::Refused;
use crate::problem_details::Problem;
use crate::prometheus::{Kind, Page};

pub(crate) use host::Host;

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
pub(crate) async fn show(
    front: Data<Front>,
    host: Data<Host>,
    viewer: Viewer,
) -> Result<HttpResponse, Problem> {
    // They tell how much is handed in, and by their counts of verdicts what a freeze hides: for who runs the judge, and
    // not for one of many.
    if viewer
        .account()
        .is_some_and(|account| matches!(account.role, Role::Team | Role::Spectator))
    {
        viewer.require(Scope::Jury)?;
    }
    let stats = front.gauges.read().await;
    let mut page = page(&stats);
    host.write(&mut page)?;
    Ok(HttpResponse::Ok()
        .insert_header((
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        ))
        .body(page.into_text()))
}

fn page(stats: &NodeStats) -> Page {
    let mut page = Page::default();
    submissions(stats, &mut page);
    quarantine(&stats.registrar.quarantined, &mut page);
    judging(stats, &mut page);
    queues(stats, &mut page);
    slots(&stats.slots, &mut page);
    jobs(stats, &mut page);
    boxes(stats, &mut page);
    caches(&stats.caches, &mut page);
    page
}

fn submissions(stats: &NodeStats, page: &mut Page) {
    let registrar = &stats.registrar;
    let mut verdicts = page.family(
        "tribunal_verdicts_total",
        Kind::Counter,
        "Verdicts given in each language, anonymous runs included.",
    );
    for ((language, verdict), count) in &registrar.verdicts {
        let labels: [(&str, &dyn Display); 2] =
            [("verdict", verdict), ("language", &language.as_str())];
        verdicts.sample(&labels, count);
    }
    let all: u64 = registrar.verdicts.values().sum();
    let of_all = registrar.verdicts.iter();
    let accepted = of_all.filter(|((_, verdict), _)| verdict.is_accepted());
    let accepted: u64 = accepted.map(|(_, count)| count).sum();
    page.family(
        "tribunal_accepted_share",
        Kind::Gauge,
        "Share (0 to 1) of all verdicts since the start that are AC; NaN before the first.",
    )
    .value(accepted as f64 / all as f64);
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

/// The mean is the sum by the count; the shares are of the last 1,000 judgements.
fn judging(stats: &NodeStats, page: &mut Page) {
    let times = &stats.registrar.judging;
    let mut family = page.family(
        "tribunal_judging_seconds",
        Kind::Summary,
        "Time of stored submissions from acceptance to the verdict; the quantiles are of the last 1,000.",
    );
    for share in [0.5, 0.9, 0.99] {
        let time = times.quantile(share);
        let seconds = time.map_or(f64::NAN, |time| time.as_secs_f64());
        family.sample(&[("quantile", &share)], seconds);
    }
    family.sum_and_count(times.all.total.as_secs_f64(), times.all.count);
}

/// Each queue that a submission and its jobs pass, in this order.
fn queues(stats: &NodeStats, page: &mut Page) {
    let (registrar, scheduler) = (&stats.registrar, &stats.scheduler);
    let executors = || stats.times.iter();
    let jobs: u64 = executors().map(|times| times.jobs).sum();
    let stages = [
        (
            "submission",
            registrar.waiting,
            registrar.waits.count,
            registrar.waits.total,
        ),
        (
            "invoker",
            scheduler.waiting,
            scheduler.waits.count,
            scheduler.waits.total,
        ),
        (
            "executor",
            executors().map(|times| times.waiting).sum(),
            jobs,
            executors().map(|times| times.wait_for_executor).sum(),
        ),
        (
            "slot",
            stats.slots.iter().map(|slots| slots.waiting).sum(),
            jobs,
            executors().map(|times| times.phases.wait_for_slot).sum(),
        ),
    ];
    let mut lengths = page.family(
        "tribunal_queue_length",
        Kind::Gauge,
        "What waits now, by what for: a submission for its turn, a job for an invoker, for an executor, for a slot.",
    );
    for (stage, length, ..) in stages {
        lengths.labelled("stage", stage, length);
    }
    let mut waits = page.family(
        "tribunal_queue_wait_seconds_total",
        Kind::Counter,
        "Time spent waiting in each queue.",
    );
    for (stage, _, _, total) in stages {
        waits.labelled("stage", stage, total.as_secs_f64());
    }
    let mut passed = page.family(
        "tribunal_queue_passed_total",
        Kind::Counter,
        "What has passed each queue; with the waits it tells the mean wait.",
    );
    for (stage, _, count, _) in stages {
        passed.labelled("stage", stage, count);
    }
}

fn slots(slots: &[SlotCounts], page: &mut Page) {
    let mut states = page.family(
        "tribunal_slots",
        Kind::Gauge,
        "Slots, by whether something runs in them.",
    );
    let sum = |part: fn(&SlotCounts) -> usize| -> usize { slots.iter().map(part).sum() };
    states.labelled("state", "busy", sum(|slots| slots.busy));
    states.labelled("state", "free", sum(|slots| slots.free));
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
    page.family(
        "tribunal_job_overhead_seconds_total",
        Kind::Counter,
        "Time of jobs that is the judge's own: neither a program's run nor waiting. By the jobs it is the overhead of one.",
    )
    .value(sum(|t| t.phases.prepare) + sum(|t| t.phases.finish));
    page.family(
        "tribunal_job_overhead_seconds",
        Kind::Gauge,
        "The judge's own time for one job, in the mean since the start; NaN before the first.",
    )
    .value((sum(|t| t.phases.prepare) + sum(|t| t.phases.finish)) / jobs as f64);
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
    let mut dirty = page.family(
        "tribunal_boxes_dirty_total",
        Kind::Counter,
        "Boxes destroyed after use, by what a program had left in them.",
    );
    for (dirt, count) in &boxes.discarded {
        dirty.labelled("dirt", format!("{dirt:?}"), count);
    }
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
