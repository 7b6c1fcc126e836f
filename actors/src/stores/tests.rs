//! The stores as an actor: what is asked is done on the blocking pool and answered.

use std::io::Read;
use std::time::Duration;

use super::*;
use crate::paused::paused;

#[test]
fn what_is_stored_by_one_message_is_opened_by_another_and_the_clock_stands_still() {
    let dir = tempfile::tempdir().unwrap();
    let db = crate::database::Database::open(&dir.path().join("tribunal.db")).unwrap();
    let shelf = Shelf::open(dir.path(), db, StoreBounds::default()).unwrap();
    let shelf = Arc::new(shelf);
    paused(async {
        let began = tokio::time::Instant::now();
        let stores = Stores::new(shelf).start();
        let build = BuildId(1);
        let store = StoreBlob {
            content: vec![b'x'; 1 << 20].into(),
            expected: None,
            durability: Durability::Scratch(build),
        };
        let hour = Duration::from_secs(3600);
        let stored = tokio::time::timeout(hour, stores.send(store)).await;
        let StoredBlob { id, size } = stored.unwrap().unwrap().unwrap();
        let check = Check::Content;
        let opened = stores.send(OpenBlob { id, check }).await.unwrap();
        let mut content = Vec::new();
        opened.unwrap().read_to_end(&mut content).unwrap();
        assert_eq!(content.len() as u64, size);
        stores.send(DropStaging { build }).await.unwrap();
        let gone = stores.send(OpenBlob { id, check }).await.unwrap();
        assert!(matches!(gone, Err(StoreError::Missing { .. })));
        assert_eq!(began.elapsed(), Duration::ZERO);
    });
}
