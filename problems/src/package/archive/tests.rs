//! Archives that are unpacked, and those that are refused.

use std::io::Cursor;

use zip::write::{SimpleFileOptions, ZipWriter};

use super::*;

type Writer = ZipWriter<Cursor<Vec<u8>>>;

fn archive(fill: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    fill(&mut writer);
    writer.finish().unwrap().into_inner()
}

fn file(writer: &mut Writer, name: &str, content: &[u8]) {
    writer
        .start_file(name, SimpleFileOptions::default())
        .unwrap();
    writer.write_all(content).unwrap();
}

/// What unpacking says, or the files that there are then.
fn unpacked(bytes: &[u8]) -> Result<Vec<String>, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sum.zip");
    fs::write(&path, bytes).unwrap();
    let root = unpack(&path, &directory.path().join("out")).map_err(|error| error.to_string())?;
    assert_eq!(root.file_name().unwrap(), "sum");
    let mut names = Vec::new();
    list(&root, &root, &mut names);
    names.sort();
    Ok(names)
}

fn list(root: &Path, directory: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            list(root, &entry.path(), names);
        } else {
            let name = entry
                .path()
                .strip_prefix(root)
                .unwrap()
                .display()
                .to_string();
            names.push(name);
        }
    }
}

fn bounded(bytes: Vec<u8>, bounds: Bounds) -> String {
    let directory = tempfile::tempdir().unwrap();
    let unpacking = Unpacking {
        root: directory.path(),
        bounds,
        written: 0,
        names: BTreeSet::new(),
    };
    unpacking.all(Cursor::new(bytes)).unwrap_err().to_string()
}

#[test]
fn files_come_out_with_or_without_a_directory_around_them() {
    let plain = archive(|writer| {
        file(writer, "problem.yaml", b"name: a");
        file(writer, "./data/secret/1.in", b"1");
        writer
            .add_symlink("data/secret/2.in", "1.in", SimpleFileOptions::default())
            .unwrap();
    });
    let wanted = ["data/secret/1.in", "data/secret/2.in", "problem.yaml"];
    assert_eq!(unpacked(&plain).unwrap(), wanted);
    for outer in ["sum", "other"] {
        let wrapped = archive(|writer| {
            for name in ["problem.yaml", "data/secret/1.in"] {
                file(writer, &format!("{outer}/{name}"), b"1");
            }
        });
        assert_eq!(
            unpacked(&wrapped).unwrap(),
            ["data/secret/1.in", "problem.yaml"]
        );
    }
}

#[test]
fn what_leaves_the_package_or_is_too_much_is_refused_by_its_name() {
    let options = SimpleFileOptions::default();
    let one = |name: &'static str| archive(|writer| file(writer, name, b"x"));
    let link = |target: &'static str| {
        archive(|writer| writer.add_symlink("data/link", target, options).unwrap())
    };
    let mut table = String::new();
    let mut refuse = |what: &str, message: String| table.push_str(&format!("{what}: {message}\n"));
    for name in ["../evil", "data/../../evil", "/etc/passwd", "a\\..\\b"] {
        refuse(name, unpacked(&one(name)).unwrap_err());
    }
    for target in ["/etc/passwd", "../../etc/passwd", "x/../../../y"] {
        refuse(target, unpacked(&link(target)).unwrap_err());
    }
    let through = archive(|writer| {
        writer.add_symlink("data", ".", options).unwrap();
        writer.add_symlink("link", "data/1", options).unwrap();
        file(writer, "link/x", b"x");
    });
    let message = unpacked(&through).unwrap_err();
    refuse(
        "a file below a link",
        message.split("/out/").last().unwrap().to_owned(),
    );
    let bomb = archive(|writer| file(writer, "data/secret/bomb.in", &vec![0; 40 << 20]));
    refuse("a bomb", unpacked(&bomb).unwrap_err());
    refuse(
        "no archive",
        unpacked(b"PK\x03\x04 not at all").unwrap_err(),
    );
    let bounds = Bounds {
        entries: 2,
        file_bytes: 10,
        bytes: 15,
    };
    let many = archive(|writer| {
        ["a", "b", "c"]
            .iter()
            .for_each(|name| file(writer, name, b"x"));
    });
    refuse("three of two", bounded(many, bounds));
    refuse(
        "11 of 10",
        bounded(archive(|writer| file(writer, "a", b"12345678901")), bounds),
    );
    let both = archive(|writer| {
        ["a", "b"]
            .iter()
            .for_each(|name| file(writer, name, b"1234567890"));
    });
    refuse("20 of 15", bounded(both, bounds));
    insta::assert_snapshot!(table);
}

#[test]
fn sizes_that_are_lies_are_not_believed() {
    let mut bytes = archive(|writer| file(writer, "a", &[b'x'; 1000]));
    // The stated size of the only entry, in the local header and in the central directory.
    let stated = 1000_u32.to_le_bytes();
    for at in 0..bytes.len() - 4 {
        if bytes[at..at + 4] == stated {
            bytes[at..at + 4].copy_from_slice(&5_u32.to_le_bytes());
        }
    }
    let bounds = Bounds {
        entries: 2,
        file_bytes: 10,
        bytes: 15,
    };
    let message = bounded(bytes, bounds);
    assert!(message.starts_with("a: it "), "{message}");
}
