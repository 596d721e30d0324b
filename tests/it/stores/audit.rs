//! Somebody writes into the database without the keyring: whatever they change in the audit log shows, also after others
//! have acted.

use std::sync::Arc;

use attendant::admin::act::{Act, UserName};
use attendant::store::Directory as _;
use attendant::store::audit::Place;
use attendant::store::audit::fault::AuditFault;
use attendant::store::audit::verify::{Verified, verify};
use attendant::store::keyring::Keyring;
use attendant::store::sql::{Location, Sql};

use super::super::postgres;
use super::Desk;
use super::ids::BEFORE_IDS;

/// A directory with five entries in its log, and a connection of somebody who has no keys.
pub(super) struct Victim {
    pub(super) desk: Desk<Sql>,
    location: Location,
    attacker: sqlx::AnyPool,
    _folder: tempfile::TempDir,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

impl Victim {
    pub(super) async fn new(kind: Kind) -> Self {
        Self::with(kind, Arc::new(Keyring::of_one_key())).await
    }

    async fn with(kind: Kind, keyring: Arc<Keyring>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = match kind {
            Kind::Sqlite => Location::File(folder.path().join("users.db")),
            Kind::Postgres => postgres::database(),
        };
        let store = Sql::open(&location, Arc::clone(&keyring)).await.unwrap();
        let url = match &location {
            Location::File(path) => format!("sqlite://{}", path.display()),
            Location::Postgres(url) => url.clone(),
        };
        // One connection: another would not know at once what this one has renamed.
        let attacker = sqlx::any::AnyPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
        let victim = Self { desk: Desk::new(store, keyring), location, attacker, _folder: folder };
        for name in ["a", "b", "c", "d", "e"] {
            victim.act(name).await;
        }
        victim
    }

    pub(super) async fn act(&self, name: &str) {
        self.desk.enable(&format!("{name}@contoso.com")).await;
    }

    pub(super) async fn attack(&self, texts: &[&str]) {
        for text in texts {
            sqlx::query(sqlx::AssertSqlSafe((*text).to_owned())).execute(&self.attacker).await.unwrap();
        }
    }

    /// The program ends and begins again.
    pub(super) async fn reopen(self) -> Self {
        let Self { desk, location, attacker, _folder } = self;
        desk.store.close().await;
        let store = Sql::open(&location, Arc::clone(&desk.keyring)).await.unwrap();
        Self { desk: Desk::new(store, desk.keyring), location, attacker, _folder }
    }

    pub(super) async fn verify(&self) -> Verified {
        self.verify_with(None).await
    }

    async fn verify_with(&self, has: Option<Place>) -> Verified {
        verify(self.desk.store.as_ref(), &self.desk.keyring, has).await.unwrap()
    }

    pub(super) async fn faults(&self) -> String {
        let told: Vec<String> = self.verify().await.faults.iter().map(ToString::to_string).collect();
        told.join("; ")
    }
}

/// What is done, and a part of what is found of it from then on.
const ATTACKS: &[(&str, &[&str], &str)] = &[
    (
        "an entry edited",
        &["UPDATE audit SET actor = 'pat' WHERE number = 2"],
        "entry 2 was changed after it was written",
    ),
    ("an entry taken out", &["DELETE FROM audit WHERE number = 3"], "entry 3 is missing"),
    ("the first entries cut off", &["DELETE FROM audit WHERE number < 3"], "entries 1 to 2 are missing"),
    ("the last entry cut off", &["DELETE FROM audit WHERE number = 5"], "5"),
    (
        "the end cut off, and the end before it made the end",
        &[
            "DELETE FROM audit WHERE number > 3",
            "UPDATE ends SET audit_number = 3, audit_hash = (SELECT hash FROM audit WHERE number = 3)",
        ],
        "the end",
    ),
    (
        "the same with the seal of an entry",
        &[
            "DELETE FROM audit WHERE number > 3",
            "UPDATE ends SET audit_number = 3, audit_hash = (SELECT hash FROM audit WHERE number = 3), \
             audit_seal = (SELECT seal FROM audit WHERE number = 3)",
        ],
        "the end",
    ),
    (
        "the log emptied",
        &["DELETE FROM audit", "UPDATE ends SET audit_number = 0, audit_hash = '', audit_seal = ''"],
        "the end",
    ),
    ("every entry taken away", &["DELETE FROM audit"], "5"),
    (
        "two entries exchanged",
        &[
            "UPDATE audit SET number = 100 WHERE number = 2",
            "UPDATE audit SET number = 2 WHERE number = 4",
            "UPDATE audit SET number = 4 WHERE number = 100",
        ],
        "entry 2 was changed after it was written",
    ),
    (
        "an entry added after the end",
        &["INSERT INTO audit SELECT 6, at, actor, role, origin, act, subject, detail, previous, hash, seal \
           FROM audit WHERE number = 2"],
        "entry 6",
    ),
    (
        "an entry added far after the end",
        &[
            "INSERT INTO audit SELECT 4000, at, actor, role, origin, act, subject, detail, previous, hash, seal \
           FROM audit WHERE number = 2",
        ],
        "4000",
    ),
    (
        "an entry added before the first",
        &["INSERT INTO audit SELECT 0, at, actor, role, origin, act, subject, detail, previous, hash, seal \
           FROM audit WHERE number = 2"],
        "entry 0 exists, but attendant never wrote it",
    ),
    (
        "the last entry replaced by another",
        &[
            "DELETE FROM audit WHERE number = 5",
            "INSERT INTO audit SELECT 5, at, actor, role, origin, act, subject, detail, previous, hash, seal \
             FROM audit WHERE number = 2",
        ],
        "entry 5 was changed after it was written",
    ),
    ("the seal of the end spoilt", &["UPDATE ends SET audit_seal = 'key$00'"], "the end"),
    (
        "the seal of an entry taken from another",
        &["UPDATE audit SET seal = (SELECT seal FROM audit WHERE number = 1) WHERE number = 4"],
        "entry 4 was not sealed by a key of the keyring",
    ),
    ("the seals taken off", &["UPDATE audit SET seal = ''"], "entries 1 to 5 have no seal"),
    ("the seal of one taken off", &["UPDATE audit SET seal = '' WHERE number = 4"], "entry 4 has no seal"),
    (
        "the directory made one of nobody's, and the log a new one",
        &[
            "DELETE FROM keyring",
            "DELETE FROM audit",
            "UPDATE ends SET audit_number = 0, audit_hash = '', audit_seal = ''",
        ],
        "the end",
    ),
];

async fn each_attack_shows_for_good(kind: Kind) {
    for (what, texts, told) in ATTACKS {
        let mut victim = Victim::new(kind).await;
        victim.attack(texts).await;
        let at_once = victim.faults().await;
        assert!(at_once.contains(told), "{kind:?}, {what}: {at_once}");
        for (round, name) in ["f", "g", "h"].into_iter().enumerate() {
            victim.act(name).await;
            let later = victim.faults().await;
            let marked = later.contains("was changed by somebody else before");
            assert!(later.contains(told) || marked, "{kind:?}, {what}, after {} acts: {later}", round + 1);
            victim = victim.reopen().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_shows_for_good_in_sqlite() {
    each_attack_shows_for_good(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_shows_for_good_in_postgres() {
    each_attack_shows_for_good(Kind::Postgres).await;
}

pub(super) const BOTH: [Kind; 2] = [Kind::Sqlite, Kind::Postgres];

/// Cuts the log after entry 3, with an end that was never sealed.
const CUT: &[&str] = &[
    "DELETE FROM audit WHERE number > 3",
    "UPDATE ends SET audit_number = 3, audit_hash = (SELECT hash FROM audit WHERE number = 3)",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_entry_that_tells_of_a_cut_cannot_be_taken_away() {
    for kind in BOTH {
        let victim = Victim::new(kind).await;
        victim.attack(CUT).await;
        victim.act("f").await;
        let found = victim.verify().await;
        let marks = |found: &Verified| {
            found.faults.iter().filter(|fault| matches!(fault, AuditFault::WasBroken { .. })).count()
        };
        assert_eq!((marks(&found), found.faulty > 0), (1, true), "{kind:?}: {found:?}");
        let mark = "(SELECT number FROM audit WHERE act = 'audit_broken')";
        victim.attack(&[&format!("DELETE FROM audit WHERE number = {mark}")]).await;
        assert!(victim.faults().await.contains("missing"), "{kind:?}");
        victim.attack(CUT).await;
        victim.act("g").await;
        let again = victim.verify().await;
        assert_eq!(marks(&again), 1, "{kind:?}: the next act tells of it again: {again:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_end_with_its_seal_is_seen_by_who_wrote_since() {
    for kind in BOTH {
        let victim = Victim::new(kind).await;
        victim.attack(&["CREATE TABLE copy AS SELECT * FROM ends"]).await;
        victim.act("f").await;
        victim.act("g").await;
        let back = [
            "DELETE FROM audit WHERE number > 5",
            "UPDATE ends SET audit_number = 5, audit_hash = (SELECT audit_hash FROM copy), \
             audit_seal = (SELECT audit_seal FROM copy)",
        ];
        let had = victim.verify().await.last;
        victim.attack(&back).await;
        assert_eq!(victim.verify().await.faulty, 0, "{kind:?}: it is what it once was");
        let lacks = victim.verify_with(Some(had.clone())).await.faults;
        assert_eq!(lacks, [AuditFault::Lacks(had)], "{kind:?}: who kept an entry elsewhere knows better");
        victim.act("h").await;
        let told = victim.faults().await;
        assert!(told.contains("entries 6 to 7 are missing") && told.contains("restored"), "{kind:?}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_seal_beside_the_whole_log_is_no_end() {
    for kind in BOTH {
        let victim = Victim::new(kind).await;
        victim.attack(&["CREATE TABLE copy AS SELECT * FROM ends"]).await;
        victim.act("f").await;
        let back = "UPDATE ends SET audit_number = 5, audit_hash = (SELECT audit_hash FROM copy), \
                    audit_seal = (SELECT audit_seal FROM copy)";
        victim.attack(&[back]).await;
        let victim = victim.reopen().await;
        assert!(victim.faults().await.contains("entry 6 exists"), "{kind:?}");
        victim.act("g").await;
        let told = victim.faults().await;
        assert!(told.contains("the last entry was 6, the sealed end 5"), "{kind:?}: {told}");
        assert_eq!(
            victim.desk.store.audit_head().await.unwrap().number,
            8,
            "{kind:?}: nothing is overwritten"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_leaves_none_stops_what_is_written() {
    for kind in BOTH {
        let victim = Victim::new(kind).await;
        let text = format!("UPDATE audit SET number = {} WHERE number = 5", i64::MAX);
        victim.attack(&[&text]).await;
        let enabled = victim.desk.ask(Act::Enable(super::enable("f@contoso.com"))).await;
        let refused = enabled.unwrap_err().to_string();
        assert!(refused.contains("a number that attendant never assigns"), "{kind:?}: {refused}");
        assert!(victim.faults().await.contains("the log ends at entry 4"), "{kind:?}");
    }
}

/// What lets acts go through without their entries, with its way back, and what is told of it.
type Hiding = (&'static [&'static str], &'static [&'static str], &'static str);

const HIDING_IN_SQLITE: &[Hiding] = &[
    (
        &[
            "CREATE TRIGGER t1 BEFORE INSERT ON audit BEGIN SELECT raise(ignore); END",
            "CREATE TRIGGER t2 AFTER UPDATE ON ends BEGIN UPDATE ends SET audit_number = old.audit_number, \
             audit_hash = old.audit_hash, audit_seal = old.audit_seal WHERE id = 1; END",
        ],
        &["DROP TRIGGER t1", "DROP TRIGGER t2"],
        "the trigger t1 on audit",
    ),
    (
        &["CREATE TRIGGER t3 AFTER UPDATE ON users BEGIN UPDATE users SET pin_hash = old.pin_hash; END"],
        &["DROP TRIGGER t3"],
        "the trigger t3 on users",
    ),
    (
        &["ALTER TABLE audit RENAME TO hidden", "CREATE VIEW audit AS SELECT * FROM hidden"],
        &["DROP VIEW audit", "ALTER TABLE hidden RENAME TO audit"],
        "the view audit",
    ),
    (
        &[
            "ALTER TABLE numbers RENAME TO hidden",
            "CREATE TABLE numbers (number TEXT PRIMARY KEY ON CONFLICT IGNORE, toll_free BIGINT, \
             primary_language TEXT, secondary_languages TEXT)",
        ],
        &["DROP TABLE numbers", "ALTER TABLE hidden RENAME TO numbers"],
        "a table numbers that differs",
    ),
];

const HIDING_IN_POSTGRES: &[Hiding] = &[
    (
        &[
            "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "CREATE FUNCTION back() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE ends SET audit_number = \
             old.audit_number, audit_hash = old.audit_hash, audit_seal = old.audit_seal; RETURN NULL; END'",
            "CREATE TRIGGER t1 BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION nothing()",
            "CREATE TRIGGER t2 AFTER UPDATE ON ends FOR EACH ROW WHEN (pg_trigger_depth() = 0) \
             EXECUTE FUNCTION back()",
        ],
        &["DROP TRIGGER t1 ON audit", "DROP TRIGGER t2 ON ends"],
        "the trigger t1 on audit",
    ),
    (
        &[
            "CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM audit WHERE number = \
             new.number; UPDATE ends SET audit_number = 5; RETURN NULL; END'",
            "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW \
             EXECUTE FUNCTION away()",
        ],
        &["DROP TRIGGER late ON audit"],
        "the trigger late on audit",
    ),
    (
        &["CREATE RULE no_entry AS ON INSERT TO audit DO INSTEAD NOTHING"],
        &["DROP RULE no_entry ON audit"],
        "the rule no_entry on audit",
    ),
    (
        &["ALTER TABLE audit RENAME TO hidden", "CREATE VIEW audit AS SELECT * FROM hidden"],
        &["DROP VIEW audit", "ALTER TABLE hidden RENAME TO audit"],
        "in the place of the table audit",
    ),
    (
        &["ALTER TABLE users ADD CHECK (conference_id IS NULL OR length(conference_id) > 0)"],
        &["ALTER TABLE users DROP CONSTRAINT users_conference_id_check"],
        "the constraint users_conference_id_check on users",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_act_happens_whose_entry_the_database_hides() {
    for (kind, hiding) in [(Kind::Sqlite, HIDING_IN_SQLITE), (Kind::Postgres, HIDING_IN_POSTGRES)] {
        for (way, back, told) in hiding {
            let victim = Victim::new(kind).await;
            victim.attack(way).await;
            let lock = Act::LockPin(UserName("a@contoso.com".to_owned()));
            victim.desk.ask(lock).await.expect_err(told);
            let enabled = victim.desk.ask(Act::Enable(super::enable("f@contoso.com"))).await;
            enabled.expect_err(told);
            assert!(victim.desk.store.ready().await.is_err(), "{told}");
            assert!(victim.faults().await.contains(told), "{told}: {}", victim.faults().await);
            let opened = Sql::open(&victim.location, Arc::clone(&victim.desk.keyring)).await;
            let refused = opened.map(|_| ()).unwrap_err().to_string();
            assert!(refused.contains(told), "{refused}");
            victim.attack(back).await;
            assert_eq!(victim.faults().await, "", "{told}");
            assert!(victim.desk.store.user("f@contoso.com").await.unwrap().is_none(), "{told}");
            victim.act("f").await;
            assert_eq!((victim.faults().await, victim.verify().await.entries), (String::new(), 6), "{told}");
        }
    }
}

/// Makes the directory one of a program that sealed the end only.
async fn made_older(victim: Victim) -> Victim {
    let head = victim.desk.store.audit_head().await.unwrap();
    let seal = victim.desk.keyring.sign(&format!("audit {} {}", head.number, head.hash));
    victim.desk.store.close().await;
    let seal = format!("UPDATE ends SET audit_seal = '{seal}'");
    let step = "DELETE FROM _sqlx_migrations WHERE description = 'keyring and seals'";
    victim.attack(BEFORE_IDS).await;
    victim.attack(&[&seal, "DROP TABLE keyring", "ALTER TABLE audit DROP COLUMN seal", step]).await;
    victim
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_an_earlier_program_goes_on_with_seals() {
    for kind in BOTH {
        let victim = made_older(Victim::new(kind).await).await.reopen().await;
        let verified = victim.verify().await;
        assert_eq!((verified.faulty, verified.entries), (0, 6), "{kind:?}: {verified:?}");
        let last = victim.desk.store.audit_after(5, 1).await.unwrap().pop().unwrap();
        let place = victim.desk.store.audit_after(4, 1).await.unwrap().pop().unwrap().hash;
        assert!(last.entry.act == "audit_sealed" && last.entry.detail.contains(&place), "{kind:?}: {last:?}");
        let victim = victim.reopen().await;
        victim.act("f").await;
        assert_eq!(victim.verify().await.faulty, 0, "{kind:?}");
        victim.attack(&["UPDATE audit SET actor = 'pat' WHERE number = 2"]).await;
        assert_eq!(victim.faults().await, "entry 2 was changed after it was written", "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_log_that_was_cut_is_not_made_good_by_seals() {
    for kind in BOTH {
        let victim = made_older(Victim::new(kind).await).await;
        victim.attack(CUT).await;
        let victim = victim.reopen().await;
        let told = victim.faults().await;
        assert!(told.contains("entries 1 to 3 have no seal"), "{kind:?}: {told}");
        victim.act("f").await;
        assert!(victim.faults().await.contains("was changed by somebody else before entry 4"), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_can_go_once_another_has_sealed_after_it() {
    for kind in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        let victim = Victim::with(kind, Arc::new(Keyring::at(&path).unwrap())).await;
        let old = victim.desk.keyring.newest();
        Keyring::rotate(&path).unwrap();
        victim.act("f").await;
        assert_eq!(victim.verify().await.faulty, 0, "{kind:?}: sealed by both");
        let text = std::fs::read_to_string(&path).unwrap();
        let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with(&old)).collect();
        std::fs::write(&path, kept.join("\n")).unwrap();
        assert_eq!(victim.verify().await.faulty, 0, "{kind:?}: the later seal covers what is before it");
        victim.attack(&["UPDATE audit SET actor = 'pat' WHERE number = 2"]).await;
        let told = victim.faults().await;
        assert!(told.contains("entry 2 was changed after it was written"), "{kind:?}: {told}");
    }
}
