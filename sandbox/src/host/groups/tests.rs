//! Sample texts of real hosts: this kind of virtual machine, Debian 12, a login session, Docker.

use super::*;

const HYBRID: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";
const HYBRID_MEMBER: &str =
    "8:pids:/\n4:memory:/process_api/ba12\n3:cpuset:/\n2:cpuacct:/\n1:cpu:/\n0::/\n";

const UNIFIED: &str = "\
25 1 0:23 / /sys rw,nosuid - sysfs sysfs rw
29 25 0:26 / /sys/fs/cgroup rw,nosuid,nodev shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
";

const DOCKER_V1: &str = "\
600 599 0:29 /docker/3f29 /sys/fs/cgroup/memory ro,nosuid master:11 - cgroup cgroup rw,memory
601 599 0:30 /docker/3f29 /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:12 - cgroup cgroup rw,cpu,cpuacct
602 599 0:31 /docker/3f29 /sys/fs/cgroup/pids ro,nosuid master:13 - cgroup cgroup rw,pids
";
const DOCKER_V1_MEMBER: &str =
    "6:memory:/docker/3f29\n5:cpu,cpuacct:/docker/3f29\n4:pids:/docker/3f29\n";

struct Table {
    closed: bool,
    controllers: &'static str,
    root: &'static str,
}

impl Directories for Table {
    fn writable(&self, _: &Path) -> bool {
        !self.closed
    }

    fn controllers(&self, _: &Path) -> String {
        self.controllers.to_owned()
    }

    fn is_root(&self, directory: &Path) -> bool {
        directory == Path::new(self.root)
    }
}

const OPEN: Table = Table {
    closed: false,
    controllers: "cpuset cpu io memory pids\n",
    root: "/sys/fs/cgroup",
};

fn chosen(user: u32, mountinfo: &str, cgroup: &str, table: &Table) -> (CgroupMode, Option<String>) {
    choose_with(user, &mounts(mountinfo), &memberships(cgroup), table)
}

#[test]
fn root_on_version_1_uses_the_top_of_each_hierarchy_whatever_group_it_is_in() {
    let top = |name: &str| PathBuf::from("/sys/fs/cgroup").join(name);
    let expected = CgroupMode::V1 {
        memory: top("memory"),
        cpuacct: top("cpuacct"),
        pids: top("pids"),
        cpu: Some(top("cpu")),
        cpuset: Some(top("cpuset")),
    };
    assert_eq!(chosen(0, HYBRID, HYBRID_MEMBER, &OPEN), (expected, None));
}

#[test]
fn an_ordinary_user_on_version_1_has_only_its_own_groups() {
    let (mode, _) = chosen(1000, HYBRID, HYBRID_MEMBER, &OPEN);
    let CgroupMode::V1 { memory, .. } = mode else {
        panic!("{mode:?}")
    };
    assert_eq!(memory, Path::new("/sys/fs/cgroup/memory/process_api/ba12"));

    let (mode, trouble) = chosen(
        1000,
        HYBRID,
        HYBRID_MEMBER,
        &Table {
            closed: true,
            ..OPEN
        },
    );
    assert_eq!(mode, CgroupMode::None);
    assert_eq!(
        trouble.unwrap(),
        "/sys/fs/cgroup/memory/process_api/ba12 cannot be written"
    );
}

#[test]
fn root_on_version_2_uses_the_real_root() {
    let expected = CgroupMode::V2 {
        own: "/sys/fs/cgroup".into(),
        delegated: false,
    };
    assert_eq!(
        chosen(0, UNIFIED, "0::/system.slice/tribunal.service\n", &OPEN),
        (expected, None)
    );
}

#[test]
fn root_in_a_container_sees_its_own_group_as_the_top_and_has_to_leave_it() {
    let expected = CgroupMode::V2 {
        own: "/sys/fs/cgroup".into(),
        delegated: true,
    };
    assert_eq!(
        chosen(
            0,
            UNIFIED,
            "0::/\n",
            &Table {
                root: "/elsewhere",
                ..OPEN
            }
        ),
        (expected, None)
    );
}

#[test]
fn a_delegated_scope_is_used_where_the_process_is() {
    let scope = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-r1.scope\n";
    let own = "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/run-r1.scope";
    let expected = CgroupMode::V2 {
        own: own.into(),
        delegated: true,
    };
    assert_eq!(
        chosen(
            1000,
            UNIFIED,
            scope,
            &Table {
                controllers: "cpu memory pids",
                ..OPEN
            }
        ),
        (expected, None)
    );
}

#[test]
fn a_login_session_is_not_delegated() {
    let session = "0::/user.slice/user-1000.slice/session-3.scope\n";
    let (mode, trouble) = chosen(
        1000,
        UNIFIED,
        session,
        &Table {
            closed: true,
            ..OPEN
        },
    );
    assert_eq!(mode, CgroupMode::None);
    assert!(
        trouble
            .unwrap()
            .ends_with("session-3.scope is not delegated to this user")
    );
}

#[test]
fn a_group_without_the_memory_controller_is_no_use() {
    let (mode, trouble) = chosen(
        0,
        UNIFIED,
        "0::/\n",
        &Table {
            controllers: "cpu hugetlb pids\n",
            ..OPEN
        },
    );
    assert_eq!(
        (mode, trouble.unwrap().as_str()),
        (CgroupMode::None, "/sys/fs/cgroup has no memory controller")
    );
}

#[test]
fn in_docker_on_version_1_the_containers_own_group_is_the_top() {
    let (mode, _) = chosen(0, DOCKER_V1, DOCKER_V1_MEMBER, &OPEN);
    let CgroupMode::V1 {
        memory,
        cpuacct,
        cpuset,
        ..
    } = mode
    else {
        panic!("{mode:?}")
    };
    assert_eq!(memory, Path::new("/sys/fs/cgroup/memory"));
    assert_eq!(
        (cpuacct.as_path(), cpuset),
        (Path::new("/sys/fs/cgroup/cpu,cpuacct"), None)
    );

    let (mode, _) = chosen(1000, DOCKER_V1, DOCKER_V1_MEMBER, &OPEN);
    let CgroupMode::V1 { memory, .. } = mode else {
        panic!("{mode:?}")
    };
    assert_eq!(
        memory,
        Path::new("/sys/fs/cgroup/memory"),
        "the bind mount shows the container's part only"
    );
}

#[test]
fn a_host_without_any_control_groups_says_so() {
    let (mode, trouble) = chosen(0, "22 27 0:21 / /proc rw - proc proc rw\n", "", &OPEN);
    assert_eq!(
        (mode, trouble.unwrap().as_str()),
        (CgroupMode::None, "no control groups are mounted")
    );
}

#[test]
fn escapes_and_lines_of_another_form_do_no_harm() {
    let odd = "garbage\n40 1 0:9 /a\\040b /mnt/x\\134y rw - ext4 /dev/vda rw,discard\n41 1 - \n";
    let parsed = mounts(odd);
    assert_eq!(parsed.len(), 1);
    assert_eq!(
        (parsed[0].root.to_str(), parsed[0].point.to_str()),
        (Some("/a b"), Some("/mnt/x\\y"))
    );
    assert!(memberships("nonsense\n").is_empty());
}
