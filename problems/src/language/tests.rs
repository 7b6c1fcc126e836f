//! The built-in languages, and what a further file may add.

use super::*;
use crate::entry_point::EntryPoint;
use crate::limits::RunLimits;
use crate::source::SourceFile;

fn toolchain(id: &str) -> Toolchain {
    Languages::built_in()
        .get(id)
        .unwrap()
        .toolchain(|_| true)
        .unwrap()
}

fn files(names: &[&str]) -> Vec<SourceFile> {
    names
        .iter()
        .map(|name| SourceFile::new(*name, "x".as_bytes()))
        .collect()
}

#[test]
fn ids_aliases_and_variants_name_languages() {
    let languages = Languages::built_in();
    let name_of = |id: &str| languages.get(id).map(|language| language.name.clone());
    assert_eq!(name_of("cpp-17").as_deref(), Some("C++17"));
    assert_eq!(name_of("cpp-20").as_deref(), Some("C++20"));
    assert_eq!(name_of("python3").as_deref(), Some("Python 3"));
    assert_eq!(name_of("cobol"), None);
    for language in languages.all() {
        assert!(language.compile_limits.time >= std::time::Duration::from_secs(1));
    }
}

#[test]
fn a_files_ending_names_its_language_and_no_variant() {
    let languages = Languages::built_in();
    for (file, id) in [
        ("a.c", "c"),
        ("a.C", "cpp"),
        ("x/b.cc", "cpp"),
        ("main.py", "python"),
        ("m.mjs", "javascript"),
        ("Main.java", "java"),
        ("main.kt", "kotlin"),
        ("main.rs", "rust"),
        ("main.go", "go"),
        ("main.pas", "pascal"),
    ] {
        assert_eq!(
            languages.by_file_name(file).unwrap().id.as_str(),
            id,
            "{file}"
        );
    }
    for file in ["Makefile", "a.h", "a.txt", "x.d/py"] {
        assert!(languages.by_file_name(file).is_none(), "{file}");
    }
}

#[test]
fn cpp_compiles_its_sources_and_not_its_headers() {
    let command = toolchain("cpp-20")
        .compile_command(&files(&["a.cpp", "b.cc", "b.h"]))
        .unwrap();
    let words = "/usr/bin/g++ -x c++ -O2 -std=gnu++20 -static -pipe -DONLINE_JUDGE -fdiagnostics-color=never -o main a.cpp b.cc";
    assert_eq!(command.join(" "), words);
    assert_eq!(
        toolchain("cpp").artifact_files(&files(&["a.cpp"])),
        ["main"]
    );
    let run = toolchain("cpp").run_command(
        &files(&["a.cpp"]),
        &EntryPoint::Program,
        &RunLimits::default(),
        &["1".into()],
    );
    assert_eq!(run, ["./main", "1"]);
}

#[test]
fn python_runs_its_entry_file_and_the_driver_only_where_asked() {
    let python = toolchain("python");
    let limits = RunLimits::default();
    let sources = files(&["util.py", "main.py", "data.txt"]);
    let run = |entry: &EntryPoint| python.run_command(&sources, entry, &limits, &[]).join(" ");
    assert_eq!(run(&EntryPoint::Program), "/usr/bin/python3 -B main.py");
    let maybe = EntryPoint::MaybeFunction { name: None };
    assert_eq!(
        run(&maybe),
        "/usr/bin/python3 -B .tribunal-driver.py --enter  main.py"
    );
    let named = EntryPoint::MaybeFunction {
        name: Some("f".into()),
    };
    assert_eq!(
        run(&named),
        "/usr/bin/python3 -B .tribunal-driver.py --enter f main.py"
    );
    assert_eq!(python.run_support(&named).len(), 1);
    assert!(python.run_support(&EntryPoint::Program).is_empty());
    assert_eq!(
        python.artifact_files(&sources),
        ["util.py", "main.py", "data.txt"]
    );
}

#[test]
fn node_is_told_the_memory_limit_and_a_stack_that_fits() {
    let node = toolchain("javascript");
    let run = |mib: u64| {
        let limits = RunLimits {
            memory: mib << 20,
            ..RunLimits::default()
        };
        node.run_command(&files(&["main.js"]), &EntryPoint::Program, &limits, &[])[1..3].join(" ")
    };
    assert_eq!(run(256), "--max-old-space-size=256 --stack-size=65536");
    assert_eq!(run(64), "--max-old-space-size=64 --stack-size=16384");
}

#[test]
fn a_virtual_machine_has_the_whole_limit_as_heap_and_room_beside() {
    let java = toolchain("java");
    let limits = RunLimits {
        memory: 256 << 20,
        ..RunLimits::default()
    };
    let sources = files(&["main.jar"]);
    let run = java.run_command(&sources, &EntryPoint::Program, &limits, &["1".into()]);
    let run = run.join(" ");
    for word in [
        "-Xmx256m",
        "-Xss65536k",
        "-XX:ActiveProcessorCount=1",
        "-jar main.jar 1",
    ] {
        assert!(run.contains(word), "{run}");
    }
    assert_eq!(java.box_memory(&limits), (256 + 192) << 20);
    assert_eq!(toolchain("cpp").box_memory(&limits), limits.memory);
    let said = b"Terminating due to java.lang.OutOfMemoryError: Java heap space\n";
    assert!(java.says_out_of_memory(said) && !java.says_out_of_memory(b"an error"));
    assert!(!toolchain("cpp").says_out_of_memory(said));
    for said in ["MemoryError\n", "using too much memory, aborting\n"] {
        assert!(
            toolchain("pypy").says_out_of_memory(said.as_bytes()),
            "{said}"
        );
    }
    let go = toolchain("go");
    let of_runs = go.env(Some(&limits));
    assert_eq!(
        of_runs.get("GOMEMLIMIT").map(String::as_str),
        Some("256MiB")
    );
    // The compiler is a program of Go as well, and not bound by a contestant's limit.
    assert_eq!(go.env(None).get("GOMEMLIMIT"), None);
    let support = java.compile_support();
    assert_eq!(support.len(), 1);
    let compile = java.compile_command(&files(&["A.java", "b.txt"])).unwrap();
    let end = [support[0].name.as_str(), "main.jar", "A.java"];
    assert!(compile.ends_with(&end.map(str::to_owned)), "{compile:?}");
}

#[test]
fn a_missing_compiler_is_named_with_its_package() {
    let error = Languages::built_in()
        .get("c")
        .unwrap()
        .toolchain(|_| false)
        .unwrap_err();
    insta::assert_snapshot!(error, @"C needs one of /usr/bin/gcc, /usr/local/bin/gcc; install it with: apt-get install gcc libc6-dev");
}

#[test]
fn versions_are_found_in_what_compilers_print() {
    for (output, wanted) in [
        ("Python 3.11.2\n", Some("3.11.2")),
        ("v20.20.2\n", Some("20.20.2")),
        (
            "gcc (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright",
            Some("12.2.0"),
        ),
        ("go version go1.19.8 linux/amd64\n", Some("1.19.8")),
        ("rustc 1.63.0\n", Some("1.63.0")),
        (
            "Java HotSpot warning: deprecated in JDK 13\ninfo: kotlinc-jvm 1.3.31 (JRE 17.0.15+6)\n",
            Some("1.3.31"),
        ),
        ("no number", None),
        ("v3", None),
    ] {
        assert_eq!(Probe::version_in(output).as_deref(), wanted, "{output:?}");
    }
}

const LUA: &str = r#"
[[language]]
id = "lua"
name = "Lua"
extensions = ["lua"]
source_name = "main.lua"
produces = ["{files}"]
run = { programs = ["/usr/bin/lua"], args = ["{source}"] }
probe = { programs = ["/usr/bin/lua"], args = ["-v"] }
"#;

#[test]
fn a_further_file_adds_and_replaces_languages() {
    let mut languages = Languages::built_in();
    let before = languages.all().count();
    languages.extend(LUA).unwrap();
    assert_eq!(languages.all().count(), before + 1);
    languages
        .extend(&LUA.replace("\"Lua\"", "\"Lua 5.4\""))
        .unwrap();
    assert_eq!(languages.all().count(), before + 1);
    assert_eq!(languages.get("lua").unwrap().name, "Lua 5.4");
    let lua = languages.get("lua").unwrap().toolchain(|_| true).unwrap();
    assert_eq!(lua.compile_command(&files(&["a.lua"])), None);
    assert_eq!(
        lua.run_command(
            &files(&["a.lua"]),
            &EntryPoint::Program,
            &RunLimits::default(),
            &[]
        ),
        ["/usr/bin/lua", "a.lua"]
    );
}

#[test]
fn a_broken_file_changes_nothing_and_says_what_is_wrong() {
    let table = [
        (
            LUA.replace("{source}", "{sorce}"),
            "language lua: \"{sorce}\" has an unknown word in braces",
        ),
        (
            LUA.replace("{source}", "{driver}"),
            "language lua: a command names {driver}, but there is no driver",
        ),
        (
            LUA.replace("{source}", "-x{files}"),
            "language lua: {files} must be an argument of its own, not part of \"-x{files}\"",
        ),
        (
            LUA.replace("[\"lua\"]", "[]"),
            "language lua: extensions is empty",
        ),
        (
            LUA.replace("\"lua\"\nname", "\"Lua\"\nname"),
            "language Lua: \"Lua\" is no id: lower-case letters, digits, + and - only",
        ),
        (
            LUA.replace("/usr/bin/lua\"], args = [\"{", "bin/lua\"], args = [\"{"),
            "language lua: the program \"bin/lua\" is neither absolute nor a plain file name",
        ),
        (
            LUA.replace("name = \"Lua\"", "name = \"Lua\"\naliases = [\"js\"]"),
            "language lua: \"js\" names another language too",
        ),
        (
            LUA.replace("produces", "makes"),
            "the language file cannot be read",
        ),
        (
            String::from("[[language]"),
            "the language file cannot be read",
        ),
    ];
    for (toml, wanted) in table {
        let mut languages = Languages::built_in();
        assert_eq!(languages.extend(&toml).unwrap_err().to_string(), wanted);
        assert_eq!(languages, Languages::built_in());
    }
}

#[test]
fn c_and_cpp_compile_statically_with_the_built_in_commands() {
    let c = "#include <math.h>\n#include <stdio.h>\nint main(int n, char **v) { printf(\"%d\\n\", (int)sqrt(n * 8.0) + !v); }\n";
    let cpp = "#include <iostream>\n#include <optional>\nint main() { std::optional<int> n{4}; std::cout << *n << '\\n'; }\n";
    for (id, name, text) in [
        ("c", "main.c", c),
        ("c-11", "main.c", c),
        ("cpp", "main.cpp", cpp),
        ("cpp-20", "main.cpp", cpp),
    ] {
        let toolchain = Languages::built_in()
            .get(id)
            .unwrap()
            .toolchain(|path| path.exists())
            .expect("gcc and g++");
        let sources = vec![SourceFile::new(name, text.as_bytes())];
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(name), text).unwrap();
        let run = |command: &[String]| {
            let (program, args) = command.split_first().unwrap();
            std::process::Command::new(program)
                .args(args)
                .current_dir(directory.path())
                .output()
                .unwrap()
        };
        let compiled = run(&toolchain.compile_command(&sources).unwrap());
        assert!(
            compiled.status.success(),
            "{id}: {}",
            String::from_utf8_lossy(&compiled.stderr)
        );
        let binary = directory
            .path()
            .join(&toolchain.artifact_files(&sources)[0]);
        let args = ["x".to_owned()];
        let mut command =
            toolchain.run_command(&sources, &EntryPoint::Program, &RunLimits::default(), &args);
        assert_eq!(command[0], "./main");
        command[0] = binary.to_str().unwrap().to_owned();
        assert_eq!(
            String::from_utf8(run(&command).stdout).unwrap(),
            "4\n",
            "{id}"
        );
    }
}
