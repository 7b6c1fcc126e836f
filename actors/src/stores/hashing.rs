//! Reading and hashing in one go.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;

use sha2::{Digest, Sha256};
use tribunal_problems::BlobId;

/// Reads a file from its first byte, whatever its offset, and hashes what it reads.
#[derive(Debug)]
pub(crate) struct Hashing<'a> {
    file: &'a File,
    hash: Sha256,
    size: u64,
}

impl<'a> Hashing<'a> {
    pub(crate) fn new(file: &'a File) -> Self {
        Self {
            file,
            hash: Sha256::new(),
            size: 0,
        }
    }

    /// The name and the length of what has been read.
    pub(crate) fn finish(self) -> (BlobId, u64) {
        (BlobId::from_digest(self.hash.finalize().into()), self.size)
    }
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.size)?;
        self.hash.update(&buffer[..count]);
        self.size += count as u64;
        Ok(count)
    }
}

/// Copies a whole file, and answers the name and the length of what was copied.
pub(super) fn copy_hashing(file: &File, to: &mut impl Write) -> io::Result<(BlobId, u64)> {
    let mut content = Hashing::new(file);
    let mut buffer = vec![0; COPY_BUFFER];
    loop {
        match content.read(&mut buffer) {
            Ok(0) => return Ok(content.finish()),
            Ok(count) => to.write_all(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
}

const COPY_BUFFER: usize = 128 << 10;
