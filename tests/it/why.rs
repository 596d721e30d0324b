//! `attendant why`: the bridge's decisions about a caller, in sentences.

use crate::stage::Stage;

fn library(path: &str) -> String {
    format!("{}/scenarios/{path}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_caller_is_told_why_the_lobby_and_why_not_any_more() {
    let stage = Stage::with(&[]);
    let told = stage
        .attendant(&format!("why {} pat --case callers=1]", library("lobby/all-are-released-at-once.yaml")));
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    insta::assert_snapshot!(told.out);
}

#[test]
fn a_wrong_pin_and_a_locked_one_are_told_apart_without_a_digit() {
    let stage = Stage::with(&[]);
    let told = stage.attendant(&format!("why {} --case wrong=#1", library("pin/wrong-then-right.yaml")));
    assert_eq!(told.code, 0, "{}", told.err);
    insta::assert_snapshot!(told.out);
}

#[test]
fn whoever_is_asked_about_must_call() {
    let stage = Stage::with(&[]);
    let told = stage.attendant(&format!("why {} pta --case wrong=#1", library("pin/wrong-then-right.yaml")));
    assert_eq!((told.code, told.out.as_str()), (2, ""));
    assert!(told.err.contains("no caller is called `pta`"), "{}", told.err);
}

#[test]
fn of_several_cases_one_is_to_be_chosen() {
    let stage = Stage::with(&[]);
    let told = stage.attendant(&format!("why {}", library("lobby/all-are-released-at-once.yaml")));
    assert_eq!(told.code, 2);
    assert!(told.err.contains("choose it with --case"), "{}", told.err);
}
