//! Input validators in languages of their own: checktestdata and VIVA.

use super::{WHOLE, open, package};
use crate::checktestdata::CheckOptions;
use crate::language::Languages;
use crate::package::model::InputValidator;
use crate::package::{Headers, Package};

#[test]
fn a_script_is_read_with_its_package_and_with_the_constants_in_it() {
    let text = WHOLE.replace("keywords:", "constants: {n_max: 7}\nkeywords:");
    let files = "== input_validators/numbers.ctd\nREP(2, SPACE)\nINT(0, {{n_max}})\nEND NEWLINE\n\
                 == input_validators/zeros.py\nimport sys\n\
                 == input_validators/README.md\nNothing.\n";
    let read = open(&format!("{text}{files}")).unwrap();
    let names: Vec<&str> = read
        .input_validators
        .iter()
        .map(InputValidator::name)
        .collect();
    assert_eq!(names, ["numbers", "zeros"]);
    let InputValidator::Checktestdata { script, .. } = &read.input_validators[0] else {
        panic!("{:?}", read.input_validators)
    };
    let options = CheckOptions::default();
    assert_eq!(script.check(b"1 7\n", &options), Ok(()));
    let refusal = script.check(b"1 8\n", &options).unwrap_err().to_string();
    assert_eq!(
        refusal,
        "line 1, column 3: 8 is not in [0, 7] (INT in line 2 of the validator)"
    );
    let languages: Vec<String> = read
        .judging_languages()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(languages, ["python"]);
}

#[test]
fn a_pattern_of_viva_is_a_script_that_asks_viva_where_it_is_known() {
    let text = format!("{WHOLE}== input_validators/two.viva\na:integer b:integer;\n");
    let (_directory, root) = package("sum", &text);
    let reason = |headers: &Headers| {
        let read = Package::open_with(&root, &Languages::built_in(), headers).unwrap();
        assert!(read.input_validators.is_empty());
        let unjudged = &read.unjudged[0];
        assert_eq!(unjudged.path, "input_validators/two.viva");
        unjudged.reason.clone()
    };
    assert_eq!(
        reason(&Headers::default()),
        "viva.jar, which runs it, is not known here; name a directory that has it: --headers DIR, or headers in the \
         configuration"
    );
    assert_eq!(
        reason(&Headers::in_directories(&["/nowhere".into()])),
        "viva.jar, which runs it, is not known here; put a copy at /nowhere/viva.jar"
    );
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("viva.jar"), "a jar").unwrap();
    let headers = Headers::in_directories(&[directory.path().to_owned()]);
    let read = Package::open_with(&root, &Languages::built_in(), &headers).unwrap();
    let program = read.input_validators[0].program().unwrap();
    let files: Vec<&str> = program
        .files
        .iter()
        .map(|file| file.name.as_str())
        .collect();
    assert_eq!(
        (program.name.as_str(), program.language.as_str(), files),
        ("two", "script", vec!["two.viva", "viva.jar", "run"])
    );
    let run = String::from_utf8_lossy(&program.files[2].content).into_owned();
    insta::assert_snapshot!(run, @r"
    #!/bin/sh
    cat > input || exit 1
    java -XX:+UseSerialGC -XX:ActiveProcessorCount=1 -XX:-UsePerfData -Xmx1024m \
        -jar viva.jar two.viva input > said 2>&1
    status=$?
    grep -v '^<<<' said >&2
    case $status in 0) exit 42;; 1) exit 43;; *) exit $status;; esac
    ");
}
