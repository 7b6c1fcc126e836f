//! A package of our own, and what is wrong with variants of it.

use std::fmt::Write;

use crate::checker::Checker;
use crate::package::tests::{open, package};
use crate::package::{Format, Headers, InputSource, Package};
use crate::scoring::Aggregate;

pub(super) const XML: &str = r#"== problem.xml
<?xml version="1.0" encoding="utf-8" standalone="no"?>
<problem revision="1" short-name="sum" url="http://localhost/sum">
  <names><name language="russian" value="Сумма"/><name language="english" value="Sum"/></names>
  <statements><statement language="english" path="statements/english/problem.tex" type="application/x-tex"/></statements>
  <judging cpu-name="" cpu-speed="3600" input-file="" output-file="" run-count="1">
    <testset name="tests">
      <time-limit>1500</time-limit>
      <memory-limit>268435456</memory-limit>
      <test-count>4</test-count>
      <input-path-pattern>tests/%02d</input-path-pattern>
      <answer-path-pattern>tests/%02d.a</answer-path-pattern>
      <tests>
        <test method="manual" sample="true" group="0" points="0.0"/>
        <test cmd="gen 1 'a b'" method="generated" group="1" points="10.0"/>
        <test cmd="gen 2" method="generated" group="1" points="20.0"/>
        <test cmd="gen 3" method="generated" group="2" points="70.0"/>
      </tests>
      <groups>
        <group name="0" points-policy="each-test" feedback-policy="complete"/>
        <group name="1" points-policy="each-test" feedback-policy="points"/>
        <group name="2" points="70.0" points-policy="complete-group" feedback-policy="icpc">
          <dependencies><dependency group="1"/></dependencies>
        </group>
      </groups>
    </testset>
  </judging>
  <files>
    <resources><file path="files/testlib.h" type="h.g++"/></resources>
    <executables><executable><source path="files/gen.cpp" type="cpp.g++17"/></executable></executables>
  </files>
  <assets>
    <checker name="std::ncmp.cpp" type="testlib"><source path="files/check.cpp" type="cpp.g++17"/></checker>
    <validators><validator><source path="files/val.py" type="python.3"/>
      <testset><test-count>1</test-count><input-path-pattern>files/tests/validator-tests/%02d</input-path-pattern>
        <tests><test verdict="INVALID"/></tests></testset>
    </validator></validators>
    <solutions>
      <solution tag="main"><source path="solutions/main.cpp" type="cpp.gcc14-64-msys2-g++23"/></solution>
      <solution tag="wrong-answer"><source path="solutions/wa.py" type="python.3"/></solution>
      <solution tag="rejected"><source path="solutions/x.d" type="d"/></solution>
    </solutions>
  </assets>
</problem>
== tests/01
1 2
== files/testlib.h
// a header
== files/gen.cpp
#include "testlib.h"
== files/check.cpp
#include "testlib.h"
== files/val.py
print()
== files/tests/validator-tests/01
x
== solutions/main.cpp
int main() {}
== solutions/wa.py
print()
== solutions/x.d
== statements/english/problem.tex
Add.
"#;

#[test]
fn every_part_of_problem_xml_is_read() {
    let read = open(XML).unwrap();
    assert_eq!((read.format, read.name.as_str()), (Format::Polygon, "Sum"));
    assert_eq!(
        (read.limits.time.as_millis(), read.limits.memory),
        (1500, 256 << 20)
    );
    assert!(matches!(read.checker, Checker::Native(_)) && read.kind.scored);
    let recipe = read.recipe.as_ref().unwrap();
    assert!(recipe.is_needed() && recipe.main.is_some());
    let args = vec!["1".to_owned(), "a b".to_owned()];
    assert_eq!(
        recipe.tests[1].input,
        InputSource::Generated { generator: 0, args }
    );
    assert!(matches!(recipe.tests[0].input, InputSource::File(_)));
    let names: Vec<&str> = recipe.generators[0]
        .files
        .iter()
        .map(|file| file.name.as_str())
        .collect();
    assert_eq!(names, ["gen.cpp", "testlib.h"]);
    let groups: Vec<String> = read
        .scoring
        .groups
        .iter()
        .map(|group| {
            let max = group
                .max
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            let all = if group.aggregate == Aggregate::PassFail {
                " all"
            } else {
                ""
            };
            format!("{}:{max}{all} {:?}", group.name, group.requires)
        })
        .collect();
    assert_eq!(groups, [":100 []", "0:0 []", "1:30 []", "2:70 all [2]"]);
    let submissions: Vec<String> = read
        .submissions
        .iter()
        .map(|one| format!("{} {} {:?}", one.path, one.language, one.expected))
        .collect();
    assert_eq!(
        submissions,
        [
            "solutions/main.cpp cpp-23 [AC]",
            "solutions/wa.py python [WA]"
        ]
    );
    assert_eq!(read.unjudged[0].path, "solutions/x.d");
    assert_eq!(read.self_tests.len(), 5);
}

#[test]
fn solutions_may_read_and_write_files() {
    let text = XML.replace("input-file=\"\"", "input-file=\"sum.in\"");
    let text = text.replace("output-file=\"\"", "output-file=\"stdout\"");
    let names = open(&text).unwrap().file_names;
    assert_eq!(names.input.as_deref(), Some("sum.in"));
    assert_eq!(names.output, None);
}

#[test]
fn each_malformed_problem_xml_has_its_message() {
    let mut messages = String::new();
    for (from, to) in [
        ("</problem>", ""),
        ("<problem revision=\"1\" ", "<contest revision=\"1\" "),
        ("input-file=\"\"", "input-file=\"../sum.in\""),
        (
            "input-file=\"\" output-file=\"\"",
            "input-file=\"sum.txt\" output-file=\"sum.txt\"",
        ),
        ("run-count=\"1\"", "run-count=\"2\""),
        ("<test-count>4</test-count>", "<test-count>5</test-count>"),
        ("<test-count>4</test-count>", ""),
        (
            "<time-limit>1500</time-limit>",
            "<time-limit>soon</time-limit>",
        ),
        ("tests/%02d</input", "tests/02</input"),
        ("== tests/01\n1 2", "== tests/99\n1"),
        ("cmd=\"gen 2\"", "cmd=\"gin 2\""),
        ("cmd=\"gen 2\"", "cmd=\"gen 2 &gt; 3\""),
        ("points=\"20.0\"", "points=\"many\""),
        (
            "group=\"2\" points=\"70.0\"/>",
            "group=\"3\" points=\"70.0\"/>",
        ),
        ("<dependency group=\"1\"/>", "<dependency group=\"7\"/>"),
        ("<dependency group=\"1\"/>", "<dependency group=\"2\"/>"),
        ("points-policy=\"complete-group\"", "points-policy=\"some\""),
        ("feedback-policy=\"icpc\"", "feedback-policy=\"loud\""),
        ("<group name=\"2\"", "<group name=\"1\""),
        ("tag=\"main\"", "tag=\"best\""),
        ("tag=\"wrong-answer\"", "tag=\"main\""),
        ("tag=\"main\"", "tag=\"accepted\""),
        ("path=\"solutions/main.cpp\"", "path=\"solutions/none.cpp\""),
        ("verdict=\"INVALID\"", "verdict=\"SO-SO\""),
        ("== files/tests/validator-tests/01\nx", "== files/x\nx"),
        ("== files/testlib.h\n// a header", "== files/x\nx"),
        ("name=\"std::ncmp.cpp\" type=\"testlib\"", "type=\"shell\""),
        (
            "<resources><file path=\"files/testlib.h\" type=\"h.g++\"/></resources>",
            "",
        ),
    ] {
        assert!(XML.contains(from), "{from:?}");
        let message = match open(
            &XML.replacen(from, to, 1)
                .replace("</contest>", "</problem>"),
        ) {
            Ok(_) => "nothing".to_owned(),
            Err(error) => error.to_string(),
        };
        writeln!(messages, "{from} → {to}\n    {message}").unwrap();
    }
    insta::assert_snapshot!(messages);
}

#[test]
fn a_header_of_this_host_stands_in_for_a_missing_one() {
    let text = XML.replace(
        "<resources><file path=\"files/testlib.h\" type=\"h.g++\"/></resources>",
        "",
    );
    let (directory, root) = package("sum", &text);
    std::fs::write(directory.path().join("testlib.h"), "// of the host").unwrap();
    let headers = Headers::in_directories(&[directory.path().to_owned()]);
    let read =
        Package::open_with(&root, &crate::language::Languages::built_in(), &headers).unwrap();
    let files = &read.recipe.unwrap().generators[0].files;
    assert_eq!(files[1].content.as_ref(), b"// of the host");
}
