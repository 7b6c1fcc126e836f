//! What proves that it is they, and what does not.

use tempfile::TempDir;

use super::*;
use crate::paused::paused;

const NOW: i64 = 1_700_000_000_000;

fn accounts() -> (TempDir, Accounts) {
    let dir = tempfile::tempdir().unwrap();
    let db = Database::open(&dir.path().join("tribunal.db")).unwrap();
    (dir, Accounts::new(db))
}

fn new(name: &str, role: Role, password: &str) -> NewAccount {
    NewAccount {
        name: name.to_owned(),
        display_name: format!("The {name}"),
        role,
        password: NewPassword::Plain(password.to_owned()),
    }
}

#[test]
fn a_password_proves_who_it_is_whatever_the_case_of_the_name() {
    let (_dir, accounts) = accounts();
    paused(async {
        let id = accounts
            .create(new("Ann", Role::Team, "correct horse"), NOW)
            .await
            .unwrap();
        let found = |name, plain| accounts.by_password(name, plain);
        assert_eq!(found("ann", "correct horse").await.unwrap().unwrap().id, id);
        for (name, plain) in [
            ("ann", "Correct horse"),
            ("bob", "correct horse"),
            ("ann", ""),
            ("", ""),
        ] {
            assert_eq!(found(name, plain).await.unwrap(), None, "{name} {plain}");
        }
        let again = accounts
            .create(new("ANN", Role::Admin, "another one"), NOW)
            .await;
        assert!(matches!(again, Err(AccountError::Exists(name)) if name == "ANN"));
    });
}

#[test]
fn what_is_no_name_or_no_password_is_refused() {
    let (_dir, accounts) = accounts();
    paused(async {
        for name in ["", "a b", "a/b", "<b>", "a\n", &"x".repeat(65)] {
            let refused = accounts
                .create(new(name, Role::Team, "correct horse"), NOW)
                .await;
            assert!(matches!(refused, Err(AccountError::Name)), "{name:?}");
        }
        let refused = |plain: String| accounts.create(new("ann", Role::Team, &plain), NOW);
        let short = refused("seven77".to_owned()).await.unwrap_err().to_string();
        assert_eq!(short, "a password has at least 8 characters");
        let long = refused("x".repeat(1025)).await.unwrap_err().to_string();
        assert_eq!(long, "a password has at most 1024 bytes");
        let hashed = NewAccount {
            password: NewPassword::Hashed("$1$abc".to_owned()),
            ..new("ann", Role::Team, "")
        };
        let refused = accounts.create(hashed, NOW).await.unwrap_err();
        assert!(matches!(
            refused,
            AccountError::Password(PasswordError::NotAHash)
        ));
    });
}

#[test]
fn a_session_lasts_as_long_as_it_is_used_and_ends_when_it_is_ended() {
    let (_dir, accounts) = accounts();
    paused(async {
        let id = accounts
            .create(new("ann", Role::Team, "correct horse"), NOW)
            .await
            .unwrap();
        let session = accounts.begin_session(id, NOW).await.unwrap();
        let whose = |now| accounts.by_session(&session, now);
        let most = SESSION_MS * 3 / 4;
        for turn in 0..4 {
            assert_eq!(
                whose(NOW + turn * most).await.unwrap().unwrap().id,
                id,
                "{turn}"
            );
        }
        assert_eq!(whose(NOW + 3 * most + SESSION_MS).await.unwrap(), None);
        let other = accounts.begin_session(id, NOW).await.unwrap();
        accounts.end_session(&other).await.unwrap();
        assert_eq!(accounts.by_session(&other, NOW).await.unwrap(), None);
        let said = Secret::said("' OR 1=1 --");
        assert_eq!(accounts.by_session(&said, NOW).await.unwrap(), None);
    });
}

#[test]
fn a_changed_password_a_changed_role_and_a_disabled_account_end_sessions() {
    let (_dir, accounts) = accounts();
    paused(async {
        let id = accounts
            .create(new("ann", Role::Team, "correct horse"), NOW)
            .await
            .unwrap();
        let session = accounts.begin_session(id, NOW).await.unwrap();
        accounts.set_password(id, "battery staple").await.unwrap();
        assert_eq!(accounts.by_session(&session, NOW).await.unwrap(), None);
        let session = accounts.begin_session(id, NOW).await.unwrap();
        let jury = NewAccount {
            password: NewPassword::AsBefore,
            ..new("ann", Role::Jury, "")
        };
        assert_eq!(
            accounts.create_or_update(jury.clone(), NOW).await.unwrap(),
            id
        );
        assert_eq!(accounts.by_session(&session, NOW).await.unwrap(), None);
        let session = accounts.begin_session(id, NOW).await.unwrap();
        assert_eq!(accounts.create_or_update(jury, NOW).await.unwrap(), id);
        let still = accounts.by_session(&session, NOW).await.unwrap().unwrap();
        assert_eq!((still.role, &*still.display_name), (Role::Jury, "The ann"));
        accounts.set_disabled(id, true).await.unwrap();
        assert_eq!(accounts.by_session(&session, NOW).await.unwrap(), None);
        assert_eq!(
            accounts.by_password("ann", "battery staple").await.unwrap(),
            None
        );
        accounts.set_disabled(id, false).await.unwrap();
        assert!(
            accounts
                .by_password("ann", "battery staple")
                .await
                .unwrap()
                .is_some()
        );
    });
}

#[test]
fn a_token_has_its_scopes_until_it_ends_or_is_withdrawn() {
    let (_dir, accounts) = accounts();
    paused(async {
        let id = accounts
            .create(new("bot", Role::Api, "correct horse"), NOW)
            .await
            .unwrap();
        let token = NewToken {
            account: id,
            label: "the grader".to_owned(),
            scopes: BTreeSet::from([Scope::Run, Scope::Read]),
            expires_at_ms: Some(NOW + 10),
        };
        let (number, secret) = accounts.create_token(token.clone(), NOW).await.unwrap();
        let (account, scopes) = accounts.by_token(&secret, NOW + 9).await.unwrap().unwrap();
        assert_eq!((account.id, scopes), (id, token.scopes.clone()));
        assert_eq!(accounts.by_token(&secret, NOW + 10).await.unwrap(), None);
        let listed = accounts.tokens(Some(id)).await.unwrap();
        assert_eq!((listed.len(), listed[0].id), (1, number));
        assert!(
            !accounts
                .delete_token(number, Some(AccountId(id.0 + 1)))
                .await
                .unwrap()
        );
        assert!(accounts.delete_token(number, Some(id)).await.unwrap());
        assert_eq!(accounts.by_token(&secret, NOW).await.unwrap(), None);
        let nobody = NewToken {
            account: AccountId(99),
            ..token
        };
        assert!(matches!(
            accounts.create_token(nobody, NOW).await,
            Err(AccountError::Unknown)
        ));
    });
}

#[test]
fn a_link_works_once_and_a_later_one_takes_its_place() {
    let (_dir, accounts) = accounts();
    paused(async {
        let first = accounts.first_admin_link(NOW).await.unwrap().unwrap();
        let second = accounts.first_admin_link(NOW).await.unwrap().unwrap();
        let used = |link, now| accounts.use_link(link, "correct horse", now);
        assert_eq!(used(&first, NOW).await.unwrap(), None);
        assert_eq!(used(&second, NOW + LINK_MS).await.unwrap(), None);
        let short = accounts.use_link(&second, "short", NOW).await;
        assert!(
            matches!(short, Err(AccountError::Password(_))),
            "and the link still works"
        );
        assert_eq!(
            accounts.by_link(&second, NOW).await.unwrap().unwrap().name,
            "admin"
        );
        assert_eq!(used(&second, NOW).await.unwrap().unwrap().role, Role::Admin);
        assert_eq!(used(&second, NOW).await.unwrap(), None);
        assert!(
            accounts
                .by_password("admin", "correct horse")
                .await
                .unwrap()
                .is_some()
        );
        assert_eq!(accounts.first_admin_link(NOW).await.unwrap(), None);
    });
}

#[test]
fn no_secret_is_in_the_file() {
    let (dir, accounts) = accounts();
    let secrets = paused(async {
        let id = accounts
            .create(new("ann", Role::Team, "correct horse"), NOW)
            .await
            .unwrap();
        let session = accounts.begin_session(id, NOW).await.unwrap();
        let link = accounts.password_link(id, NOW).await.unwrap();
        [
            session.tell().to_owned(),
            link.tell().to_owned(),
            "correct horse".to_owned(),
        ]
    });
    let files = ["tribunal.db", "tribunal.db-wal"]
        .map(|name| std::fs::read(dir.path().join(name)).unwrap());
    for secret in &secrets {
        for file in &files {
            assert!(
                !file
                    .windows(secret.len())
                    .any(|text| text == secret.as_bytes())
            );
        }
    }
}
