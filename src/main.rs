//! The program: command line, configuration, start and stop.

fn main() {
    // A box's first process is this program again; it must become the agent before anything else happens.
    tribunal_sandbox::run_agent_if_asked();
}
