//! The clock of tests: it stands, and jumps whenever all actors wait.

use std::future::Future;

/// Runs `test` in an actix system whose clock starts paused (`ACTIX.md` 2.6).
pub(crate) fn paused<F: Future>(test: F) -> F::Output {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime can be built")
    };
    actix::System::with_tokio_rt(runtime).block_on(test)
}
