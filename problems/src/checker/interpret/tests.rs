//! What each dialect's runs mean, as tables.

use std::collections::BTreeMap;

use super::*;
use crate::checker::{CheckerFile, CheckerPaths};
use crate::scoring::Value;
use crate::verdict::Verdict;

fn run(end: RunEnd, stderr: &str, feedback: &[(&str, &str)]) -> CheckerRun {
    let feedback = feedback
        .iter()
        .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
        .collect();
    CheckerRun {
        end,
        stdout: Vec::new(),
        stderr: stderr.as_bytes().to_vec(),
        feedback,
    }
}

fn wrong(message: &str) -> CheckerAnswer {
    CheckerAnswer::Wrong {
        message: message.to_owned(),
    }
}

fn presentation(message: &str) -> CheckerAnswer {
    CheckerAnswer::Presentation {
        message: message.to_owned(),
    }
}

fn share(share: &str, message: &str) -> CheckerAnswer {
    CheckerAnswer::Share {
        share: share.parse().unwrap(),
        message: message.to_owned(),
    }
}

fn failed(what: &str) -> CheckerAnswer {
    CheckerAnswer::Broken {
        reason: format!("the checker failed: {what}"),
    }
}

#[test]
fn kattis_knows_42_and_43_and_all_else_is_broken() {
    use RunEnd::*;
    let table = [
        (run(Exited(42), "", &[]), CheckerAnswer::Accepted),
        (
            run(Exited(42), "", &[("judgemessage.txt", "nice")]),
            CheckerAnswer::Accepted,
        ),
        (run(Exited(43), "", &[]), wrong("")),
        (
            run(Exited(43), "noise", &[("judgemessage.txt", "line 3 \n")]),
            wrong("line 3"),
        ),
        (
            run(Exited(0), "", &[]),
            failed("it ended with exit status 0"),
        ),
        (
            run(Exited(1), "Traceback", &[]),
            failed("it ended with exit status 1: Traceback"),
        ),
        (run(Signaled(11), "", &[]), failed("signal 11 ended it")),
        (
            run(CpuLimit, "", &[]),
            failed("it used more CPU time than allowed"),
        ),
        (
            run(MemoryLimit, "", &[]),
            failed("it used more memory than allowed"),
        ),
        (
            run(Exited(42), "", &[("score.txt", "3")]),
            failed("it wrote score.txt, but the problem is not scored"),
        ),
        (
            run(Exited(43), "", &[("nextpass.in", "")]),
            failed("it asked for a further pass, but the problem has only one"),
        ),
    ];
    for (run, wanted) in table {
        assert_eq!(
            Dialect::Kattis.interpret(&run, Scores::Refused),
            wanted,
            "{run:?}"
        );
    }
}

#[test]
fn testlib_statuses_and_prefixes() {
    use RunEnd::*;
    let points = |text: &str| CheckerAnswer::Points(text.parse().unwrap());
    let table = [
        (run(Exited(0), "ok 5 numbers", &[]), CheckerAnswer::Accepted),
        (
            run(Exited(1), "wrong answer 3rd differs", &[]),
            wrong("3rd differs"),
        ),
        (
            run(Exited(2), "wrong output format Extra information", &[]),
            presentation("Extra information"),
        ),
        (
            run(Exited(3), "FAIL bad answer file", &[]),
            failed("it ended with exit status 3: FAIL bad answer file"),
        ),
        (run(Exited(7), "points 2.5 half", &[]), points("2.5")),
        (
            run(Exited(7), "points", &[]),
            failed("it gave no points: points"),
        ),
        (
            run(Exited(8), "unexpected eof token expected", &[]),
            presentation("token expected"),
        ),
        (
            run(Exited(0), "partially correct (0) none", &[]),
            wrong("none"),
        ),
        (
            run(Exited(17), "partially correct (17) some", &[]),
            share("17/100", "some"),
        ),
        (
            run(Exited(0), "partially correct (200) all", &[]),
            CheckerAnswer::Accepted,
        ),
        (
            run(Exited(99), "", &[]),
            failed("it ended with exit status 99"),
        ),
        (run(Signaled(6), "", &[]), failed("signal 6 ended it")),
    ];
    for (run, wanted) in table {
        assert_eq!(
            Dialect::Testlib.interpret(&run, Scores::Refused),
            wanted,
            "{run:?}"
        );
    }
}

#[test]
fn hydro_s_testlib_goes_by_first_words_and_by_what_the_message_asks_for() {
    use RunEnd::Exited;
    let judged = |verdict, value, message: &str| CheckerAnswer::Judged {
        verdict,
        value,
        message: message.to_owned(),
    };
    let points = |points: u32| Some(Value::Points(Ratio::from(points)));
    let half = || "1/2".parse::<Ratio>().unwrap();
    let no_points = |said: &str| failed(&format!("its points are no number from 0 to 100: {said}"));
    use Verdict::{AC, MLE, OLE, PE, PT, RTE, TLE};
    let table = [
        (0, "ok 5 numbers", CheckerAnswer::Accepted),
        // The exit status says nothing.
        (1, "ok 5 numbers", CheckerAnswer::Accepted),
        (0, "okay", wrong("okay")),
        (0, "wrong answer 3rd differs", wrong("3rd differs")),
        (2, "wrong output format Extra", wrong("PE Extra")),
        (8, "unexpected eof token", wrong("unexpected eof token")),
        (99, "neither", wrong("neither")),
        (0, "", wrong("")),
        (1, "", failed("it ended with exit status 1")),
        (
            3,
            "FAIL bad answer",
            failed("it ended with exit status 3: FAIL bad answer"),
        ),
        // Shares and hundredths.
        (16, "partially correct (0.5) so so", share("1/2", "so so")),
        (66, "partially correct (50) so so", share("1/2", "so so")),
        (0, "partially correct (0) none", wrong("none")),
        (0, "partially correct (1) all", CheckerAnswer::Accepted),
        (
            0,
            "partially correct (150)",
            no_points("partially correct (150)"),
        ),
        (0, "partially correct", no_points("partially correct")),
        (
            0,
            "partially correct (x)",
            no_points("partially correct (x)"),
        ),
        (7, "points 0.25 few", share("1/4", "points 0.25 few")),
        (7, "points 25", share("1/4", "points 25")),
        (7, "points 1 all", CheckerAnswer::Accepted),
        (7, "points 100 all", CheckerAnswer::Accepted),
        (7, "points -1", no_points("points -1")),
        // What the message asks for.
        (
            1,
            "wrong answer score(30) nearly",
            judged(PT, points(30), "nearly"),
        ),
        (1, "wrong answer score(0) no", wrong("no")),
        (
            1,
            "wrong answer status(1) score(30) nearly",
            judged(AC, points(30), "nearly"),
        ),
        (
            0,
            "points 0.5\nstatus(1) enough\nand more",
            judged(AC, Some(Value::Share(half())), "enough"),
        ),
        (0, "partially correct (0.5) status(2)", {
            judged(PT, Some(Value::Share(half())), "")
        }),
        (
            1,
            "wrong answer status(6) it broke",
            judged(RTE, None, "it broke"),
        ),
        (1, "wrong answer status(5)", judged(OLE, None, "")),
        (1, "wrong answer status(4)", judged(MLE, None, "")),
        (1, "status(3)\nslow", judged(TLE, None, "slow")),
        (1, "wrong answer status(31) a", judged(PE, None, "a")),
        (1, "wrong answer status(7) status(8) a", wrong("a")),
        (0, "ok score(30)", CheckerAnswer::Accepted),
        (0, "ok\nstatus(2) score(0) but", wrong("but")),
        (1, "wrong answer a score(30)", wrong("a score(30)")),
        (1, "wrong answer score(x)", wrong("score(x)")),
    ];
    for (status, stderr, wanted) in table {
        let run = run(Exited(status), stderr, &[]);
        let found = Dialect::Testlib.interpret(&run, Scores::Hydro);
        assert_eq!(found, wanted, "{stderr:?}");
    }
    // Elsewhere such words are only words.
    let run = run(Exited(1), "wrong answer score(30) nearly", &[]);
    let found = Dialect::Testlib.interpret(&run, Scores::Percent);
    assert_eq!(found, wrong("score(30) nearly"));
}

#[test]
fn each_dialect_has_its_order_of_arguments() {
    let paths = CheckerPaths {
        input: "in",
        answer: "ans",
        output: "out",
        feedback_dir: "fb",
    };
    let arguments: BTreeMap<&str, String> = Dialect::ALL
        .into_iter()
        .map(|dialect| (dialect.word(), dialect.arguments(&paths).join(" ")))
        .collect();
    insta::assert_debug_snapshot!(arguments, @r#"
    {
        "cms": "in ans out",
        "dmoj": "in out ans",
        "dmoj-coci": "in out ans",
        "dmoj-testlib": "in out ans",
        "ejudge": "in out ans",
        "hustoj": "in ans out",
        "kattis": "in ans fb/",
        "kattis-static": "fb/",
        "lemon": "in out ans 100 fb/score.txt fb/judgemessage.txt",
        "omegaup": "",
        "qduoj": "in out",
        "syzoj": "",
        "testlib": "in out ans",
    }
    "#);
    for dialect in Dialect::ALL {
        assert_eq!(dialect.word().parse(), Ok(dialect));
        let json = serde_json::to_string(&dialect).unwrap();
        assert_eq!(json, format!("\"{dialect}\""));
        // What no argument names is there otherwise.
        let named = dialect.arguments(&paths).contains(&"out".to_owned());
        let fixed = dialect.fixed_files();
        let placed = fixed.iter().any(|(_, file)| *file == CheckerFile::Output);
        let ways = [named, placed, dialect.reads_output_from_stdin()];
        let wanted = usize::from(dialect != Dialect::KattisStatic);
        assert_eq!(ways.iter().filter(|way| **way).count(), wanted, "{dialect}");
    }
}

#[test]
fn kattis_scores_by_the_formats_rules() {
    use RunEnd::Exited;
    let (legacy, strict) = (Scores::Legacy, Scores::V2025);
    let points = |text: &str| CheckerAnswer::Points(text.parse().unwrap());
    let table = [
        (
            legacy,
            run(Exited(42), "", &[("score.txt", " 12.5\n")]),
            points("12.5"),
        ),
        (
            legacy,
            run(Exited(42), "", &[("score.txt", "-1e1")]),
            points("-10"),
        ),
        (
            legacy,
            run(Exited(43), "", &[("score.txt", "3")]),
            wrong(""),
        ),
        (legacy, run(Exited(42), "", &[]), CheckerAnswer::Accepted),
        (
            strict,
            run(Exited(42), "", &[("score.txt", "3")]),
            points("3"),
        ),
        (
            strict,
            run(
                Exited(42),
                "",
                &[
                    ("score_multiplier.txt", "0.25"),
                    ("judgemessage.txt", "meh"),
                ],
            ),
            share("1/4", "meh"),
        ),
        (
            strict,
            run(Exited(42), "", &[("score_multiplier.txt", "1")]),
            CheckerAnswer::Accepted,
        ),
        (
            strict,
            run(Exited(42), "", &[("score_multiplier.txt", "1.5")]),
            failed("score_multiplier.txt has \"1.5\", which is no number from 0 to 1"),
        ),
        (
            strict,
            run(
                Exited(42),
                "",
                &[("score_multiplier.txt", "1"), ("score.txt", "1")],
            ),
            failed("it wrote score.txt and score_multiplier.txt"),
        ),
        (
            strict,
            run(Exited(43), "", &[("score.txt", "0")]),
            failed("it wrote score.txt of a rejected output"),
        ),
        (
            strict,
            run(Exited(42), "", &[("score.txt", "-1")]),
            failed("score.txt has \"-1\", which is no score"),
        ),
        (
            strict,
            run(Exited(42), "", &[("score.txt", "many")]),
            failed("score.txt has \"many\", which is no score"),
        ),
    ];
    for (scores, run, wanted) in table {
        assert_eq!(Dialect::Kattis.interpret(&run, scores), wanted, "{run:?}");
    }
}

#[test]
fn the_other_systems_answer_in_their_own_ways() {
    use Dialect::*;
    use RunEnd::Exited;
    let points = |text: &str| CheckerAnswer::Points(text.parse().unwrap());
    let accepted = || CheckerAnswer::Accepted;
    let said = |status, stdout: &str, stderr: &str| CheckerRun {
        stdout: stdout.as_bytes().to_vec(),
        ..run(Exited(status), stderr, &[])
    };
    let lemon = |score: &str| {
        run(
            Exited(0),
            "",
            &[("score.txt", score), ("judgemessage.txt", "so so")],
        )
    };
    let table = [
        (Dmoj, said(0, "", ""), accepted()),
        (Dmoj, said(1, "line 3", ""), wrong("line 3")),
        (Dmoj, said(2, "", ""), failed("it ended with exit status 2")),
        (DmojTestlib, said(2, "", "eh"), presentation("eh")),
        (DmojTestlib, said(7, "", "well\npoints 5\n"), points("5")),
        (
            DmojTestlib,
            said(7, "", "points 5 of 6"),
            failed("it gave no points: points 5 of 6"),
        ),
        (
            DmojTestlib,
            said(3, "", ""),
            failed("it ended with exit status 3"),
        ),
        (DmojCoci, said(7, "", "partial 1/3\n"), share("1/3", "")),
        (DmojCoci, said(7, "", "partial 3/3"), accepted()),
        (
            DmojCoci,
            said(7, "", "partial 4/3"),
            failed("it gave no points: partial 4/3"),
        ),
        (
            DmojCoci,
            said(2, "", ""),
            failed("it ended with exit status 2"),
        ),
        (Cms, said(0, "1.0\n", "translate:success\n"), accepted()),
        (
            Cms,
            said(0, "0.0", "translate:wrong"),
            wrong("Output isn't correct"),
        ),
        (
            Cms,
            said(0, "0.5\nmore", "translate:partial"),
            share("1/2", "Output is partially correct"),
        ),
        (
            Cms,
            said(0, "two", ""),
            failed("it printed \"two\", which is no number from 0 to 1: two"),
        ),
        (
            Cms,
            said(0, "1.01", ""),
            failed("it printed \"1.01\", which is no number from 0 to 1: 1.01"),
        ),
        (
            Cms,
            said(1, "1.0", ""),
            failed("it ended with exit status 1: 1.0"),
        ),
        (Omegaup, said(0, "0.75", "debug"), share("3/4", "")),
        (Hustoj, said(0, "", ""), accepted()),
        (Hustoj, said(9, "", "differs"), wrong("differs")),
        (
            Hustoj,
            run(RunEnd::Signaled(11), "", &[]),
            failed("signal 11 ended it"),
        ),
        (Qduoj, said(1, "", ""), wrong("")),
        (
            Qduoj,
            said(-1, "", ""),
            failed("it ended with exit status -1"),
        ),
        (Lemon, lemon("100"), accepted()),
        (Lemon, lemon("25"), share("1/4", "so so")),
        (Lemon, lemon("0"), wrong("so so")),
        (
            Lemon,
            lemon(""),
            failed("its score file has \"\", which is no number from 0 to 100: so so"),
        ),
        (Syzoj, said(0, "40", "far"), share("2/5", "far")),
        (Syzoj, said(0, "100", ""), accepted()),
        (Ejudge, said(0, "77", ""), accepted()),
        (Ejudge, said(4, "", "eof"), presentation("eof")),
        (Ejudge, said(5, "", "differ"), wrong("differ")),
        (
            Ejudge,
            said(6, "", "no answer"),
            failed("it ended with exit status 6: no answer"),
        ),
    ];
    for (dialect, run, wanted) in table {
        assert_eq!(
            dialect.interpret(&run, Scores::Refused),
            wanted,
            "{dialect} {run:?}"
        );
    }
    assert_eq!(
        Ejudge.interpret(&said(0, "77\n", ""), Scores::Legacy),
        points("77")
    );
}
