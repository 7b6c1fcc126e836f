//! The checklist's rows on the scheduler, each as the cases of `scenarios.md` that it names. S-6, S-7 and S-14 are in
//! `statistics.rs` and `invariants.rs`, S-12 is in `scenarios.rs`.

use super::scenarios::assert_hold;

#[test]
fn s_1_a_job_gets_its_handle_through_the_global_queue() {
    assert_hold(&["S01"]);
}

#[test]
fn s_2_the_first_local_queue_has_a_job_in_every_stage() {
    assert_hold(&["S03", "S07", "S11"]);
}

#[test]
fn s_3_the_second_local_queue_has_a_job_at_once_or_after_the_cache_timeout() {
    assert_hold(&["S04", "S08", "S10"]);
}

#[test]
fn s_4_timeouts_follow_each_other_and_add_up() {
    assert_hold(&["S05", "S09", "S12"]);
}

#[test]
fn s_5_the_order_of_information_does_not_matter() {
    assert_hold(&[
        "S15", "S16", "S17", "S18", "S19", "S20", "S21", "S22", "S23",
    ]);
}

#[test]
fn s_7_a_job_is_handed_out_once() {
    assert_hold(&["S24", "S25"]);
}

#[test]
fn s_8_equal_jobs_share_a_handle() {
    assert_hold(&["S26", "S27", "S28"]);
}

#[test]
fn s_9_anything_may_be_completed() {
    assert_hold(&["S32", "S33", "S34", "S35", "S36"]);
}

#[test]
fn s_10_artifacts_are_located_and_workers_register() {
    assert_hold(&["S37", "S38", "S39"]);
}

#[test]
fn s_11_picks_are_cancelled_woken_and_stopped() {
    assert_hold(&["S47", "S48", "S49", "S50", "S51", "S52", "S53"]);
}

#[test]
fn s_13_eviction_death_and_return() {
    assert_hold(&["S40", "S41", "S42", "S43", "S44", "S45", "S46"]);
}
