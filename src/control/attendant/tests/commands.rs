//! Keys in the meeting: which give a command, and when.

use super::*;

fn joined_with(settings: &[(&str, &str)]) -> Call {
    let mut call = Call::waiting(&[&[("name_recording", "false")], settings].concat());
    call.notice(Notice::Admitted(Admission::Released));
    call.listen();
    call.out.clear();
    call
}

#[test]
fn a_command_may_have_several_keys() {
    let mut call = joined_with(&[("keys.mute", "*61"), ("keys.hand", "99")]);
    call.keys("*6199*62");
    call.listen();
    call.puts_out(&["tell: Mute", "tell: Hand", "low-tone", "conference"]);
}

#[test]
fn a_single_key_needs_no_star_where_that_is_set() {
    let mut call = joined_with(&[("keys.mute", "=0")]);
    call.notice(Notice::Menu);
    call.keys("0");
    call.puts_out(&["help-menu", "conference", "tell: Mute"]);
}

#[test]
fn keys_that_begin_a_longer_command_wait_for_it() {
    let mut call = joined_with(&[("keys.roll_call", "*2"), ("keys.mute_all", "*21")]);
    call.keys("*2");
    call.after(1);
    call.puts_out(&[]);
    call.keys("1");
    call.puts_out(&["tell: MuteAll"]);
    call.keys("*2");
    call.after(2);
    call.puts_out(&["tell: RollCall"]);
}

#[test]
fn of_keys_that_go_too_far_the_longest_command_counts_and_the_rest_is_new() {
    let mut call = joined_with(&[("keys.roll_call", "*2"), ("keys.mute_all", "*219"), ("keys.hand", "15")]);
    call.keys("*215");
    call.puts_out(&["tell: RollCall", "tell: Hand"]);
    call.keys("*21");
    call.after(5);
    call.puts_out(&["tell: RollCall"]);
    call.after(5);
    call.puts_out(&["1 ignored"]);
}

#[test]
fn a_star_in_the_middle_begins_again_unless_a_command_has_it() {
    let mut call = joined_with(&[("keys.mute", "*61")]);
    call.keys("*6*61");
    call.puts_out(&["tell: Mute"]);
    let mut call = joined_with(&[("keys.help", "**")]);
    call.keys("***6");
    call.puts_out(&["tell: Help", "tell: Mute"]);
}

#[test]
fn keys_of_a_command_that_is_never_finished_are_ignored() {
    let mut call = joined_with(&[("keys.mute", "*61")]);
    call.keys("*6");
    call.after(5);
    call.puts_out(&["2 ignored"]);
}

#[test]
fn the_bridge_hangs_up_for_who_leaves_by_key() {
    let mut call = joined_with(&[]);
    call.notice(Notice::HangsUp);
    call.puts_out(&["hang up", "tell: leaves", "over: joined"]);
}
