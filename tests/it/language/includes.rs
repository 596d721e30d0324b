//! What included files bring, and who overrides whom.

use super::stories;

const WORLD: &str = "given: { profile: lync-onprem, tenant: { pin_length: 5, name_recording: false }, \
                     organizers: { amos: { conference_id: \"31\", pin: \"27182\" } } }\nprocedures: { enter: \
                     [ dial: bridge, wait: \"${time}\" ] }\nparams: { time: 1s }\ncallers: { pat: { dtmf: \
                     inband, script: [ run: enter ] } }\n";

#[test]
fn mappings_merge_and_the_including_file_overrides() {
    let main = "scenario: s\ninclude: [world.yaml]\nparams: { time: 7s }\ngiven: { tenant: { pin_length: 6 }, \
                organizers: { amos: { pin: \"271828\" } } }\ncallers: { pat: { count: 2 }, kim: { script: [ \
                hang_up ] } }\n";
    let story = &stories(&[("s.yaml", main), ("world.yaml", WORLD)])[0];
    let given = &story.given;
    assert_eq!((given.profile.name.as_str(), given.policy.tenant.pin_length.get()), ("lync-onprem", 6));
    assert!(!given.policy.tenant.name_recording, "a setting of the included file stays");
    assert_eq!(given.organizers[0].conference_id.as_deref(), Some("31"));
    assert_eq!(given.organizers[0].pin.map(|pin| pin.digits()), Some(6));
    let roles: Vec<&str> = story.cast.roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(roles, ["pat.1", "pat.2", "kim"]);
    assert!(story.steps.iter().any(|step| step.text == "wait: 7s"), "{:?}", story.steps);
}

#[test]
fn a_later_include_overrides_an_earlier_one() {
    let one = "params: { time: 1s }\nprocedures: { enter: [ wait: 1s ] }\n";
    let two = "params: { time: 2s }\nprocedures: { enter: [ wait: \"${time}\", wait: 3s ] }\n";
    let main = "scenario: s\ninclude: [one.yaml, two.yaml]\ncallers: { pat: { script: [ run: enter ] } }\n";
    let story = &stories(&[("s.yaml", main), ("one.yaml", one), ("two.yaml", two)])[0];
    let steps: Vec<&str> = story.steps.iter().map(|step| step.text.as_str()).collect();
    assert_eq!(steps, ["wait: 2s", "wait: 3s"]);
}

#[test]
fn a_setting_beats_a_profile_wherever_each_stands() {
    let main = "scenario: s\ninclude: [world.yaml]\ngiven: { profile: teams-2021 }\n";
    let story = &stories(&[("s.yaml", main), ("world.yaml", WORLD)])[0];
    assert_eq!(story.given.profile.name, "teams-2021");
    assert!(!story.given.policy.tenant.name_recording);
}

#[test]
fn a_matrix_replaces_a_parameter_of_an_included_file() {
    let main = "scenario: s\ninclude: [world.yaml]\nmatrix: { time: [2s, 3s] }\n";
    assert_eq!(stories(&[("s.yaml", main), ("world.yaml", WORLD)]).len(), 2);
}
