//! Voices: told apart, many at once, and with prompts over them.

use super::*;
use crate::media::speaker::{Speaker, VOICES};

/// Adds what these voices say to a call.
fn speak(samples: &mut [i16], voices: &[u32]) {
    for voice in voices {
        let mut spoken = vec![0; samples.len()];
        Speaker::new(*voice).speak(&mut spoken);
        samples.iter_mut().zip(spoken).for_each(|(sample, spoken)| *sample = sample.saturating_add(spoken));
    }
}

/// All sets of voices that are found, each with the sample since which.
fn voices_of(lexicon: &Arc<Lexicon>, mut samples: Vec<i16>) -> Vec<(Vec<u32>, i64)> {
    Tandem::new(&[Law::Pcmu]).apply(&mut samples);
    heard(lexicon, &samples)
        .into_iter()
        .filter_map(|finding| match finding {
            Finding::Voices { voices, at } => Some((voices.numbers().collect(), at)),
            Finding::Begins { .. } | Finding::Withdrawn { .. } | Finding::Ends { .. } => None,
        })
        .collect()
}

#[test]
fn sixty_four_voices_are_told_apart_on_every_line() {
    let lexicon = Arc::new(Lexicon::default());
    for (name, line) in LINES {
        for voice in 0..VOICES {
            let (mut samples, mut spoken) = (vec![0; 4_000], vec![0; 28_000]);
            speak(&mut spoken, &[voice]);
            samples.extend(spoken);
            samples.extend([0; 8_000]);
            line(&mut samples);
            let found = voices_of(&lexicon, samples);
            let sets: Vec<&[u32]> = found.iter().map(|(voices, _)| &**voices).collect();
            assert_eq!(sets, [&[voice][..], &[]], "voice {voice}, {name}");
            // Noise may seem a tone for a moment, and where packets are lost two whole syllables come later. The tenth is the last.
            let (from, to) = (found[0].1, found[1].1);
            assert!((0..20_000).contains(&from), "voice {voice}, {name}: {found:?}");
            let late = to - (4_000 + 9 * 2_800 + 2_000);
            assert!((-100 * MS..400 * MS).contains(&late), "voice {voice}, {name}: {found:?}");
        }
    }
}

#[test]
fn voices_are_known_that_speak_at_once() {
    let lexicon = Arc::new(Lexicon::default());
    for voices in [[0, 1, 2], [20, 21, 40], [5, 33, 63]] {
        let mut samples = vec![0; 16_000];
        speak(&mut samples, &voices);
        let found = voices_of(&lexicon, samples);
        assert!(found.iter().any(|(found, _)| *found == voices), "{voices:?}: {found:?}");
        let strangers = found.iter().flat_map(|(found, _)| found).filter(|voice| !voices.contains(voice));
        assert_eq!(strangers.count(), 0, "{voices:?}: {found:?}");
    }
}

#[test]
fn no_prompt_and_no_music_is_a_voice() {
    let lexicon = lexicon(Language::EnUs);
    for language in Language::ALL {
        for (number, sound) in sounds(language).into_iter().enumerate() {
            let found = voices_of(&lexicon, sound.samples().collect());
            assert_eq!(found, [], "{}, sound {number}", language.tag());
        }
    }
}

#[test]
fn prompts_over_three_voices_are_known_within_a_second() {
    let lexicon = lexicon(Language::EnUs);
    let (mut known, mut unknown) = (Vec::new(), 0);
    for (number, sound) in sounds(Language::EnUs).into_iter().enumerate().step_by(3) {
        let mut samples = call(sound, number * 37 % 160, 12_000);
        let start = 4_000 + number as i64 * 37 % 160;
        speak(&mut samples, &[3, 17, 41]);
        Tandem::new(&[Law::Pcmu]).apply(&mut samples);
        let begins = heard(&lexicon, &samples).into_iter().find_map(|finding| match finding {
            Finding::Begins { word, at, certainty: Certainty::Confirmed } => Some((word, at)),
            Finding::Begins { .. } | Finding::Withdrawn { .. } => None,
            Finding::Ends { .. } | Finding::Voices { .. } => None,
        });
        match begins {
            Some((word, at)) => {
                assert_eq!(word, Word(number));
                known.push((at - start).abs());
            }
            None => unknown += 1,
        }
    }
    assert!(unknown <= 1, "{unknown} of {} are unknown", known.len() + unknown);
    assert!(known.iter().all(|off| *off <= 10 * MS), "{known:?}");
}
